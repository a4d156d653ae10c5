"""Acceptance 58: part refunds, approvals, cancellations and senders at once: never above the capture, each once.

The controls take the guards away: the lock on the order, the condition of the payment's UPDATE, the CHECK behind both.
"""

import itertools
from contextlib import suppress

import pytest
from django.db import connection
from django.db.models import F

from dropshop.core.sweeps import Sweeps
from reservations.models import Payment, Purchase, Refund, TestRefund
from reservations.payments import money_back
from reservations.payments.gateways import RefundRefused
from reservations.payments.test_bank.gateway import TestGateway
from reservations.refunds import due, locked, refund, send
from reservations.refunds.cancel import cancel
from reservations.refunds.reports import report_chargeback, report_refund
from tests.harness.emptying import truncate
from tests.make import make_drop, make_member, make_purchase
from tests.races.auditor import Auditor, faults
from tests.races.crowd import Meeting, at_once, codes
from tests.reservations.refunds.giving_back import MONEY_BACK, dollars, money_of, status_of, statuses

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]
CHECK = "payment_money_back_within_capture"


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.REFUND_APPROVAL_LIMIT = {"USD": 100000}


@pytest.fixture
def order(alice):
    return make_purchase(alice, make_drop(1))


@pytest.fixture
def staff():
    return [make_member(is_staff=True) for _ in range(4)]


def ask(order, amount, by):
    return lambda: refund.ask(order.pk, dollars(amount), by=by, reason="A part.")


def without_the_lock(monkeypatch):
    def read(ids, *, sizes=False):
        return {order.pk: order for order in Purchase.objects.filter(pk__in=ids).select_related("drop", "size")}

    monkeypatch.setattr(locked, "lock_orders", read)


def test_acceptance_58_ten_part_refunds_at_once_are_never_more_than_the_capture(order, staff):
    with Auditor():
        answers = at_once([ask(order, 50, staff[n % 4]) for n in range(10)])
        send.sweep()
    assert codes(answers) == ["ok"] * 3 + ["refund_too_high"] * 7
    assert (statuses(), money_of(order)) == ([("sent", 5000)] * 3, (15000, 0, 15000))


@pytest.fixture
def without_check():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [CHECK])
        ((definition,),) = cursor.fetchall()
        cursor.execute(f"ALTER TABLE reservations_payment DROP CONSTRAINT {CHECK}")
        yield
        truncate(cursor, "reservations_payment")
        cursor.execute(f"ALTER TABLE reservations_payment ADD CONSTRAINT {CHECK} {definition}")


def all_at_once_past_the_lock(order, staff, monkeypatch):
    """Four refunds of $50, each of which has seen that $180 are left before another is promised."""
    numbers, met, real = itertools.count(1), Meeting(parties=4), money_back.move
    without_the_lock(monkeypatch)
    monkeypatch.setattr(refund, "next_number", lambda order: next(numbers))
    monkeypatch.setattr(money_back, "move", lambda payment, **sums: (met.meet(), real(payment, **sums))[1])
    return codes(at_once([ask(order, 50, by) for by in staff]))


def test_past_the_lock_the_payments_own_update_lets_no_more_through(order, staff, monkeypatch):
    assert all_at_once_past_the_lock(order, staff, monkeypatch) == ["ok"] * 3 + ["refund_too_high"]
    assert faults(MONEY_BACK) == []


def test_control_without_any_guard_more_is_promised_than_was_captured_and_the_audit_says_so(
    order, staff, monkeypatch, without_check
):
    condition = " AND refunded + %(refunded)s + charged_back + %(charged_back)s <= amount"
    assert condition in money_back.MOVE
    monkeypatch.setattr(money_back, "MOVE", money_back.MOVE.replace(condition, ""))
    assert all_at_once_past_the_lock(order, staff, monkeypatch) == ["ok"] * 4
    assert Payment.objects.get().refunded == 20000
    assert any(fault.startswith("M1: more given back or taken back than was captured") for fault in faults(MONEY_BACK))


# -- Approvals ------------------------------------------------------------------------------------


@pytest.fixture
def approvers(order, staff, settings, monkeypatch):
    """Three who approve the same refund, and meet once each has seen that it waits."""
    settings.REFUND_APPROVAL_LIMIT = {}
    asked, met, real = ask(order, 100, staff[0])(), Meeting(parties=3), refund._require_waiting
    monkeypatch.setattr(refund, "_require_waiting", lambda seen: (real(seen), met.meet()))
    return [lambda by=by: refund.approve(asked.pk, by=by) for by in staff[1:]]


def test_of_three_who_approve_a_refund_at_once_one_does_and_it_is_sent_once(order, approvers):
    assert codes(at_once(approvers)) == ["ok", "refund_decided", "refund_decided"]
    assert (send.sweep(), money_of(order)) == (1, (10000, 0, 10000))


