"""Buying with a saved card: by its id, everywhere a token may stand, and by nobody else."""

from dataclasses import replace
from uuid import uuid4

import pytest

from dropshop.core.clock import database_time
from reservations.models import Payment, SavedMethod
from reservations.payment_methods import saved
from reservations.payments.gateways import GatewayTimeout
from reservations.purchases import standing
from reservations.purchases.attempts import PurchaseAttempt, PurchaseResult
from reservations.purchases.buy import advance, ask
from tests.make import ADDRESS, make_drop, make_reservation, make_saved_method
from tests.reservations.till import carry, order

pytestmark = pytest.mark.django_db
PROBLEM = {"payment_method": ["You have no such payment method."]}


def purchase(caller, hold, method, **given):
    return caller.post(f"reservations/{hold.pk}/purchase", {"address": ADDRESS, "payment_method": method, **given})


@pytest.mark.parametrize(
    "spelled", [str, lambda pk: str(pk).upper(), lambda pk: pk.hex], ids=["as told", "capitals", "closed up"]
)
def test_a_pair_is_bought_with_a_saved_card(alice, as_member, spelled):
    hold, card = make_reservation(alice, make_drop(1)), make_saved_method(alice)
    bought = purchase(as_member(alice), hold, spelled(card.pk))
    assert (bought.status_code, bought.json()["purchase"]["status"]) == (201, "paid")
    assert Payment.objects.get().method == "test_ok"


def test_address_and_card_are_both_saved_and_the_same_again_is_the_same_purchase(alice, as_member):
    mine, hold, card = as_member(alice), make_reservation(alice, make_drop(1)), make_saved_method(alice)
    address = mine.post("addresses", ADDRESS).json()["id"]
    first = purchase(mine, hold, str(card.pk), address=address)
    again = purchase(mine, hold, str(card.pk), address=address)
    assert (first.status_code, again.status_code) == (201, 200)
    saved.remove(card.pk, alice)
    mine.delete(f"addresses/{address}")
    removed = purchase(mine, hold, str(card.pk), address=address)
    assert (removed.status_code, removed.json()["purchase"]["id"]) == (200, first.json()["purchase"]["id"])
    assert Payment.objects.count() == 1


def test_whoever_has_begun_to_pay_is_told_so_though_the_saved_card_was_removed(alice, bob):
    hold, card = make_reservation(alice, make_drop(1)), make_saved_method(alice, "test_slow")
    advance([PurchaseAttempt(order(hold, str(card.pk)))])
    saved.remove(card.pk, alice)
    wanted = order(hold, str(card.pk))
    again, stranger = PurchaseAttempt(wanted), PurchaseAttempt(replace(wanted, member_id=bob.pk))
    advance([again, stranger])
    assert [each.answer.code for each in (again, stranger)] == ["payment_unanswered", "invalid"]
    assert Payment.objects.count() == 1


def test_whoever_has_yet_to_confirm_is_asked_to_though_the_saved_card_was_removed(alice, as_member):
    mine, hold, card = as_member(alice), make_reservation(alice, make_drop(1)), make_saved_method(alice, "test_confirm")
    first = purchase(mine, hold, str(card.pk))
    saved.remove(card.pk, alice)
    again = purchase(mine, hold, str(card.pk))
    assert [each.json()["code"] for each in (first, again)] == ["confirmation_required"] * 2
    assert again.json()["confirm_url"] == first.json()["confirm_url"]
    assert list(Payment.objects.values_list("status", flat=True)) == ["confirming"]


@pytest.mark.parametrize(("bank", "code"), [("says", "confirmation_required"), ("is silent", "payment_unanswered")])
def test_a_bank_that_takes_its_time_is_asked_outside_of_the_batch_where_to_confirm(alice, monkeypatch, bank, code):
    hold, card = make_reservation(alice, make_drop(1)), make_saved_method(alice, "test_confirm")
    carry([PurchaseAttempt(order(hold, str(card.pk)))])
    saved.remove(card.pk, alice)
    monkeypatch.setattr(standing, "answers_at_once", lambda method: False)
    again = PurchaseAttempt(order(hold, str(card.pk)))
    advance([again])
    assert (again.answer, Payment.objects.count()) == (None, 1)
    if bank == "is silent":
        monkeypatch.setattr(standing, "lookup", silent)
    again.todo(again)
    assert again.answer.code == code


def silent(payment):
    raise GatewayTimeout


@pytest.fixture(params=["somebody else's", "removed", "not ready", "of another provider", "nobody's"])
def absent(request, alice, bob):
    """The id of a card that alice cannot pay with."""
    moment = {"retry_at": database_time()}
    made = {
        "somebody else's": lambda: make_saved_method(bob),
        "removed": lambda: make_saved_method(alice, status="removing", **moment),
        "not ready": lambda: make_saved_method(alice, status="confirming", **moment),
        "of another provider": lambda: make_saved_method(alice, provider="stripe"),
    }
    return str(made[request.param]().pk if request.param in made else uuid4())


def test_a_card_that_is_not_there_is_named_and_nothing_is_told_of_it(alice, as_member, absent):
    refused = purchase(as_member(alice), make_reservation(alice, make_drop(1)), absent)
    assert (refused.status_code, refused.json()["code"], refused.json()["errors"]) == (400, "invalid", PROBLEM)
    assert not Payment.objects.exists()


def test_card_and_address_that_are_not_there_are_named_together(alice, as_member, absent):
    refused = purchase(as_member(alice), make_reservation(alice, make_drop(1)), absent, address=str(uuid4()))
    assert refused.json()["errors"] == PROBLEM | {"address": ["You have no such address."]}


def test_saved_cards_and_tokens_are_bought_with_in_one_batch_and_each_by_its_own(alice, bob, charlie):
    drop = make_drop(3)
    methods = [str(make_saved_method(alice).pk), "test_ok", str(make_saved_method(alice, "test_declined").pk)]
    holds = [make_reservation(member, drop) for member in (alice, bob, charlie)]
    orders = [PurchaseAttempt(order(hold, method)) for hold, method in zip(holds, methods, strict=True)]
    answers = carry(orders)
    assert [isinstance(answer, PurchaseResult) for answer in answers] == [True, True, False]
    assert answers[2].facts["errors"] == PROBLEM  # alice's card, in charlie's hand


def test_a_saved_card_of_a_slow_bank_waits_for_its_turn_as_others_do(alice):
    hold, card = make_reservation(alice, make_drop(1)), make_saved_method(alice, "test_slow")
    attempt = PurchaseAttempt(order(hold, str(card.pk)))
    advance([attempt])
    assert (attempt.todo, Payment.objects.get().asked) == (ask, False)


def test_the_form_of_the_checkout_takes_a_saved_card(client, alice):
    hold, card = make_reservation(alice, make_drop(1)), make_saved_method(alice)
    client.force_login(alice)
    sent = client.post(f"/reservations/{hold.pk}/purchase/", {**ADDRESS, "payment_method": str(card.pk), "total": "180"})
    assert (sent.status_code, sent["Location"]) == (303, alice.purchases.get().get_absolute_url())
    assert SavedMethod.objects.get().status == "ready"
