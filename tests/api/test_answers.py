"""What every answer of the API has: where it is, how it may be kept, how it is asked for again."""

import re
from typing import Any

import pytest

from community.models import Store
from dropshop.api_urls import urlpatterns
from reservations.addresses import saved
from tests.community.events.test_api import wanted
from tests.drops.test_staff_api import plan
from tests.make import (
    ADDRESS,
    make_drop,
    make_pair,
    make_post,
    make_purchase,
    make_request,
    make_reservation,
    make_restock,
    make_saved_method,
    make_sneaker,
    make_store,
)
from tests.reservations.draws.making import make_draw_drop

pytestmark = pytest.mark.django_db
NOBODYS = "00000000-0000-4000-8000-000000000000"
NEW = {"username": "dana", "email": "dana@example.com", "password": "correct-horse-battery"}


def standing_order(member: Any) -> dict[str, Any]:
    method = str(make_saved_method(member).pk)
    return {"drop": str(make_drop(starts_in=600).pk), "sizes": ["One size"], "address": ADDRESS, "payment_method": method}


@pytest.fixture
def creations(as_member: Any, staff: Any, alice: Any, bob: Any) -> dict[str, Any]:
    """By the words of an address: what is created there."""
    drop, held = make_drop(1), make_drop(1)
    shoe, post = make_sneaker(), make_post(bob)
    terms = {"gives": [str(make_pair(staff, visibility="public", for_trade=True).pk)]}
    terms["wants"] = [str(make_pair(bob, visibility="public", for_trade=True).pk)]
    return {
        "users/register": NEW,
        "drops": plan(sneaker=str(shoe.pk)),
        f"drops/{drop.pk}/reserve": {},
        f"drops/{make_drop(1, mode='queue').pk}/queue": {},
        f"drops/{make_draw_drop(1).pk}/entries": {"sizes": ["One size"], "address": ADDRESS, "payment_method": "test_ok"},
        f"reservations/{make_reservation(staff, held).pk}/purchase": {"address": ADDRESS, "payment_method": "test_ok"},
        f"purchases/{make_purchase(staff, make_drop(1)).pk}/withdraw": None,
        "addresses": ADDRESS,
        "payment-methods": {"token": "test_ok"},
        "purchase-requests": standing_order(staff),
        "closet": {"sneaker": str(shoe.pk), "size": "9", "condition": "new"},
        "events": wanted(),
        "community/trades": terms,
        "community/posts": {"text": "Look."},
        f"community/feed/{post.pk}/comments": {"text": "Nice."},
        "complaints": {"about": "item", "id": str(post.pk), "reason": "spam"},
        "restocks": {"store": make_store().slug, "sneaker": str(shoe.pk), "sizes": ["9"]},
        "wants": {"sneaker": str(shoe.pk)},
        "follows": {"sneaker": str(shoe.pk)},
    }


def test_what_was_created_is_where_location_says(as_member, staff, creations):
    caller = as_member(staff)
    for path, body in creations.items():
        answer = caller.post(path, body)
        assert (path, answer.status_code) == (path, 201)
        there = caller.get(answer["Location"].removeprefix("/api/v1/"))
        assert (path, there.status_code) == (path, 200)
        told = answer.json()
        told = told.get("reservation") or told.get("purchase") or told.get("restock") or told
        if path.endswith("/queue"):  # a member's place in it has no id of its own
            assert there.json()["state"] == told["state"]
        elif path not in ("follows", "users/register") and "withdrawal" not in told:
            assert (path, there.json()["id"]) == (path, told["id"])


def test_every_call_that_may_create_says_where(creations):
    creating = {str(pattern.pattern) for pattern in urlpatterns if pattern.callback.cls.creates}
    assert len({route.rstrip("/") for route in creating}) == len(creations)


def test_what_was_created_is_said_again_with_its_location(as_member, alice):
    caller, body = as_member(alice), {"text": "once"}
    first, again = (caller.post("community/posts", body, Idempotency_Key="k") for _ in range(2))
    assert (first["Location"], again["Idempotent-Replayed"]) == (again["Location"], "true")


READ = [str(pattern.pattern) for pattern in urlpatterns if "get" in pattern.callback.cls.http_method_names]
THERE = [route for route in READ if not route.endswith("/")]


@pytest.fixture
def things(staff: Any) -> dict[str, str]:
    """An id for each address that has one."""
    return {
        "sneakers": str(make_sneaker().pk),
        "drops": str(make_drop().pk),
        "reservations": str(make_reservation(staff, make_drop()).pk),
        "purchases": str(make_purchase(staff, make_drop()).pk),
        "payment-methods": str(make_saved_method(staff).pk),
        "purchase-requests": str(make_request(staff, make_drop(starts_in=600)).pk),
        "addresses": str(saved.add(staff, ADDRESS).pk),
        "closet": str(make_pair(staff).pk),
        "community/feed": str(make_post(staff).pk),
        "restocks": str(make_restock(staff).pk),
    }


