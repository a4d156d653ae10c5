"""Batches of purchases in trouble: banks that take their time or know no batches, steps that fail, orders that are poison."""

from types import SimpleNamespace

import pytest
from django.db import OperationalError

from dropshop.core.errors import ConcurrentUpdate
from reservations.holds.lifecycle import cancel
from reservations.idempotency.key_batch import recall_each
from reservations.idempotency.keys import key_for
from reservations.models import Payment, Purchase, TestCharge
from reservations.payments.test_bank.gateway import TestGateway
from reservations.purchases import buy, decide
from reservations.purchases.attempts import PurchaseAttempt
from reservations.purchases.buy import advance
from tests.make import make_drop, make_members, make_reservation
from tests.reservations.till import books, buy_all, carry, order, said, unnoticed

pytestmark = pytest.mark.django_db


def test_slow_and_silent_banks_hold_nobody_else_up(settings):
    settings.PAYMENT_TIMEOUT = 0
    drop = make_drop(4)
    holds = [make_reservation(member, drop) for member in make_members(4)]
    cards = ["test_ok", "test_slow", "test_timeout", "test_ok"]
    attempts = [PurchaseAttempt(order(hold, card)) for hold, card in zip(holds, cards, strict=True)]
    advance(attempts)
    assert [bool(attempt.answer) for attempt in attempts] == [True, False, False, True]
    assert Purchase.objects.filter(status="paid").count() == 2
    assert TestCharge.objects.count() == 2, "the others have not even been asked about"
    assert said(carry(attempts)) == [True, True, "payment_unanswered", True]


def ordinary_bank():
    """A provider as they are: it answers for one payment at a time."""
    bank = TestGateway()
    return SimpleNamespace(authorise=bank.authorise, capture=bank.capture, void=bank.void, lookup=bank.lookup)


def test_a_bank_that_knows_no_batches_is_asked_and_paid_outside_of_them(monkeypatch):
    monkeypatch.setattr("reservations.payments.provider.gateway", ordinary_bank)
    drop = make_drop(3)
    ok, declined, late = (make_reservation(member, drop) for member in make_members(3))
    attempts = [
        PurchaseAttempt(order(hold, card)) for hold, card in ((ok, "test_ok"), (declined, "test_declined"), (late, "test_ok"))
    ]
    asked: list[str] = []
    while any(attempt.answer is None for attempt in attempts):
        charges = TestCharge.objects.count()
        advance(attempts)
        assert TestCharge.objects.count() == charges, "within a batch nobody is asked"
        for attempt in attempts:
            if attempt.todo is not None:
                todo, attempt.todo = attempt.todo, None
                asked.append(todo.__name__)
                todo(attempt)
        if len(asked) == 3:
            cancel(late.pk, member=late.member)
    assert asked == ["ask", "ask", "ask", "take_money", "give_back"]
    assert said([attempt.answer for attempt in attempts]) == [True, "payment_declined", "already_cancelled"]
    assert [books(hold)[0][:2] for hold in (ok, late)] == [("captured", "captured"), ("voided", "voided")]


def test_a_capture_that_one_payment_is_refused_takes_the_others(monkeypatch):
    drop = make_drop(3)
    holds = [make_reservation(member, drop) for member in make_members(3)]
    capture_each = TestGateway.capture_each

    def one_has_lapsed_at_the_bank(self, captures):
        TestCharge.objects.filter(pk=captures[1][0]).update(status="voided")
        return capture_each(self, captures)

    monkeypatch.setattr(TestGateway, "capture_each", one_has_lapsed_at_the_bank)
    answers = buy_all(*map(order, holds))
    assert [answer.purchase.status for answer in answers] == ["paid", "processing", "paid"]
    assert [books(hold)[0][0] for hold in holds] == ["captured", "authorised", "captured"]
    assert "refused the capture" in holds[1].payments.get().note


@pytest.mark.parametrize("step", ["begin_each", "authorise_each", "decide_each", "capture_each"])
@pytest.mark.parametrize("committed", [False, True])
def test_whatever_step_of_a_batch_fails_each_order_can_be_carried_on_alone(monkeypatch, step, committed):
    """Before the step, or after it: a commit whose outcome is not known. One sale, one charge, each told as its own, and kept
    under its key."""
    drop, real = make_drop(3), getattr(buy, step)
    holds = [make_reservation(member, drop) for member in make_members(3)]
    keys = [key_for(hold.member_id, "k", str(hold.pk)) for hold in holds]
    attempts = [PurchaseAttempt(order(hold), key=key) for hold, key in zip(holds, keys, strict=True)]

    def fails(*given):
        if committed:
            unnoticed(real)(*given)
        raise OperationalError("the server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(buy, step, fails)
        with pytest.raises(OperationalError):
            advance(attempts)
    assert [carry([attempt])[0].created for attempt in attempts] == [True] * 3
    assert [books(hold) for hold in holds] == [[("captured", "captured", 18000)]] * 3
    assert Purchase.objects.filter(status="paid").count() == 3
    assert drop.sizes.values_list("reserved", "sold").get() == (0, 3)
    assert [answer.status for answer in recall_each(keys).values()] == [201] * 3


def test_a_poisoned_order_undoes_its_whole_batch_and_alone_harms_only_itself(monkeypatch):
    drop = make_drop(3)
    holds = [make_reservation(member, drop) for member in make_members(3)]

    attempts, sell = [PurchaseAttempt(order(hold)) for hold in holds], decide.as_read

    def poisoned(model, **values):
        if values["reservation_id"] == holds[1].pk:
            raise ZeroDivisionError
        return sell(model, **values)

    monkeypatch.setattr(decide, "as_read", poisoned)
    with pytest.raises(ZeroDivisionError):
        advance(attempts)
    assert (Purchase.objects.count(), drop.sizes.values_list("reserved", "sold").get()) == (0, (3, 0))
    assert [carry([attempts[n]])[0].created for n in (0, 2)] == [True, True]
    with pytest.raises(ZeroDivisionError):
        carry([attempts[1]])
    assert [books(hold)[0][0] for hold in holds] == ["captured", "started", "captured"]
    assert TestCharge.objects.filter(status="captured").count() == 2


def test_past_the_locks_nothing_is_sold(monkeypatch):
    """H4: a payment that was moved between the look and the write undoes the batch."""
    drop = make_drop(2)
    holds = [make_reservation(member, drop) for member in make_members(2)]
    real = decide.move_values

    def moved_meanwhile(moved):
        Payment.objects.filter(reservation=holds[0]).update(status="voided")
        return real(moved)

    monkeypatch.setattr(decide, "move_values", moved_meanwhile)
    with pytest.raises(ConcurrentUpdate):
        advance([PurchaseAttempt(order(hold)) for hold in holds])
    assert (Purchase.objects.count(), drop.sizes.values_list("reserved", "sold").get()) == (0, (2, 0))