def test_control_without_the_lock_each_believes_to_have_approved_it(approvers, monkeypatch):
    without_the_lock(monkeypatch)
    assert codes(at_once(approvers)) == ["ok"] * 3


def test_an_approval_and_a_calling_off_at_once_have_one_winner(order, staff, settings):
    settings.REFUND_APPROVAL_LIMIT = {}
    asked = ask(order, 100, staff[0])()
    with Auditor():
        acts = [lambda: refund.approve(asked.pk, by=staff[1]), lambda: refund.call_off(asked.pk, by=staff[2])]
        assert codes(at_once(acts)) == ["ok", "refund_decided"]
        send.sweep()
    assert money_of(order) in {(10000, 0, 10000), (0, 0, 0)}


# -- Together -------------------------------------------------------------------------------------


def test_acceptance_58_refunds_a_cancellation_a_chargeback_and_the_providers_own_refund_at_once(order, staff):
    payment = Payment.objects.get()

    def at_the_provider():
        with suppress(RefundRefused):  # all of it has gone back already
            reference = TestGateway().refund(payment.authorisation, dollars(40), key="by hand")
            report_refund(payment, dollars(40), reference=reference, key="by hand")

    acts = [
        *(ask(order, 30, by) for by in staff),
        lambda: cancel(order.pk, by=staff[0], reason="Called off.", put_back=True, refund=True),
        lambda: report_chargeback(payment, dollars(50), reference="dp_1"),
        at_the_provider,
        send.sweep,
    ]
    with Auditor(at_rest=False):
        at_once(acts)
        send.sweep()
    payment.refresh_from_db()
    assert payment.refunded + payment.charged_back <= payment.amount
    assert (status_of(order) in {"cancelled", "refunded"}, faults(MONEY_BACK)) == (True, [])
    size = order.drop.sizes.get()
    assert (size.available, size.sold) == (1, 0)


# -- Sending --------------------------------------------------------------------------------------


@pytest.fixture
def asked_of_the_bank(order, staff, monkeypatch):
    """Three refunds are due for three senders, who meet at the bank; the keys that it is asked with."""
    for amount in (10, 20, 30):
        ask(order, amount, staff[0])()
    keys, met, real = [], Meeting(parties=3), TestGateway.refund

    def refund_noted(self, reference, money, *, key):
        keys.append(key)
        met.meet()
        return real(self, reference, money, key=key)

    monkeypatch.setattr(TestGateway, "refund", refund_noted)
    monkeypatch.setattr(send, "_sweeps", Sweeps(at_once=3))
    return keys


def test_three_senders_at_once_send_each_refund_once(order, asked_of_the_bank, monkeypatch):
    with Auditor():
        assert sum(at_once([send.sweep] * 3)) == 3
    assert sorted(asked_of_the_bank) == [f"refund:{order.number}:{n}" for n in (1, 2, 3)]


def test_control_without_the_claim_a_refund_is_asked_for_by_each_and_the_key_alone_makes_it_one(
    order, asked_of_the_bank, monkeypatch
):
    Refund.objects.filter(n__gt=1).update(status="called_off", retry_at=None, settled_at=F("created_at"))
    Payment.objects.update(refunded=1000)

    def first_due(moment):
        return Refund.objects.select_related("purchase").filter(status="approved", retry_at__lte=moment).first()

    monkeypatch.setattr(due, "claim", first_due)
    with Auditor():
        at_once([send.sweep] * 3)
    assert asked_of_the_bank == [f"refund:{order.number}:1"] * 3
    assert (TestRefund.objects.count(), money_of(order)) == (1, (1000, 0, 1000))


class Killed(BaseException):
    """The process ends here."""


def killed_after_the_yes(order, staff, monkeypatch):
    """A sender dies between the bank's yes and its own commit; another comes when the lease is over."""

    def die(*given):
        raise Killed

    ask(order, 100, staff[0])()
    with monkeypatch.context() as patch:
        patch.setattr(send, "note_sent", die)
        with pytest.raises(Killed):
            send.sweep()
    assert statuses() == [("approved", 10000)]
    Refund.objects.update(retry_at=F("created_at"))
    assert send.sweep() == 1


def test_acceptance_58_a_kill_between_the_banks_yes_and_the_commit_gives_back_once(order, staff, monkeypatch):
    with Auditor():
        killed_after_the_yes(order, staff, monkeypatch)
    assert (statuses(), money_of(order), TestRefund.objects.count()) == ([("sent", 10000)], (10000, 0, 10000), 1)


def test_control_a_bank_that_forgets_keys_would_be_asked_for_more_than_was_promised(order, staff, monkeypatch):
    keys, real = itertools.count(), TestGateway.refund
    monkeypatch.setattr(
        TestGateway, "refund", lambda self, reference, money, *, key: real(self, reference, money, key=f"{key} {next(keys)}")
    )
    killed_after_the_yes(order, staff, monkeypatch)
    assert (statuses(), TestRefund.objects.count()) == ([("refused", 10000)], 1)
