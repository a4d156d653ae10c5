"""What the tests of the community share."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def own_limits(fresh_buckets: None) -> None:
    """Every test has its limits to itself."""


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
