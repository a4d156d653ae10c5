"""Days are counted as Regulation (EEC, Euratom) No 1182/71 says: to the last moment of the last day, which is a working day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dropshop.core.errors import DropshopError
from reservations.models import Purchase
from reservations.withdrawals.period import TICK, refund_deadline, require_open, send_back_by, withdrawal_until


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def delivered_in(order, delivered, settings):
    """An order that was delivered then (UTC); the shop's days begin in this zone, and Christmas is no working day."""

    def act(zone, moment):
        settings.WITHDRAWAL_TIME_ZONE, settings.WITHDRAWAL_HOLIDAYS = zone, {date(2026, 12, 25)}
        delivered(order, moment)
        return order

    return act


@pytest.mark.parametrize(
    ("delivered_at", "zone", "ends"),
    [
        ("2026-11-16 00:00", "UTC", "2026-12-01 00:00"),
        ("2026-11-16 23:59", "UTC", "2026-12-01 00:00"),
        ("2026-11-14 12:00", "UTC", "2026-12-01 00:00"),
        ("2026-11-15 12:00", "UTC", "2026-12-01 00:00"),
        ("2026-11-16 23:30", "Europe/Berlin", "2026-12-01 23:00"),
        ("2026-11-16 22:30", "Europe/Berlin", "2026-11-30 23:00"),
        ("2027-03-15 12:00", "Europe/Berlin", "2027-03-29 22:00"),
        ("2026-12-11 12:00", "UTC", "2026-12-29 00:00"),
    ],
    ids=[
        "the first moment of a Monday",
        "its last moment",
        "the last day would be a Saturday",
        "the last day would be a Sunday",
        "the next day already where the shop is",
        "still the same day there",
        "the clocks go forward in between",
        "Christmas, which is a Friday, and a weekend",
    ],
)
def test_the_last_day_counts_to_its_last_moment(delivered_in, delivered_at, zone, ends):
    order = delivered_in(zone, delivered_at)
    last = moment(ends) - TICK
    assert withdrawal_until(order) == last
    require_open(order, last)
    with pytest.raises(DropshopError) as refused:
        require_open(order, last + TICK)
    assert (refused.value.code, refused.value.status) == ("withdrawal_closed", 409)
    assert datetime.fromisoformat(refused.value.facts["withdrawal_until"]) == last


def test_until_it_is_delivered_one_may_always_withdraw(order, ship):
    far = order.created_at + timedelta(days=1000)
    require_open(order, far)
    ship(order)
    order.refresh_from_db()
    require_open(order, far)
    assert withdrawal_until(order) is None


@pytest.mark.parametrize("status", ["cancelled", "refunded"])
def test_an_order_that_has_ended_is_named(order, status):
    Purchase.objects.filter(pk=order.pk).update(status=status)
    order.refresh_from_db()
    with pytest.raises(DropshopError) as refused:
        require_open(order, order.created_at)
    assert (refused.value.code, refused.value.facts) == ("order_ended", {"purchase_status": status})


def test_a_pair_that_came_back_by_itself_may_be_withdrawn_from(order):
    Purchase.objects.filter(pk=order.pk).update(status="returned")
    order.refresh_from_db()
    require_open(order, order.created_at)


def test_where_the_law_does_not_apply_there_is_nothing(order, settings):
    settings.WITHDRAWAL_DAYS = 0
    with pytest.raises(DropshopError) as refused:
        require_open(order, order.created_at)
    assert refused.value.code == "not_found"


def test_weekends_give_the_shopper_more_time_and_the_shop_none():
    sunday = moment("2026-11-15 12:00")
    assert send_back_by(sunday) == moment("2026-12-01 00:00") - TICK
    assert refund_deadline(sunday) == moment("2026-11-30 00:00") - TICK
