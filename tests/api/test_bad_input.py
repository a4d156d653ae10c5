"""Bad input is a named 4xx and changes nothing."""

import json
from base64 import b64encode
from urllib.parse import quote, urlencode

import pytest

from reservations.models import IdempotencyKey, Reservation
from tests.make import make_drop, make_event, make_store

pytestmark = pytest.mark.django_db
JSON, PROBLEM = "application/json", "application/problem+json"


def send(caller, method, path, raw, kind=JSON, **headers):
    return caller.client.generic(method, f"/api/v1/{path}", raw, kind, headers={**caller.headers, **headers})


@pytest.mark.parametrize(
    "raw",
    [
        b"{", b"", b"nonsense", b"NaN", b"\xff\xfe", b'{"size": NaN}', b"[" * 100_000, b'{"a":' * 50_000, b"1" * 5_000,
        b'{"size": "\\u0000"}', b'{"size": "\\ud800"}', b'{"\\u0000": 1}', b"[]", b'"text"', b"null", b"17",
        b'{"size": []}', b'{"size": {}}', b'{"size": true}', b'{"size": null}', b'{"size": 1e400}', b'{"size": ""}',
    ],
)  # fmt: skip
def test_a_body_that_makes_no_sense_is_a_named_400(as_member, alice, raw):
    drop = make_drop({"9": 1, "10": 1})
    answer = send(as_member(alice), "POST", f"drops/{drop.pk}/reserve", raw, **{"Idempotency-Key": "k"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == "invalid"
    assert Reservation.objects.count() == IdempotencyKey.objects.count() == 0


FORM = b'--x\r\nContent-Disposition: form-data; name="size"\r\n\r\n9\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("text/plain", b"size=9"),
        ("application/xml", b"<size/>"),
        ("application/x-www-form-urlencoded", b"size=9"),
        ("multipart/form-data; boundary=x", FORM),
        ("nonsense", b"x"),
    ],
)
def test_the_api_reads_json_alone(as_member, alice, kind, raw):
    answer = send(as_member(alice), "POST", f"drops/{make_drop().pk}/reserve", raw, kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_browser_cannot_send_the_api_a_form_either(call, alice):
    call.client.force_login(alice)
    call.client.cookies["csrftoken"] = "a" * 32
    sent = FORM.replace(b"size", b"csrfmiddlewaretoken").replace(b"9", b"a" * 32)
    answer = send(call, "POST", f"drops/{make_drop().pk}/reserve", sent, "multipart/form-data; boundary=x")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_beyond_any_honest_size_is_a_413(as_member, alice):
    answer = send(as_member(alice), "POST", "users/login", b'{"username": "' + b"x" * 10_000_000 + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "drops"), ("DELETE", "drops/x"), ("GET", "users/login"), ("TRACE", "drops/live")]
)
def test_a_method_that_is_not_there_is_a_405(as_member, staff, method, path):
    answer = as_member(staff)(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer["Allow"]


@pytest.mark.parametrize(
    "accept", ["text/html", "image/png", "nonsense", "application/xml;q=0.9, text/*", "application/json;q=0", "*/*;q=0"]
)
def test_what_the_api_does_not_speak_is_a_406(call, accept):
    answer = call.get("drops/live", Accept=accept)
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (406, PROBLEM, "not_acceptable")


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/*", "application/json", "application/problem+json", "text/html, application/xml;q=0.9, */*;q=0.1"],
)
def test_who_takes_json_gets_json(call, accept):
    assert call.get("drops/live", Accept=accept)["Content-Type"] == JSON


def test_a_sheet_is_for_who_takes_sheets(as_member, alice):
    caller = as_member(alice)
    assert caller.get("closet/export", Accept="text/csv").status_code == 200
    assert caller.get("closet/export", Accept="application/pdf").status_code == 406


@pytest.mark.parametrize(
    "query",
    [
        "page_size=99999999999999999999",
        "cursor=" + "A" * 3000,
        "cursor=%00",
        "search=%00",
        "cursor=bz0tMQ==",
        "cursor=cD3Dpw==",
    ],
)
def test_a_query_that_makes_no_sense_is_a_400(call, query):
    make_drop()
    answer = call.get(f"sneakers?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("key", ["x" * 201, "\x01", "é" * 300])
def test_an_unusable_key_is_a_400(as_member, alice, key):
    answer = as_member(alice).post(f"drops/{make_drop().pk}/reserve", Idempotency_Key=key)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"Idempotency-Key"})


def test_an_unknown_host_is_a_problem_too(call):
    answer = call.client.get("/api/v1/drops/live", headers={"Host": "evil.example"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_problem_has_the_members_of_its_rfc(call):
    answer = call.post("users/login", {})
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "errors"}
    assert (problem["type"], problem["status"]) == ("http://127.0.0.1:8000/api/docs/errors#invalid", 400)
    assert json.dumps(problem["errors"])


ODD = ("\0", "9" * 400, "-1", "1e400", "nan", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z")


@pytest.mark.parametrize("path", ["stores", "sneakers", "drops", "karma", "events", "events?near=52,13", "reservations"])
def test_a_cursor_to_an_odd_place_is_a_named_400_or_an_honest_page(as_member, alice, path):
    make_drop()
    make_store()
    make_event()
    caller, broken = as_member(alice), {}
    for position in ODD:
        cursor = quote(b64encode(urlencode({"p": position}).encode()).decode())
        answer = caller.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}")
        if answer.status_code != 200 and (answer.status_code, list(answer.json()["errors"])) != (400, ["cursor"]):
            broken[position] = answer.status_code
    assert broken == {}
