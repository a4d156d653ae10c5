"""Buying: M1 with every token of the test bank, H5, and what must not be sold."""

from datetime import timedelta
from uuid import uuid4

import pytest

from dropshop.core.clock import iso
from dropshop.core.errors import ConcurrentUpdate, Invalid, NotFound
from reservations.holds.errors import HoldExpired
from reservations.idempotency.key_batch import recall_each
from reservations.idempotency.keys import StoredResponse, key_for
from reservations.models import Payment, Purchase, Reservation, TestCharge
from reservations.payments.errors import ConfirmationRequired, PaymentDeclined, PaymentUnanswered
from reservations.payments.test_bank.gateway import TestGateway
from reservations.purchases import buy, keyed
from tests.make import ADDRESS, lapse, make_drop, make_purchase, make_reservation
from tests.reservations.till import asked_again, books, counters, pay

pytestmark = pytest.mark.django_db


def test_a_sale_takes_the_frozen_price_once_and_the_same_again_is_the_same_sale(alice):
    drop = make_drop(2, price=18000)
    hold = make_reservation(alice, drop)
    type(drop).objects.filter(pk=drop.pk).update(price=1)
    first, again = pay(hold), pay(hold)
    assert (first.created, again.created) == (True, False)
    assert first.purchase == again.purchase
    assert (first.purchase.status, first.purchase.price, first.purchase.address) == ("paid", 18000, ADDRESS)
    assert books(hold) == [("captured", "captured", 18000)]
    assert counters(drop) == (1, 0, 1)
    hold.refresh_from_db()
    assert (hold.status, hold.pinned_until) == ("completed", None)


def test_order_numbers_can_be_read_out_and_are_unlike(alice, bob):
    drop = make_drop(2)
    numbers = [make_purchase(member, drop).number for member in (alice, bob)]
    assert numbers[0] != numbers[1]
    for number in numbers:
        assert number.startswith("DS-")
        assert not set(number[3:]) & set("ILOU")


def test_a_declined_card_leaves_the_hold_as_it_was_and_another_card_may_try(alice):
    drop = make_drop(1)
    hold = make_reservation(alice, drop)
    with pytest.raises(PaymentDeclined) as refused:
        pay(hold, "test_declined")
    assert refused.value.facts == {"expires_at": iso(hold.expires_at)}
    assert Reservation.objects.get(pk=hold.pk).pinned_until is None
    with pytest.raises(PaymentDeclined):
        pay(hold, "a_token_nobody_knows")
    assert pay(hold).created
    assert books(hold) == [("declined", "declined", 0), ("declined", "declined", 0), ("captured", "captured", 18000)]


def test_a_card_that_wants_a_confirmation_is_charged_when_the_shopper_has_confirmed(alice):
    drop = make_drop(1)
    hold = make_reservation(alice, drop)
    for _ in range(2):
        with pytest.raises(ConfirmationRequired) as wanted:
            pay(hold, "test_confirm")
    charge = TestCharge.objects.get()
    assert wanted.value.facts == {"confirm_url": f"/test-bank/{charge.pk}/"}
    assert Reservation.objects.get(pk=hold.pk).pinned_until == hold.expires_at + timedelta(seconds=30)
    assert asked_again(hold.payments.get()) is None, "nothing happens before the shopper says so"
    TestGateway().confirm(charge.pk, agreed=True)
    bought = asked_again(Payment.objects.get(pk=charge.key))
    assert bought.created
    assert asked_again(Payment.objects.get(pk=charge.key)).purchase == bought.purchase
    assert books(hold) == [("captured", "captured", 18000)]
    assert counters(drop) == (0, 0, 1)


def test_the_same_purchase_sent_again_after_the_confirmation_is_carried_out(alice):
    hold = make_reservation(alice, make_drop(1))
    with pytest.raises(ConfirmationRequired):
        pay(hold, "test_confirm")
    TestGateway().confirm(TestCharge.objects.get().pk, agreed=True)
    assert pay(hold, "test_confirm").created


def test_a_confirmation_that_was_refused_is_a_declined_card(alice):
    hold = make_reservation(alice, make_drop(1))
    with pytest.raises(ConfirmationRequired):
        pay(hold, "test_confirm")
    TestGateway().confirm(TestCharge.objects.get().pk, agreed=False)
    with pytest.raises(PaymentDeclined):
        asked_again(hold.payments.get())
    assert books(hold) == [("declined", "declined", 0)]
    assert pay(hold).created


@pytest.mark.django_db(transaction=True)
def test_another_card_while_the_first_waits_for_its_confirmation_replaces_it(alice):
    hold = make_reservation(alice, make_drop(1))
    with pytest.raises(ConfirmationRequired):
        pay(hold, "test_confirm")
    assert pay(hold, "test_ok").created
    assert books(hold) == [("voided", "voided", 0), ("captured", "captured", 18000)]
    TestGateway().confirm(TestCharge.objects.get(token="test_confirm").pk, agreed=True)
    assert asked_again(hold.payments.get(method="test_confirm")) is None, "the old tab comes too late"
    assert books(hold) == [("voided", "voided", 0), ("captured", "captured", 18000)]


