"""A host to read from, and a store whose feed is there."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def host() -> Iterator[Any]:
    """A real server on loopback, without a robots.txt."""
    from tests.community.feed_reader.hosts import hosts  # needs Django's applications, which are not there yet

    with hosts("127.0.0.1") as (one,):
        yield one


@pytest.fixture
def shop(host: Any) -> Any:
    """A store whose feed this host serves."""
    from tests.community.feed_reader.shops import Shop

    return Shop(host)
