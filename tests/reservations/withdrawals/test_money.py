"""The money of a withdrawal comes back by itself: once, all that is left of it, and when the pair is with the shop."""

import pytest

from dropshop.operating.audit import BANK, LEDGER, MONEY_BACK, STOCK
from reservations.models import Payment, Purchase, Refund, Withdrawal
from reservations.orders import shipping
from reservations.refunds import refund, send
from reservations.withdrawals import money
from reservations.withdrawals.withdraw import withdraw
from tests.races.auditor import faults
from tests.reservations.refunds.giving_back import dollars, money_of, status_of, statuses

pytestmark = pytest.mark.django_db
STATED = {"name": "Alice Ångström", "email": "alice@example.com"}


def withdrawn():
    return Withdrawal.objects.select_related("purchase").get()


def test_what_had_not_left_is_paid_back_at_once_and_then_it_is_settled(order, alice, settings):
    settings.REFUND_APPROVAL_LIMIT = {}
    withdraw(order.pk, **STATED, by=alice)
    asked = Refund.objects.get()
    assert (asked.source, asked.status, asked.by, asked.reason) == ("withdrawal", "approved", None, "Withdrawal")
    send.sweep()
    assert (status_of(order), money_of(order), withdrawn().status) == ("refunded", (18000, 0, 18000), "settled")
    assert faults(LEDGER | MONEY_BACK | BANK | STOCK) == []


def test_what_had_left_is_paid_back_when_staff_have_it(order, staff, ship):
    ship(order)
    withdraw(order.pk, **STATED)
    assert (money.sweep(), statuses(), withdrawn().status) == (0, [], "received")
    shipping.receive_return([order.pk], by=staff)
    assert (statuses(), withdrawn().status) == ([("approved", 18000)], "pair_back")
    send.sweep()
    assert (status_of(order), withdrawn().status) == ("refunded", "settled")


def test_a_pair_that_was_back_before_is_paid_for_at_once(order, staff, ship):
    ship(order)
    shipping.receive_return([order.pk], by=staff)
    assert statuses() == []
    withdraw(order.pk, **STATED)
    assert statuses() == [("approved", 18000)]


def test_only_what_is_left_goes_back(order, staff):
    refund.ask(order.pk, dollars(50), by=staff, reason="A scratch.")
    withdraw(order.pk, **STATED)
    send.sweep()
    assert (statuses(), money_of(order)) == ([("sent", 5000), ("sent", 13000)], (18000, 0, 18000))
    assert withdrawn().status == "settled"


def test_an_order_that_came_back_without_a_withdrawal_moves_no_money(order, staff, ship):
    ship(order)
    shipping.receive_return([order.pk], by=staff)
    assert (statuses(), Withdrawal.objects.count()) == ([], 0)


def test_while_the_bank_may_still_pay_it_is_asked_later(order):
    Payment.objects.update(status="authorised", settled_at=None)
    Purchase.objects.update(status="processing")
    withdraw(order.pk, **STATED)
    assert (money.sweep(), statuses(), status_of(order)) == (1, [], "cancelled")
    Payment.objects.update(status="captured", settled_at=order.created_at)
    assert (money.sweep(), statuses()) == (1, [("approved", 18000)])
    assert (money.sweep(), statuses()) == (0, [("approved", 18000)])


def test_where_no_money_was_taken_nothing_is_left_to_do(order):
    Payment.objects.update(status="uncaptured")
    Purchase.objects.update(status="processing")
    withdraw(order.pk, **STATED)
    assert (statuses(), withdrawn().status, withdrawn().note) == ([], "settled", "No money was taken.")


def test_a_refund_that_the_bank_refused_is_left_to_staff_and_not_asked_for_ever(order, monkeypatch):
    withdraw(order.pk, **STATED)
    send.refuse(Refund.objects.get(), "The card is closed.")
    assert (money.sweep(), statuses(), withdrawn().status) == (0, [("refused", 18000)], "pair_back")
