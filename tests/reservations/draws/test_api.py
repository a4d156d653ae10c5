"""Draws by the API."""

import pytest
from django.test import Client

from reservations.draws.models import DrawEntry
from reservations.seeds import seal
from tests.make import ADDRESS, home_of, make_drop, make_saved_method
from tests.reservations.draws.making import CLOSED_AT, crowd, drawn, end, make_draw_drop

pytestmark = pytest.mark.django_db


@pytest.fixture
def drop():
    return make_draw_drop({"8": 1, "9": 1})


def caller(member):
    client = Client()
    client.force_login(member)
    return client


def post(client, path, body, **headers):
    return client.post(f"/api/v1/{path}", body, "application/json", headers=headers)


def body_of(member, **said):
    return {"sizes": ["9"], "address": home_of(member), "payment_method": "test_ok", **said}


def test_a_member_enters_sees_their_entry_and_withdraws(alice, drop):
    me = caller(alice)
    assert me.get(f"/api/v1/drops/{drop.pk}/entries").status_code == 404
    made = post(me, f"drops/{drop.pk}/entries", body_of(alice, sizes=["9", "8"]))
    assert (made.status_code, made.json()["state"], made.json()["sizes"]) == (201, "entered", ["9", "8"])
    assert me.get(f"/api/v1/drops/{drop.slug}/entries").json() == made.json()
    again = post(me, f"drops/{drop.pk}/entries", body_of(alice))
    assert (again.status_code, again.json()["code"]) == (409, "already_entered")
    assert me.delete(f"/api/v1/drops/{drop.pk}/entries").status_code == 204
    assert me.get(f"/api/v1/drops/{drop.pk}/entries").json()["state"] == "withdrawn"


def test_the_same_key_enters_once(alice, drop):
    first, second = (post(caller(alice), f"drops/{drop.pk}/entries", body_of(alice), **{"Idempotency-Key": "a"}) for _ in "ab")
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second.headers["Idempotent-Replayed"] == "true"
    assert DrawEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"sizes": ["12"]}, 400, "invalid"),
        ({"sizes": 9}, 400, "invalid"),
        ({"address": "x"}, 400, "invalid"),
        ({"payment_method": "test_declined"}, 402, "method_declined"),
        ({"payment_method": "test_confirm"}, 402, "confirmation_required"),
        ({"group": "nobody"}, 400, "invalid"),
        ({"rank": 1}, 400, "invalid"),
    ],
)
def test_refusals_are_named(alice, drop, said, status, code):
    answer = post(caller(alice), f"drops/{drop.pk}/entries", body_of(alice, **said))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not DrawEntry.objects.exists()


def test_strangers_drafts_and_other_drops_are_refused(alice, drop):
    assert post(Client(), f"drops/{drop.pk}/entries", {}).status_code == 401
    assert post(caller(alice), f"drops/{make_drop(1).pk}/entries", body_of(alice)).json()["code"] == "not_a_draw"
    draft = make_drop(1, mode="draw", published=False)
    assert post(caller(alice), f"drops/{draft.pk}/entries", body_of(alice)).status_code == 404


def test_an_address_enters_once(alice, bob, drop):
    post(caller(alice), f"drops/{drop.pk}/entries", body_of(alice, address=ADDRESS))
    refused = post(caller(bob), f"drops/{drop.pk}/entries", body_of(bob, address=ADDRESS))
    assert (refused.status_code, refused.json()["code"], refused.json()["per"]) == (409, "entered_with_it", "address")


def test_the_seed_and_the_ranks_stay_secret_until_the_draw(alice, drop):
    crowd(drop, 3, "9")
    told = Client().get(f"/api/v1/drops/{drop.pk}/draw").json()
    assert (told["state"], told["seed"], told["entries"], told["files"]) == ("open", None, None, [])
    assert told["commitment"] == seal.sealed(drop.pk).commitment
    assert [beacon["source"] for beacon in told["beacons"]] == ["drand", "nist", "dice"]


def test_after_the_draw_everybody_sees_what_proves_it_and_each_their_own_rank(alice, drop):
    post(caller(alice), f"drops/{drop.pk}/entries", body_of(alice))
    crowd(drop, 3, "9", "8")
    drawn(drop)
    told = Client().get(f"/api/v1/drops/{drop.pk}/draw").json()
    assert (told["state"], told["seed"]) == ("drawn", seal.sealed(drop.pk).secret.hex())
    assert [file["name"] for file in told["files"]] == ["check.py", "draw.json", "entries.csv", "ranks.csv"]
    assert [step["step"] for step in told["steps"]] == ["promised", "closed", "beacon", "drawn"]
    mine = caller(alice).get(f"/api/v1/drops/{drop.pk}/entries").json()
    entry = DrawEntry.objects.get(member=alice)
    assert (mine["rank"], mine["leaf"], mine["won"]) == (entry.rank, entry.leaf, entry.won and entry.won.label)
    assert mine["state"] == ("won" if entry.won else "lost")
    assert f"rank {entry.rank} of 4" in mine["words"]


def test_a_members_only_draw_is_for_members(alice):
    drop = make_draw_drop({"9": 1}, access="members")
    assert Client().get(f"/api/v1/drops/{drop.pk}/draw").status_code == 404
    assert caller(alice).get(f"/api/v1/drops/{drop.pk}/draw").status_code == 200


def test_the_deeds_are_for_staff_with_the_right(alice, staff, drop):
    crowd(drop, 1)
    end(drop, nist=CLOSED_AT, dice=CLOSED_AT)
    for path, body in (("dice", {"dice": "1 2"}), ("beacon", {"round": 1, "signature": "00"}), ("call-off", {})):
        answer = post(caller(alice), f"drops/{drop.pk}/draw/{path}", body | {"reason": "x"})
        assert answer.status_code == 403, path
    assert caller(alice).patch(f"/api/v1/drops/{drop.pk}/draw", {}, "application/json").status_code == 403


def test_a_card_that_is_saved_enters(alice, drop):
    card = make_saved_method(alice)
    made = post(caller(alice), f"drops/{drop.pk}/entries", body_of(alice, payment_method=str(card.pk)))
    assert made.json()["card"] == "Test card ·· 4242"


def test_friends_enter_by_a_code(alice, bob, drop):
    first = post(caller(alice), f"drops/{drop.pk}/entries", body_of(alice, group="new")).json()
    second = post(caller(bob), f"drops/{drop.pk}/entries", body_of(bob, group=first["group"]["code"])).json()
    assert second["group"] == {"code": first["group"]["code"], "people": 2}
