"""`payment-methods` of the API."""

from uuid import uuid4

import pytest

from reservations.models import Payment, SavedMethod, TestCharge
from reservations.payment_methods import set_up
from reservations.payments.test_bank.gateway import TestGateway
from tests.make import ADDRESS, make_drop, make_reservation

pytestmark = pytest.mark.django_db
CARD = {"token": "test_ok"}


def test_a_card_is_saved_listed_and_removed(alice, as_member):
    mine = as_member(alice)
    made = mine.post("payment-methods", CARD)
    told = made.json()
    assert (made.status_code, made["Location"]) == (201, f"/api/v1/payment-methods/{told['id']}")
    assert told == {
        "id": told["id"],
        "provider": "test bank",
        "brand": "Test card",
        "last_four": "4242",
        "expiry_month": 9,
        "expiry_year": 2039,
        "status": "ready",
        "is_default": True,
        "created_at": told["created_at"],
    }
    assert mine.get("payment-methods").json()["results"] == [told]
    assert mine.get(f"payment-methods/{told['id']}").json() == told
    assert mine.delete(f"payment-methods/{told['id']}").status_code == 204
    assert mine.delete(f"payment-methods/{told['id']}").status_code == 404
    assert mine.get(f"payment-methods/{told['id']}").status_code == 404
    assert mine.get("payment-methods").json()["results"] == []


def test_one_is_used_first_and_the_newest_takes_the_place_of_one_that_is_removed(alice, as_member):
    mine = as_member(alice)
    one, two, three = (mine.post("payment-methods", CARD).json()["id"] for _ in range(3))
    assert mine.patch(f"payment-methods/{two}", {"is_default": True}).json()["is_default"] is True
    listed = mine.get("payment-methods").json()["results"]
    assert [(each["id"], each["is_default"]) for each in listed] == [(two, True), (three, False), (one, False)]
    refused = mine.patch(f"payment-methods/{two}", {"is_default": False})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["is_default"])
    assert mine.patch(f"payment-methods/{one}", {"is_default": False}).status_code == 200
    mine.delete(f"payment-methods/{two}")
    listed = mine.get("payment-methods").json()["results"]
    assert [(each["id"], each["is_default"]) for each in listed] == [(three, True), (one, False)]


def test_the_same_key_saves_one_card_and_asks_the_bank_once(alice, as_member):
    mine = as_member(alice)
    first, again = (mine.post("payment-methods", CARD, Idempotency_Key="one") for _ in range(2))
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert (SavedMethod.objects.count(), TestCharge.objects.count()) == (1, 1)
    other = mine.post("payment-methods", {"token": "test_slow"}, Idempotency_Key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


@pytest.mark.parametrize("key", [{}, {"Idempotency_Key": "one"}], ids=["without a key", "with a key"])
@pytest.mark.parametrize(("agreed", "then"), [(True, (201, None)), (False, (402, "method_declined"))], ids=["yes", "no"])
def test_a_card_that_wants_a_confirmation_is_confirmed_and_sent_again(alice, as_member, key, agreed, then):
    mine = as_member(alice)
    wanted = mine.post("payment-methods", {"token": "test_confirm"}, **key)
    assert (wanted.status_code, wanted.json()["code"]) == (402, "confirmation_required")
    (listed,) = mine.get("payment-methods").json()["results"]
    assert (listed["status"], listed["confirm_url"]) == ("confirming", wanted.json()["confirm_url"])
    again = mine.post("payment-methods", {"token": "test_confirm"}, **key)
    assert again.json()["confirm_url"] == wanted.json()["confirm_url"]
    TestGateway().confirm(TestCharge.objects.get().pk, agreed=agreed)
    saved = mine.post("payment-methods", {"token": "test_confirm"}, **key)
    assert (saved.status_code, saved.json().get("code")) == then
    assert SavedMethod.objects.count() == 1
    assert len(mine.get("payment-methods").json()["results"]) == agreed


def test_a_card_that_is_declined_says_why_and_is_not_saved(alice, as_member):
    mine = as_member(alice)
    refused = [mine.post("payment-methods", {"token": "test_declined"}, Idempotency_Key="one") for _ in range(2)]
    assert [each.status_code for each in refused] == [402, 402]
    assert (refused[0].json()["code"], refused[0].json()["detail"]) == ("method_declined", "The test bank said no.")
    assert mine.get("payment-methods").json()["results"] == []


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({}, ["token"]),
        ({"token": ""}, ["token"]),
        ({"token": ["test_ok"]}, ["token"]),
        ({"token": 4242424242424242}, ["token"]),
        ({"token": "a\nb"}, ["token"]),
        ({"token": "x" * 201}, ["token"]),
        ({"token": "4242 4242 4242 4242"}, ["token"]),
        ({"token": "4242424242424242"}, ["token"]),
        ({"token": "5555-5555-5555-4444"}, ["token"]),
        ({"token": "test_ok", "is_default": True}, ["is_default"]),
    ],
    ids=[
        "nothing",
        "empty",
        "a list",
        "a number",
        "two lines",
        "long",
        "a card",
        "a card closed up",
        "a card with hyphens",
        "unknown",
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_saved(alice, as_member, sent, named):
    refused = as_member(alice).post("payment-methods", sent)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, named)
    assert not SavedMethod.objects.exists()


