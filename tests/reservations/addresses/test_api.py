"""`addresses` of the API."""

from uuid import uuid4

import pytest

from reservations.models import SavedAddress
from tests.make import ADDRESS, make_drop, make_reservation

pytestmark = pytest.mark.django_db


def test_an_address_is_saved_listed_changed_and_removed(alice, as_member):
    mine = as_member(alice)
    made = mine.post("addresses", ADDRESS)
    told = made.json()
    assert (made.status_code, made["Location"]) == (201, f"/api/v1/addresses/{told['id']}")
    assert told == {"id": told["id"], **ADDRESS, "is_default": True, "created_at": told["created_at"]}
    assert mine.get("addresses").json()["results"] == [told]
    assert mine.get(f"addresses/{told['id']}").json() == told
    changed = mine.patch(f"addresses/{told['id']}", {"street": "2 Lace Lane"})
    assert (changed.status_code, changed.json()) == (200, told | {"street": "2 Lace Lane"})
    assert mine.delete(f"addresses/{told['id']}").status_code == 204
    assert mine.delete(f"addresses/{told['id']}").status_code == 404
    assert mine.get("addresses").json()["results"] == []


def test_one_is_used_first(alice, as_member):
    mine = as_member(alice)
    one, two = (mine.post("addresses", ADDRESS | about).json()["id"] for about in ({}, {"is_default": True}))
    listed = mine.get("addresses").json()["results"]
    assert [(each["id"], each["is_default"]) for each in listed] == [(two, True), (one, False)]
    assert mine.patch(f"addresses/{one}", {"is_default": True}).json()["is_default"] is True
    refused = mine.patch(f"addresses/{one}", {"is_default": False})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["is_default"])
    assert mine.patch(f"addresses/{two}", {"is_default": False}).status_code == 200


def test_the_same_key_saves_one_address(alice, as_member):
    mine = as_member(alice)
    first, again = (mine.post("addresses", ADDRESS, Idempotency_Key="one") for _ in range(2))
    assert (first.json(), SavedAddress.objects.count()) == (again.json(), 1)
    other = mine.post("addresses", ADDRESS | {"city": "Salem"}, Idempotency_Key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({}, ["name", "street", "city", "zip_code", "country"]),
        ({**ADDRESS, "zip_code": "9720"}, ["zip_code"]),
        ({**ADDRESS, "state": ""}, ["state"]),
        ({**ADDRESS, "member": "x", "id": "y"}, ["member", "id"]),
        ({**ADDRESS, "is_default": "yes"}, ["is_default"]),
        ([ADDRESS], ["request"]),
        ({**ADDRESS, "name": 5}, ["name"]),
    ],
    ids=["nothing", "postcode", "state", "unknown", "no yes or no", "a list", "a number"],
)
def test_what_is_wrong_is_named_and_nothing_is_saved(alice, as_member, sent, named):
    refused = as_member(alice).post("addresses", sent)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, named)
    assert not SavedAddress.objects.exists()


def test_those_of_others_are_not_there(alice, bob, as_member, call):
    theirs = as_member(bob).post("addresses", ADDRESS).json()["id"]
    mine = as_member(alice)
    for name in (theirs, str(uuid4())):
        answers = [mine(method, f"addresses/{name}", body) for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None))]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert (call.get("addresses").status_code, call.post("addresses", ADDRESS).status_code) == (401, 401)
    assert SavedAddress.objects.count() == 1


def test_a_pair_is_bought_to_a_saved_address(alice, as_member):
    mine, hold = as_member(alice), make_reservation(alice, make_drop(1))
    address = mine.post("addresses", ADDRESS).json()["id"]
    bought = mine.post(f"reservations/{hold.pk}/purchase", {"address": address, "payment_method": "test_ok"})
    assert (bought.status_code, alice.purchases.get().address) == (201, ADDRESS)


def test_addresses_are_exported_and_erased_with_their_member(alice, as_member):
    from community.personal_data.erasure import erase

    mine = as_member(alice)
    told = mine.post("addresses", ADDRESS).json()
    assert mine.get("users/me/export").json()["addresses"] == [told]
    erase(alice)
    assert not SavedAddress.objects.exists()
