"""What the attacks share."""

import pytest

from .hostile import allow_many_sockets


@pytest.fixture(scope="session", autouse=True)
def many_sockets():
    """Attackers have as many sockets as they like."""
    allow_many_sockets()