def test_those_of_others_are_not_there(alice, bob, as_member, call):
    theirs = as_member(bob).post("payment-methods", CARD).json()["id"]
    mine = as_member(alice)
    for name in (theirs, str(uuid4())):
        asked = (("GET", None), ("PATCH", {"is_default": True}), ("DELETE", None))
        answers = [mine(method, f"payment-methods/{name}", body) for method, body in asked]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert (call.get("payment-methods").status_code, call.post("payment-methods", CARD).status_code) == (401, 401)
    assert SavedMethod.objects.get().status == "ready"


def test_at_most_twenty_are_saved(alice, as_member):
    mine = as_member(alice)
    for _ in range(20):
        SavedMethod.objects.create(member=alice, provider="test bank", token="test_ok", status="ready")
    refused = mine.post("payment-methods", CARD)
    assert (refused.status_code, refused.json()["code"], refused.json()["limit"]) == (409, "too_many_payment_methods", 20)


def test_cards_of_another_provider_are_not_offered(alice, as_member):
    other = SavedMethod.objects.create(member=alice, provider="stripe", token="cus_1/pm_1", status="ready", is_default=True)
    mine = as_member(alice)
    assert mine.get("payment-methods").json()["results"] == []
    assert mine.get(f"payment-methods/{other.pk}").status_code == 404
    assert [each["provider"] for each in mine.get("users/me/export").json()["payment_methods"]] == ["stripe"]


def test_cards_are_exported_and_an_erased_member_leaves_none_here_or_at_the_provider(alice, as_member):
    from community.personal_data.erasure import erase

    mine = as_member(alice)
    told = mine.post("payment-methods", CARD).json()
    assert mine.get("users/me/export").json()["payment_methods"] == [told]
    erase(alice)
    left = SavedMethod.objects.get()
    assert (left.status, left.brand, left.last_four, left.expiry_month, left.entered) == ("removing", "", "", None, "")
    set_up.sweep()
    assert not SavedMethod.objects.exists()


@pytest.mark.parametrize("number", ["4242424242424242", "5555 5555 5555 4444", "3782-822463-10005", "4242.4242.4242.4242"])
def test_a_cards_number_is_no_token_and_is_not_stored(alice, as_member, number):
    hold = make_reservation(alice, make_drop(1))
    refused = as_member(alice).post(f"reservations/{hold.pk}/purchase", {"address": ADDRESS, "payment_method": number})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["payment_method"])
    assert not Payment.objects.exists()
