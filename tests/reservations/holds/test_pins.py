"""H5: a payment submitted inside the hold pins it until the bank answers, thirty seconds at most (acceptance 8, 13)."""

from datetime import timedelta

import pytest

from dropshop.core.clock import database_time
from reservations.holds import lifecycle
from reservations.holds.errors import AllHeld, HoldExpired
from reservations.holds.reserve import reserve
from reservations.models import Purchase, Reservation
from reservations.payments.errors import ConfirmationRequired, PaymentDeclined, PaymentUnanswered
from reservations.payments.gateways import Declined
from reservations.payments.test_bank.gateway import TestGateway
from reservations.purchases import buy
from tests.make import make_drop, make_reservation
from tests.reservations.till import books, counters, finish, pay

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("late", [5, 29])
def test_h5_a_payment_submitted_inside_the_hold_and_answered_up_to_30_s_later_is_a_sale(alice, bob, monkeypatch, late):
    drop = make_drop(1)
    hold = make_reservation(alice, drop)
    monkeypatch.setattr(buy, "authorise", lambda payment: _answer_after(payment, timedelta(seconds=late), rival=bob))
    assert pay(hold).created
    assert books(hold) == [("captured", "captured", 18000)]
    assert counters(drop) == (0, 0, 1)


def test_h5_acceptance_13_an_answer_after_30_s_when_the_pair_is_gone_takes_no_money(alice, bob, monkeypatch, heard):
    """Acceptance 13: authorised after expiry, stock gone: no capture, voided within 60 s, member told."""
    drop = make_drop(1)
    hold = make_reservation(alice, drop)
    monkeypatch.setattr(buy, "authorise", lambda payment: _answer_after(payment, timedelta(seconds=31), rival=bob))
    with pytest.raises(HoldExpired):
        pay(hold)
    assert books(hold) == [("voided", "voided", 0)]
    assert hold.payments.get().settled_at is not None
    (told,) = heard.of("notification")
    assert (told["to"], told["kind"]) == (str(alice.pk), "payment_voided")
    assert "not charged" in told["text"]
    assert list(Reservation.objects.active().values_list("member", flat=True)) == [bob.pk]
    assert not Purchase.objects.exists()
    assert counters(drop) == (0, 1, 0)


def _answer_after(payment, late, *, rival):
    """The bank answers so much later than the hold's expiry; meanwhile somebody else wants the pair."""
    outcome = TestGateway().authorise(key=str(payment.pk), token=payment.method, money=payment.money, return_path="/")
    hold = Reservation.objects.get(pk=payment.reservation_id)
    back = (hold.expires_at + late) - database_time()
    for name in ("created_at", "expires_at", "pinned_until"):
        setattr(hold, name, getattr(hold, name) - back)
    hold.save()
    try:
        reserve(member=rival, drop=hold.drop)
    except AllHeld:
        assert late < timedelta(seconds=30)
    return outcome


@pytest.mark.django_db(transaction=True)
def test_h5_the_refusal_of_a_replaced_card_leaves_the_new_cards_pin_alone(alice, monkeypatch, settings):
    settings.PAYMENT_TIMEOUT = 0
    hold = make_reservation(alice, make_drop(1))
    with pytest.raises(ConfirmationRequired):
        pay(hold, "test_confirm")
    replaced = hold.payments.get()  # as the old tab read it
    with pytest.raises(PaymentUnanswered):
        pay(hold, "test_timeout")
    with pytest.raises(PaymentDeclined):
        finish(replaced, Declined("No."))
    assert Reservation.objects.get(pk=hold.pk).pinned_until == hold.expires_at + timedelta(seconds=30)
    assert pay(hold, "test_timeout").created


@pytest.mark.parametrize(("seconds", "sold"), [(59.9, True), (60, False), (60.1, False)])
def test_acceptance_8_the_last_instant_of_a_hold_is_sixty_seconds_after_its_grant(alice, monkeypatch, seconds, sold):
    """Acceptance 8 (the sharp edge; the wrong application clocks are in races/test_processes)."""
    hold = make_reservation(alice, make_drop(1))
    read, at = lifecycle.read_holds, hold.created_at + timedelta(seconds=seconds)
    monkeypatch.setattr(lifecycle, "read_holds", lambda *given, **named: read(*given, at=at, **named))
    if sold:
        assert pay(hold).created
    else:
        with pytest.raises(HoldExpired):
            pay(hold)
