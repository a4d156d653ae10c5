"""What comes in wrong goes out as a named 4xx, and in the form its reader wants."""

import io
import json

import pytest
from django.test import Client
from rest_framework.exceptions import ParseError

from dropshop.core.api.parsers import StrictJSONParser

pytestmark = [pytest.mark.urls("tests.dropshop.edge.endpoints")]
NUL = "\x00"


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


def test_ten_megabytes_are_refused_before_they_are_read(client):
    def never_read(*_):
        raise AssertionError("The body was read.")

    body = io.BytesIO(b"x")
    body.read = never_read
    answer = client.post("/api/v1/echo", content_type="application/json", CONTENT_LENGTH="10000000", **{"wsgi.input": body})
    assert (answer.status_code, answer.json()["code"], answer.json()["limit"]) == (413, "too_large", 1_048_576)


def test_a_body_of_exactly_the_limit_is_read(client, settings):
    settings.BODY_MAX = 1000
    assert client.post("/echo", b"x" * 1000, content_type="text/plain").json()["bytes"] == 1000
    assert client.post("/echo", b"x" * 1001, content_type="text/plain").status_code == 413


def test_a_large_body_on_a_page_is_refused_with_a_page(client):
    answer = client.post("/echo", b"x" * 2_000_000, content_type="text/plain")
    assert (answer.status_code, answer["Content-Type"]) == (413, "text/html; charset=utf-8")


def test_pictures_may_be_larger_but_only_in_the_admin_and_only_as_uploads(client, settings, db):
    settings.BODY_MAX, settings.UPLOAD_BODY_MAX = 1000, 10_000
    picture = {"image": io.BytesIO(b"x" * 5000)}
    assert client.post("/admin/drops/sneaker/add/", picture).status_code == 302  # to the sign-in
    picture = {"image": io.BytesIO(b"x" * 5000)}
    assert client.post("/echo", picture).status_code == 413
    assert client.post("/admin/login/", b"x" * 5000, content_type="text/plain").status_code == 413
    too_big = {"image": io.BytesIO(b"x" * 20_000)}
    assert client.post("/admin/drops/sneaker/add/", too_big).status_code == 413


@pytest.mark.parametrize("length", ["ten", "-1", "1e3", "²", "9" * 30])
def test_a_length_that_is_no_number_is_malformed(client, length):
    assert client.post("/echo", content_type="text/plain", CONTENT_LENGTH=length).status_code == 400


@pytest.mark.parametrize("prefix", ["/", "/api/v1/"])
def test_nul_in_path_query_or_cookie_is_a_400(client, prefix):
    assert client.get(f"{prefix}echo%00").status_code == 400
    assert client.get(f"{prefix}echo?q=a%00b").status_code == 400
    client.cookies["sessionid"] = "\x00" * 32
    assert client.get(f"{prefix}echo?q=1").status_code == 400


def test_nul_in_a_form_is_a_400(client):
    assert client.post("/echo", {"size": "9\x00"}).status_code == 400


def test_an_unknown_host_gets_a_400_without_a_database(client):
    page = client.get("/accounts/login/", headers={"Host": "evil.example"})
    assert (page.status_code, page["Content-Type"]) == (400, "text/html; charset=utf-8")
    api = client.get("/api/v1/echo", headers={"Host": "evil.example"})
    assert (api.status_code, api.json()["code"]) == (400, "invalid")


def test_too_many_form_fields_are_a_400(client, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    assert client.post("/echo", {f"f{number}": "x" for number in range(20)}).status_code == 400


def test_a_form_larger_than_django_reads_is_a_413(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert client.post("/echo", {"size": "x" * 200}).status_code == 413


def test_a_broken_multipart_body_is_a_400(client):
    answer = client.post("/echo", b"nonsense", content_type="multipart/form-data; boundary=")
    assert answer.status_code == 400


def parsed(text):
    return StrictJSONParser().parse(io.BytesIO(text.encode() if isinstance(text, str) else text), "application/json", {})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nonsense",
        '{"a": NaN}',
        '{"a": Infinity}',
        "[" * 100_000,
        b"\xff\xfe",
        json.dumps({"size": f"9{NUL}"}),
        json.dumps({f"size{NUL}": "9"}),
        json.dumps({"address": {"lines": ["a", [f"b{NUL}"]]}}),
        '{"name": "\\ud800"}',
        '{"n": ' + "9" * 5000 + "}",
    ],
)
def test_json_that_cannot_be_kept_is_refused(text):
    with pytest.raises(ParseError):
        parsed(text)


@pytest.mark.parametrize(
    "value", [None, 1, "Åse 👟 \\u0000 as it is typed", ["x"], {"a": {"b": [1, 2.5, True]}}, {"name": "名前"}]
)
def test_honest_json_passes(value):
    assert parsed(json.dumps(value)) == value


def test_a_bug_is_a_500_in_the_form_its_reader_wants(client):
    page, api = client.get("/broken"), client.get("/api/v1/broken")
    assert (page.status_code, page["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert (api.status_code, api.json()["code"]) == (500, "internal_error")
    assert b"ada@example.com" not in page.content + api.content


def test_a_database_that_is_away_is_a_503_and_not_a_sold_out(client):
    page, api = client.get("/databaseless"), client.get("/api/v1/databaseless")
    assert (page.status_code, page["Retry-After"]) == (503, "2")
    assert b"sold out" not in page.content.lower()
    assert (api.status_code, api.json()["code"], api["Retry-After"]) == (503, "busy", "2")


def test_a_number_that_no_column_can_hold_is_bad_input_even_where_nobody_checked_it(client):
    page, api = client.get("/absurd"), client.get("/api/v1/absurd")
    assert (page.status_code, api.status_code, api.json()["code"]) == (400, 400, "invalid")


def test_a_database_that_is_away_outside_of_views_is_a_503_too(client, monkeypatch):
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import OperationalError

    def away(self):
        raise OperationalError("connection refused")

    monkeypatch.setattr(SessionStore, "load", away)
    client.cookies["sessionid"] = "x" * 32
    assert client.get("/accounts/login/").status_code == 503
    answer = client.get("/api/v1/auth/browser/v1/auth/session")
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")


def test_an_unknown_api_address_is_a_problem_and_an_unknown_page_a_page(client, db):
    assert client.get("/api/v1/nothing").json()["code"] == "not_found"
    assert client.get("/nothing")["Content-Type"] == "text/html; charset=utf-8"
