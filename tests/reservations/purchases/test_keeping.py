"""Address and card that a shopper keeps for next time: saved once the money was taken, never before, and never at its cost."""

from datetime import timedelta

import pytest

from community.personal_data import erasure
from dropshop.core.clock import database_time
from reservations.addresses import saved as addresses
from reservations.models import Payment, Purchase, SavedAddress, SavedMethod
from reservations.payments.errors import ConfirmationRequired, PaymentDeclined
from reservations.purchases import keeping, reconcile
from reservations.purchases.attempts import PurchaseAttempt
from tests.make import ADDRESS, make_drop, make_reservation, make_saved_method
from tests.reservations.payments.banks import Stripe, TestBank
from tests.reservations.till import carry, order

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["test bank", "stripe"])
def bank(request, settings):
    return TestBank(settings) if request.param == "test bank" else Stripe(request.getfixturevalue("stripe"))


def buy(member, token, *, keep=True, **given):
    (answer,) = carry([PurchaseAttempt(order(make_reservation(member, make_drop(1)), token, keep=keep, **given))])
    return answer


def kept():
    return [address.lines for address in SavedAddress.objects.all()], [card.last_four for card in SavedMethod.objects.all()]


def test_both_are_saved_after_the_money_was_taken_and_the_card_pays_again(bank, alice):
    buy(alice, bank.ok)
    assert kept() == ([], [])
    assert keeping.sweep() == 1
    assert kept() == ([ADDRESS], ["4242"])
    card = SavedMethod.objects.get()
    assert (card.is_default, SavedAddress.objects.get().is_default) == (True, True)
    again = buy(alice, str(card.pk), address=str(SavedAddress.objects.get().pk))
    assert (again.purchase.status, again.purchase.address) == ("paid", ADDRESS)
    assert keeping.sweep() == 1
    assert kept() == ([ADDRESS], ["4242"])
    assert keeping.sweep() == 0


def test_a_card_from_stripes_form_that_is_good_for_one_use_pays_again_once_it_is_kept(stripe, alice):
    buy(alice, stripe.books.new_card())
    keeping.sweep()
    assert buy(alice, str(SavedMethod.objects.get().pk)).purchase.status == "paid"


def test_nothing_is_saved_unasked(bank, alice):
    buy(alice, bank.ok, keep=False)
    assert (keeping.sweep(), kept()) == (0, ([], []))


def test_of_a_payment_that_is_declined_nothing_is_saved(bank, alice):
    assert isinstance(buy(alice, bank.declined), PaymentDeclined)
    keeping.sweep()
    assert (kept(), Payment.objects.get().keeps) == (([], []), False)


@pytest.mark.parametrize("agreed", [True, False])
def test_a_payment_that_is_confirmed_keeps_what_was_chosen_before(bank, alice, agreed):
    assert isinstance(buy(alice, bank.confirm), ConfirmationRequired)
    keeping.sweep()
    assert kept() == ([], [])
    payment = Payment.objects.get()
    bank.answer(payment.authorisation, agreed=agreed)
    Payment.objects.update(retry_at=database_time())
    reconcile.reconcile_open()
    keeping.sweep()
    assert kept() == (([ADDRESS], ["3220"]) if agreed else ([], []))


def test_where_the_pair_is_gone_when_the_bank_says_yes_nothing_is_saved_and_the_card_is_forgotten(stripe, alice):
    hold = make_reservation(alice, make_drop(1))
    attempt = PurchaseAttempt(order(hold, stripe.books.new_card(), keep=True))
    carry_to_the_bank(attempt)
    hold.drop.reservations.update(status="expired", ended_at=database_time())
    carry([attempt])
    assert Payment.objects.get().status == "voided"
    assert [len(cards) for cards in stripe.books.customers.values()] == [1]
    keeping.sweep()
    assert (kept(), stripe.books.customers) == (([], []), {})


