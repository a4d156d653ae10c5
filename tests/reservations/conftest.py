"""What the tests of this app share."""

from typing import Any

import pytest

from tests.make import make_drop, make_reservation


@pytest.fixture
def hold(alice: Any) -> Any:
    """Alice's, of the only pair of a drop."""
    return make_reservation(alice, make_drop(1))
