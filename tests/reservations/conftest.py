"""What the tests of this app share."""

from typing import Any

import pytest


@pytest.fixture
def hold(alice: Any) -> Any:
    """Alice's, of the only pair of a drop."""
    from tests.make import make_drop, make_reservation  # these need Django's applications, which are not there yet

    return make_reservation(alice, make_drop(1))
