"""Who serves the desk's batches."""

from typing import Any

import pytest


@pytest.fixture
def clerk() -> Any:
    """Serves when let, and remembers every batch."""
    from tests.reservations.desk.clerk import Clerk  # needs Django's applications, which are not there yet

    return Clerk()