@pytest.mark.parametrize("route", THERE, ids=lambda route: route.replace("<uuid:id>", "id").replace("<slug:id>", "id"))
def test_head_answers_wherever_get_does_and_allow_names_it(as_member, staff, things, route):
    caller = as_member(staff)
    start, _, rest = route.partition("/<")
    path = (
        route if not rest else f"{start}/{things.get(start, '0' * 8 + '-0000-4000-8000-' + '0' * 12)}{rest.partition('>')[2]}"
    )
    got, head = caller.get(path), caller("HEAD", path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert {name for name in got.headers if name != "X-Request-ID"} - set(head.headers) <= {"Content-Length"}
    allowed = got["Allow"].split(", ")
    assert {"GET", "HEAD", "OPTIONS"} <= set(allowed)
    assert "HEAD" in caller("TRACE", path)["Allow"]


@pytest.mark.parametrize("route", [route for route in THERE if "<" not in route], ids=lambda route: route)
def test_every_list_has_a_tag_and_is_not_told_again_while_nothing_has_changed(as_member, staff, things, route):
    caller = as_member(staff)
    first = caller.get(route)
    again = caller.get(route, If_None_Match=first["ETag"])
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again["ETag"] == first["ETag"]
    assert caller.get(route, If_None_Match='W/"other"').status_code == 200


def test_the_tag_of_a_list_changes_with_what_is_in_it(call, alice):
    before = call.get("community/feed")["ETag"]
    make_post(alice)
    after = call.get("community/feed", If_None_Match=before)
    assert (after.status_code, after["ETag"] == before) == (200, False)


@pytest.mark.parametrize("route", THERE, ids=lambda route: route.replace("<uuid:id>", "id").replace("<slug:id>", "id"))
def test_no_cache_keeps_what_a_member_was_told(as_member, staff, route):
    path = route.replace("<uuid:id>", NOBODYS).replace("<slug:id>", "none")
    assert as_member(staff).get(path)["Cache-Control"] == "no-store"


def test_no_cache_keeps_tokens_passes_and_refusals(as_member, call, alice):
    caller = as_member(alice)
    answers = [
        call.post("users/register", NEW),
        call.post("users/login", {"username": "dana", "password": NEW["password"]}),
        call.post("users/login", {"username": "dana", "password": "wrong"}),
        caller.post("users/token/refresh", {"refresh": caller.refresh}),
        caller.post(f"drops/{make_drop().pk}/pass"),
        call.get("users/me"),
        call.get("nothing/here"),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 401, 200, 200, 401, 404]
    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}
    assert call.get("drops")["Cache-Control"] == "private, no-cache"


def test_every_401_says_how_to_sign_in(as_member, call, alice):
    drop, forged = make_drop(), {"X-Drop-Pass": "forged"}
    answers = [
        call.get("users/me"),
        call.post("users/login", {"username": "alice", "password": "wrong"}),
        call.post("users/token/refresh", {"refresh": "none"}),
        call.post("users/logout", {"refresh": "none"}),
        call.get("community/feed?following=1"),
        call.get("users/me", Authorization="Bearer none"),
        call.post(f"drops/{drop.pk}/reserve", {}, **forged),
        call.post(f"reservations/{drop.pk}/purchase", {}, **forged),
        call.post(f"drops/{drop.pk}/pass"),
    ]
    assert {(answer.status_code, answer["WWW-Authenticate"]) for answer in answers} == {(401, "Bearer")}


def test_a_store_that_closed_is_no_longer_in_the_list(call):
    store = make_store()
    before = call.get("stores")
    Store.objects.filter(pk=store.pk).update(active=False)
    assert call.get("stores", If_None_Match=before["ETag"]).json()["results"] == []


def test_a_limited_call_says_where_its_client_stands(as_member, alice, settings):
    settings.LIMITS = settings.LIMITS | {"post": {"member": "2/1h", "address": "50/1h"}}
    caller = as_member(alice)
    answers = [caller.post("community/posts", {"text": f"{number}"}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"member";q=2;w=3600, "address";q=50;w=3600'}
    left = [re.findall(r'"(\w+)";r=(\d+);t=(\d+)', answer["RateLimit"]) for answer in answers]
    assert [[(scope, number) for scope, number, _ in each] for each in left] == [
        [("member", "1"), ("address", "49")],
        [("member", "0"), ("address", "48")],
        [("member", "0"), ("address", "48")],
    ]
    assert 1790 <= int(left[0][0][2]) <= 1801
    assert int(answers[2]["Retry-After"]) <= int(left[2][0][2])
    assert "RateLimit" not in caller.get("community/feed").headers


def test_signing_in_says_where_it_stands_too(call, alice):
    answer = call.post("users/login", {"username": "alice", "password": "wrong"})
    assert (answer.status_code, answer["RateLimit-Policy"]) == (401, '"account";q=20;w=300, "address";q=60;w=60')
