"""Every test of the community has a database, and hears what the screens would have been told."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import as_member, call, fresh_buckets  # noqa: F401 - fixtures
from tests.heard import heard  # noqa: F401 - a fixture


@pytest.fixture(scope="session")
def atlas() -> None:
    """The gazetteer has read its cities: on a busy machine that is longer than a transaction of a test may be idle."""
    from community.places import gazetteer

    gazetteer.find_cities("Berlin")


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    """Where pictures are stored, for this test alone."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path
