"""What the desk answers without Django has the headers, and leaves the line in the log, of every other answer."""

import asyncio
import json
import re
from typing import Any

import pytest

from dropshop.machine.processes import wait_until
from tests.harness.patience import PATIENCE
from tests.harness.shoppers import Shopper, client, sign_in_all
from tests.harness.shoppers import tickets as passes_of
from tests.make import ADDRESS, make_drop, make_members, make_purchase, make_reservation
from tests.races.conftest import FRIENDS

OWN = {"date", "content-length", "x-request-id"}  # of each answer by itself
PAY = {"address": ADDRESS, "payment_method": "test_ok"}
ORIGIN = {"Origin": FRIENDS, "X_Request_ID": "trace-0123456789"}


def ask_each(shop, asked):
    """The answers to these (path, body, headers), one after the other."""

    async def run():
        async with client() as http:
            visitor = Shopper(http, shop.urls[0], {})
            return [await visitor.post(path, body, **headers) for path, body, headers in asked]

    return asyncio.run(run())


def headers_of(answer: Any) -> dict[str, str]:
    """The headers, without what is this answer's alone: the id in `Location`, how much is left of which limit."""
    found = {name: value for name, value in answer.headers.items() if name not in OWN}
    found |= {
        name: re.sub(r"[0-9a-f-]{36}|(?<=[rt]=)\d+", "", found[name]) for name in ("location", "ratelimit") if name in found
    }
    return found


def lines_of(shop, *paths):
    """The lines in the log of requests to these paths, in their order."""

    def found():
        lines = [json.loads(line) for line in (shop.logs / "web1.log").read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if any(line.get("request") == f"POST /api/v1/{path}" for path in paths)]

    wait_until(lambda: len(found()) >= len(paths), seconds=PATIENCE)
    return found()


@pytest.fixture
def two(shop):
    """A drop, two members and their passes for it."""
    drop, members = make_drop({"8": 1, "9": 2, "10": 1}), make_members(2)
    make_purchase(make_members(1)[0], drop, "10")
    return drop, members, passes_of(members, [drop] * 2, sign_in_all(members))


BODIES: dict[str, tuple[int, dict[str, Any]]] = {
    "a hold": (201, {"size": "9"}),
    "the hold again": (200, {"size": "9"}),
    "no such size": (400, {"size": "77"}),
    "an unknown field": (400, {"size": "9", "colour": 1}),
}


def test_every_answer_of_the_desk_has_the_headers_and_the_line_of_the_views(shop, two):
    drop, members, texts = two
    for status, body in BODIES.values():
        desk, view = (
            ask_each(shop, [(f"drops/{ref}/reserve", body, {"X_Drop_Pass": text, **ORIGIN})])[0]
            for ref, text in ((drop.pk, texts[0]), (drop.slug, texts[1]))
        )
        assert (desk.status_code, view.status_code) == (status, status)
        assert headers_of(desk) == headers_of(view)
        assert desk.headers["x-request-id"] == "trace-0123456789"
        assert desk.headers["access-control-allow-origin"] == FRIENDS
        assert ("location" in desk.headers) == (status == 201)
    desk_lines, view_lines = lines_of(shop, f"drops/{drop.pk}/reserve"), lines_of(shop, f"drops/{drop.slug}/reserve")
    assert len(desk_lines) == len(view_lines) == len(BODIES)
    for desk, view in zip(desk_lines, view_lines, strict=True):
        assert desk.keys() == view.keys()
        assert {**desk, "request": "", "member": "", "timestamp": ""} == {**view, "request": "", "member": "", "timestamp": ""}
        assert desk["member"] == str(members[0].pk)
    assert [line.get("outcome") for line in desk_lines] == [None, None, "invalid", "invalid"]


