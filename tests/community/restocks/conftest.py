"""A report to join and to vote on."""

from typing import Any

import pytest


@pytest.fixture
def report(alice: Any) -> Any:
    """Alice's, of size 9 for 120 dollars."""
    from dropshop.core.money import Money  # these need Django's applications, which are not there yet
    from tests.make import make_restock

    return make_restock(alice, price=Money(12000, "USD"))
