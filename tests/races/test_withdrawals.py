"""A shopper withdraws while staff ship: either nobody can ship the pair any more, or it comes back. With controls."""

import threading

import pytest

from reservations.models import OrderMove, Purchase, Withdrawal
from reservations.orders import shipping
from reservations.orders.parcels import Parcel
from reservations.withdrawals import withdraw as operation
from tests.harness.patience import PATIENCE
from tests.make import make_drop, make_purchase
from tests.races.auditor import audit
from tests.races.crowd import Meeting, at_once, codes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]
DHL = Parcel("DHL", "00340434161094021501")


@pytest.fixture
def packed(alice, staff):
    order = make_purchase(alice, make_drop(1))
    shipping.pack([order.pk], by=staff)
    return order


def withdraw(order):
    return lambda: operation.withdraw(order.pk, name="Alice", email="alice@example.com", by=order.member)


def ship(order, staff):
    return lambda: shipping.ship({order.pk: DHL}, by=staff)


def test_withdrawn_while_it_is_shipped_it_is_either_cancelled_or_to_be_sent_back(packed, staff):
    withdrawn, shipped = at_once([withdraw(packed), ship(packed, staff)])
    ends = {("cancelled", "orders_refused", "pair_back"), ("shipped", "ok", "received")}
    found = Purchase.objects.get().status, codes([shipped])[0], Withdrawal.objects.get().status
    assert found in ends
    assert withdrawn.created is True
    audit()


def unlocked(ids):
    return {order.pk: order for order in Purchase.objects.filter(pk__in=ids).select_related("drop", "size")}


def test_control_without_the_lock_it_is_cancelled_and_shipped_as_well(packed, staff, monkeypatch):
    """Staff have read that it is packed before it is withdrawn from, and ship it afterwards."""
    met, withdrawn = Meeting(), threading.Event()

    def read_and_wait(ids, *, sizes=False):
        orders = unlocked(ids)
        met.meet()
        assert withdrawn.wait(PATIENCE)
        return orders

    def withdraw_meanwhile():
        met.meet()
        try:
            return withdraw(packed)()
        finally:
            withdrawn.set()

    monkeypatch.setattr(shipping, "lock_orders", read_and_wait)
    assert codes(at_once([withdraw_meanwhile, ship(packed, staff)])) == ["ok", "ok"]
    moved = OrderMove.objects.filter(was="packed").values_list("to", flat=True)
    assert sorted(moved) == ["cancelled", "shipped"]


def test_many_tries_at_once_are_one_withdrawal(packed):
    answers = at_once([withdraw(packed)] * 5)
    assert sorted(answer.created for answer in answers) == [False] * 4 + [True]
    assert len({answer.withdrawal.pk for answer in answers}) == 1
    assert Purchase.objects.get().status == "cancelled"


def test_control_without_the_lock_the_database_itself_refuses_a_second_one(packed, monkeypatch):
    met = Meeting()

    def read(ids):
        orders = unlocked(ids)
        met.meet()
        return orders

    monkeypatch.setattr(operation, "lock_orders", read)
    with pytest.raises(Exception, match="reservations_withdrawal_purchase_id_key"):
        at_once([withdraw(packed)] * 2)
    assert Withdrawal.objects.count() == 1
