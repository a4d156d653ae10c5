"""An order, and days that pass. Imported before the apps are ready: what needs them is imported within."""

from datetime import UTC, datetime

import pytest


@pytest.fixture
def order(alice):
    """Paid, and not packed."""
    from tests.make import make_drop, make_purchase

    return make_purchase(alice, make_drop({"9": 1}, title="Ember Runner"))


@pytest.fixture
def ship(staff):
    """`ship(order)` hands it to its carrier."""
    from reservations.orders import shipping
    from reservations.orders.parcels import Parcel

    def act(order):
        shipping.pack([order.pk], by=staff)
        shipping.ship({order.pk: Parcel("DHL", "00340434161094021501")}, by=staff)

    return act


@pytest.fixture
def delivered():
    """`delivered(order, "2026-11-16 09:30")`: it was delivered then (UTC)."""
    from reservations.models import OrderMove, Purchase

    def act(order, moment):
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        Purchase.objects.filter(pk=order.pk).update(status="delivered")
        OrderMove.objects.create(purchase=order, was="shipped", to="delivered", created_at=at)
        order.refresh_from_db()

    return act