def carry_to_the_bank(attempt):
    from reservations.purchases.buy import advance

    advance([attempt])
    todo, attempt.todo = attempt.todo, None
    todo(attempt)


def test_a_provider_that_is_silent_costs_no_purchase_and_is_asked_again(stripe, alice):
    buy(alice, stripe.books.new_card())
    stripe.misbehave("retrieve", "500 before")
    keeping.sweep()
    assert (Purchase.objects.get().status, kept()) == ("paid", ([], []))
    keeping.sweep()
    assert kept() == ([ADDRESS], ["4242"])


def test_what_cannot_be_saved_for_hours_is_given_up(stripe, alice):
    buy(alice, stripe.books.new_card())
    Payment.objects.update(settled_at=database_time() - timedelta(hours=7))
    stripe.misbehave("retrieve", "500 before")
    keeping.sweep()
    assert (Purchase.objects.get().status, Payment.objects.get().keeps) == ("paid", False)


def test_one_that_fails_keeps_no_other_waiting(alice, bob, monkeypatch):
    buy(alice, "test_ok")
    buy(bob, "test_ok")
    keep = addresses.keep

    def fail_for_alice(member, lines):
        if member == alice:
            raise RuntimeError("the table is away")
        keep(member, lines)

    monkeypatch.setattr(addresses, "keep", fail_for_alice)
    assert keeping.sweep() == 2
    assert [address.member for address in SavedAddress.objects.all()] == [bob]
    assert Purchase.objects.filter(status="paid").count() == 2


def test_whoever_has_as_many_as_may_be_buys_all_the_same(alice):
    for _ in range(20):
        make_saved_method(alice, "test_slow")
    assert buy(alice, "test_ok").purchase.status == "paid"
    keeping.sweep()
    assert (SavedMethod.objects.count(), Payment.objects.get().keeps) == (20, False)


def test_of_whoever_has_left_meanwhile_nothing_is_saved_here_or_there(stripe, alice):
    buy(alice, stripe.books.new_card())
    erasure.erase(alice)
    keeping.sweep()
    assert (kept(), stripe.books.customers) == (([], []), {})


@pytest.mark.parametrize("said", ["yes", 1, None, [True]], ids=["a word", "a number", "nothing", "a list"])
def test_what_is_neither_true_nor_false_is_named(alice, as_member, said):
    hold = make_reservation(alice, make_drop(1))
    body = {"address": ADDRESS, "payment_method": "test_ok", "keep": said}
    refused = as_member(alice).post(f"reservations/{hold.pk}/purchase", body)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["keep"])


@pytest.mark.parametrize("keep", [True, False])
def test_the_api_and_the_form_keep_both_where_that_is_said(alice, bob, as_member, client, keep):
    said = {"address": ADDRESS, "payment_method": "test_ok", "keep": keep}
    as_member(alice).post(f"reservations/{make_reservation(alice, make_drop(1)).pk}/purchase", said)
    client.force_login(bob)
    form = {**ADDRESS, "payment_method": "test_ok", "total": "180"} | ({"keep": "on"} if keep else {})
    client.post(f"/reservations/{make_reservation(bob, make_drop(1)).pk}/purchase/", form)
    assert keeping.sweep() == 2 * keep
    assert {address.member for address in SavedAddress.objects.all()} == ({alice, bob} if keep else set())


def test_for_a_member_who_leaves_while_the_bank_is_asked_nothing_is_kept_and_the_card_is_forgotten(stripe, alice, monkeypatch):
    buy(alice, stripe.books.new_card())
    keep = keeping.methods.keep

    def leave_first(member, *card):
        erasure.erase(alice)
        keep(member, *card)

    monkeypatch.setattr(keeping.methods, "keep", leave_first)
    keeping.sweep()
    assert (kept(), Payment.objects.get().keeps) == (([], []), True)
    keeping.sweep()
    assert (kept(), Payment.objects.get().keeps, stripe.books.customers) == (([], []), False, {})