@pytest.mark.parametrize("again", [False, True], ids=["from the database", "from memory"])
def test_who_lost_at_the_desk_is_told_and_logged_as_at_the_view(shop, again):
    drop, members = make_drop(1), make_members(3)
    make_purchase(members[2], drop)
    texts = passes_of(members[:2], [drop] * 2, sign_in_all(members[:2]))
    lost = [(f"drops/{drop.pk}/reserve", {}, {"X_Drop_Pass": texts[0]})]
    viewed = [(f"drops/{drop.slug}/reserve", {}, {"X_Drop_Pass": texts[1]})]
    *_, desk = ask_each(shop, [(f"drops/{drop.pk}/reserve", {}, {"X_Drop_Pass": texts[1]})] * again + lost)
    (view,) = ask_each(shop, viewed)
    assert (desk.json()["code"], view.json()["code"]) == ("sold_out", "sold_out")
    assert headers_of(desk) == headers_of(view)
    assert {"ratelimit", "ratelimit-policy"} <= set(desk.headers)
    *_, line = lines_of(shop, *[f"drops/{drop.pk}/reserve"] * (1 + again))
    assert (line["outcome"], line["code"], line["member"], line["request_id"]) == (
        "sold_out", 409, str(members[0].pk), desk.headers["x-request-id"],
    )  # fmt: skip


def test_a_refused_pass_says_how_to_sign_in_and_is_logged(shop, two):
    drop, _, _ = two
    desk, view = ask_each(
        shop, [(f"drops/{ref}/reserve", {}, {"X_Drop_Pass": "forged", **ORIGIN}) for ref in (drop.pk, drop.slug)]
    )
    assert (desk.status_code, desk.headers["www-authenticate"]) == (401, "Bearer")
    assert headers_of(desk) == headers_of(view)
    (line,) = lines_of(shop, f"drops/{drop.pk}/reserve")
    assert (line["outcome"], "member" in line) == ("not_authenticated", False)


def test_buying_at_the_desk_has_the_headers_and_the_line_of_the_view(shop, two):
    drop, members, texts = two
    holds = [make_reservation(member, drop, size) for member, size in zip(members, ("8", "9"), strict=True)]
    paths = [f"reservations/{hold.pk}/purchase" for hold in holds]
    asked = [
        (paths[0], PAY, {"X_Drop_Pass": texts[0], **ORIGIN}),
        (paths[1], PAY, {"X_Drop_Pass": texts[1], "Idempotency_Key": "view", **ORIGIN}),
    ]
    desk, view = ask_each(shop, asked)
    assert (desk.status_code, view.status_code) == (201, 201)
    assert headers_of(desk) == headers_of(view)
    (desk_line,), (view_line,) = lines_of(shop, paths[0]), lines_of(shop, paths[1])
    assert desk_line.keys() == view_line.keys()
    assert (desk_line["code"], desk_line["member"]) == (201, str(members[0].pk))


def test_a_slow_bank_is_one_line_with_what_came_of_it(shop, two):
    drop, members, texts = two
    hold = make_reservation(members[0], drop, "9")
    path = f"reservations/{hold.pk}/purchase"
    body = PAY | {"payment_method": "test_slow"}
    (answer,) = ask_each(shop, [(path, body, {"X_Drop_Pass": texts[0], "Idempotency_Key": "slow"})])
    (line,) = lines_of(shop, path)
    assert (answer.status_code, line["code"], line["request_id"]) == (201, 201, answer.headers["x-request-id"])
    assert answer.headers["location"].startswith("/api/v1/purchases/")
    assert answer.headers["content-security-policy"]


@pytest.mark.parametrize("odd", [{"Accept": "text/html"}, {"Host": "evil.example"}], ids=["what is not spoken", "another host"])
def test_what_django_would_refuse_is_refused_with_a_pass_too(shop, two, odd):
    drop, _, texts = two
    path = f"drops/{drop.pk}/reserve"
    desk, view = ask_each(shop, [(path, {}, {"X_Drop_Pass": texts[0], **odd}), (f"drops/{drop.slug}/reserve", {}, odd)])
    assert (desk.status_code, desk.json()["code"]) == (view.status_code, view.json()["code"])
    assert desk.status_code in (400, 406)
    (unknown,) = ask_each(shop, [(f"{path}?colour=red", {"size": "9"}, {"X_Drop_Pass": texts[0]})])
    assert (unknown.status_code, set(unknown.json()["errors"])) == (400, {"colour"})
    assert drop.reservations.filter(status="active").count() == 0
