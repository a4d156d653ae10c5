"""The API's form, whatever it is asked for."""

import pytest


@pytest.fixture(autouse=True)
def own_limits(fresh_buckets: None) -> None:
    """Every test has its limits to itself."""
