"""Staff, and an order of $180."""

import pytest


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.REFUND_APPROVAL_LIMIT = {"USD": 50000}


@pytest.fixture
def order(database, alice):
    from tests.make import make_drop, make_purchase

    return make_purchase(alice, make_drop(1))


@pytest.fixture
def payment(order):
    return order.reservation.payments.get()


@pytest.fixture
def ada(database):
    """Staff."""
    from tests.make import make_member

    return make_member("ada", is_staff=True)


@pytest.fixture
def ben(database):
    """Other staff."""
    from tests.make import make_member

    return make_member("ben", is_staff=True)