def test_another_card_while_the_bank_is_being_asked_must_wait(alice, settings):
    settings.PAYMENT_TIMEOUT = 0
    hold = make_reservation(alice, make_drop(1))
    with pytest.raises(PaymentUnanswered) as silent:
        pay(hold, "test_timeout")
    assert silent.value.facts == {"pinned_until": iso(hold.expires_at + timedelta(seconds=30))}
    with pytest.raises(ConcurrentUpdate):
        pay(hold, "test_ok")
    assert books(hold) == [("started", "authorised", 0)]


def test_acceptance_14_charged_but_timed_out_then_retried_is_one_capture_and_one_purchase(alice, settings):
    """Acceptance 14: the provider charged but timed out, retried: one capture, one purchase."""
    settings.PAYMENT_TIMEOUT = 0
    drop = make_drop(2)
    hold = make_reservation(alice, drop)
    with pytest.raises(PaymentUnanswered):
        pay(hold, "test_timeout")
    moved = ADDRESS | {"street": "2 Lace Lane"}
    bought = [pay(hold, "test_timeout", address=moved) for _ in range(3)]
    assert [one.created for one in bought] == [True, False, False]
    assert books(hold) == [("captured", "captured", 18000)]
    assert Purchase.objects.get().address == moved, "the address that was sent last is the one that was meant"
    assert counters(drop) == (1, 0, 1)


def test_a_slow_bank_is_waited_for(alice, settings):
    settings.PAYMENT_TIMEOUT = 0.05
    assert pay(make_reservation(alice, make_drop(1)), "test_slow").created


def test_the_key_commits_with_the_sale_and_undoes_it_where_it_cannot_be_stored(alice, monkeypatch):
    drop = make_drop(1)
    hold, key = make_reservation(alice, drop), key_for(alice.pk, "k", "buy")

    def fails(answers):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(keyed, "complete_each", fails)
        with pytest.raises(ZeroDivisionError):
            pay(hold, key=key)
    assert (Purchase.objects.count(), counters(drop)) == (0, (0, 1, 0))
    assert recall_each([key]) == {key: None}, "claimed with its payment"
    assert [pay(hold, key=key).created for _ in range(2)] == [True, True], "it is told as it was told first"
    assert recall_each([key])[key] == StoredResponse(201, {"purchase": {"id": str(Purchase.objects.get().pk)}})
    assert books(hold) == [("captured", "captured", 18000)]


def test_nothing_is_sold_to_a_stranger_or_after_the_hold(alice, charlie):
    drop = make_drop(1)
    hold = make_reservation(alice, drop)
    for member, reservation in ((charlie, hold.pk), (alice, uuid4())):
        with pytest.raises(NotFound):
            buy.buy(reservation, member=member, address=ADDRESS, payment_method="test_ok")
    lapse(hold)
    with pytest.raises(HoldExpired):
        pay(hold)
    assert not Payment.objects.exists()
    assert not TestCharge.objects.exists()


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        (None, ["address"]),
        ([], ["address"]),
        ("Lace Lane", ["address"]),
        ({}, ["address.city", "address.country", "address.name", "address.street", "address.zip_code"]),
        (ADDRESS | {"city": "  "}, ["address.city"]),
        (ADDRESS | {"city": 7}, ["address.city"]),
        (ADDRESS | {"name": "x" * 101}, ["address.name"]),
        (ADDRESS | {"street": "a\nb"}, ["address.street"]),
        (ADDRESS | {"street": "a\x00b"}, ["address.street"]),
    ],
)
def test_an_address_nobody_can_deliver_to_is_refused_before_any_money_moves(alice, address, wrong):
    hold = make_reservation(alice, make_drop(1))
    with pytest.raises(Invalid) as refused:
        pay(hold, address=address)
    assert sorted(refused.value.facts["errors"]) == wrong
    assert not Payment.objects.exists()


def test_an_address_keeps_its_six_lines_trimmed(alice):
    given = ADDRESS | {"name": "  李小龍 ", "state": "", "zip_code": "10115", "country": "DE"}
    sale = pay(make_reservation(alice, make_drop(1)), address=given)
    assert sale.purchase.address == given | {"name": "李小龍"}


def test_whatever_is_wrong_with_an_order_is_named_at_once(alice):
    hold = make_reservation(alice, make_drop(1))
    address = ADDRESS | {"city": "", "country": "Atlantis", "planet": "Mars"}
    with pytest.raises(Invalid) as refused:
        pay(hold, "", address=address)
    assert set(refused.value.facts["errors"]) == {"address.city", "address.country", "address.planet", "payment_method"}


@pytest.mark.parametrize("token", ["", None, 7, "x" * 201, "a\x00b", ["test_ok"]])
def test_a_payment_method_that_is_no_token_is_refused(alice, token):
    hold = make_reservation(alice, make_drop(1))
    with pytest.raises(Invalid) as refused:
        pay(hold, token)
    assert list(refused.value.facts["errors"]) == ["payment_method"]


@pytest.mark.django_db(transaction=True)
def test_a_purchase_inside_somebodys_transaction_is_a_mistake_of_the_caller(alice):
    """The provider must not be called while locks are held, and what was written down must survive a crash."""
    from django.db import transaction

    hold = make_reservation(alice, make_drop(1))
    with pytest.raises(RuntimeError), transaction.atomic():
        pay(hold)
    assert not TestCharge.objects.exists()
