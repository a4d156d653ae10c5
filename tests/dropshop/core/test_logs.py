"""What a log line says, and what it never says."""

import asyncio
import io
import json
import logging
import sys

import pytest
import structlog
from django.conf import settings as shop
from django.test import Client

from dropshop.core import access_log
from dropshop.core.logs import configure
from dropshop.core.redaction import clean, redact
from dropshop.edge.bodies import TooSlow
from dropshop.edge.refusals import Refusals
from dropshop.wsgi import shop as shop_application

pytestmark = pytest.mark.urls("tests.dropshop.edge.endpoints")
log = logging.getLogger("reservations.holds.reserve")


@pytest.fixture
def lines(monkeypatch):
    """What has been logged since, as JSON."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure({"level": "INFO", "form": "json"})
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    monkeypatch.undo()
    configure(shop.LOGGING)


def finished(lines):
    return [line for line in lines() if line["event"] == "request_finished"]


def test_a_request_is_one_line_with_its_id_its_client_and_its_member(lines, redis, alice, sign_in):
    answer = sign_in(alice).post("/reserve?q=a-secret-search", headers={"X-Forwarded-For": "203.0.113.9"})
    (line,) = finished(lines)
    line.pop("timestamp")
    assert line == {
        "event": "request_finished",
        "level": "info",
        "logger": "django_structlog.middlewares.request",
        "request": "POST /reserve",
        "code": 200,
        "client": "127.0.0.1",
        "member": str(alice.pk),
        "request_id": answer["X-Request-ID"],
    }


def test_a_request_that_never_asks_who_it_is_does_not_ask_the_database_for_the_log(lines, alice, sign_in):
    client = sign_in(alice)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        client.get("/healthz")
        client.get("/api/v1/address")
    assert [query["sql"] for query in queries if "community_member" in query["sql"]] == []


@pytest.mark.parametrize(
    ("sent", "taken"), [("trace-0123456789abcdef", True), ("short", False), ("x" * 200, False), ('a b\tc"d{}', False)]
)
def test_a_sensible_request_id_is_taken_over_and_anything_else_is_replaced(lines, sent, taken):
    answer = Client().get("/echo", headers={"X-Request-ID": sent})
    assert (answer["X-Request-ID"] == sent) == taken
    assert finished(lines)[0]["request_id"] == answer["X-Request-ID"]


def test_a_bug_is_logged_once_with_its_traceback_and_without_the_people_in_it(lines):
    answer = Client(raise_request_exception=False).get("/broken")
    (line,) = [line for line in lines() if line["level"] == "error"]
    assert line["request_id"] == answer["X-Request-ID"]
    assert "ZeroDivisionError" in line["exception"]
    assert "ada@example.com" not in json.dumps(line)


def test_a_refusal_of_the_server_itself_is_one_line_with_the_path_that_was_asked_for(lines):
    scope = {"method": "POST", "path": "/api/v1/users/login", "headers": [], "client": ("203.0.113.9", 5)}

    async def client(message):
        """Takes everything."""

    async def refused():
        refusals = Refusals(shop_application)
        for _ in range(2):  # the first is made, the second is told from memory
            await refusals.send(scope, TooSlow(), client)
            access_log.flush()

    asyncio.run(refused())
    told = [(line["request"], line["code"], line["client"], line["outcome"]) for line in finished(lines)]
    assert told == [("POST /api/v1/users/login", 408, "203.0.113.9", "too_slow")] * 2


def test_a_database_that_is_away_is_a_warning_and_not_a_bug(lines):
    Client(raise_request_exception=False).get("/databaseless")
    assert [line["level"] for line in lines() if line["event"] != "request_finished"] == ["warning"]
    assert [line["code"] for line in finished(lines)] == [503]


def test_probes_and_static_files_leave_no_line_when_they_end_well(lines, db):
    client = Client()
    client.get("/healthz")
    assert finished(lines) == []
    client.get("/static/nothing.css")
    assert [line["code"] for line in finished(lines)] == [404]


def test_one_time_keys_in_a_path_are_not_logged(lines, db):
    Client().get("/accounts/password/reset/key/3-c1x2y3-0123456789/")
    Client().get("/accounts/confirm-email/MzE:1abc:signature/")
    assert [line["request"] for line in finished(lines)] == [
        "GET /accounts/password/reset/key/…/",
        "GET /accounts/confirm-email/…/",
    ]


def test_a_sign_in_that_fails_logs_neither_name_nor_password(lines, redis, db):
    Client().post("/accounts/login/", {"login": "ada.lovelace@example.com", "password": "correct-horse"})
    text = json.dumps(lines(), ensure_ascii=False)
    assert "request_finished" in text
    assert "ada" not in text
    assert "correct-horse" not in text


@pytest.mark.parametrize(
    "key",
    [
        "password", "new_password1", "token", "access", "refresh", "Authorization", "sessionid", "cookie", "email", "e-mail",
        "address", "shipping_address", "street", "zip_code", "phone", "phone_number", "name", "first_name", "username",
        "payment_method", "card", "card_number", "cvc", "secret", "SECRET_KEY", "x-drop-pass", "pass", "Idempotency-Key",
    ],
)  # fmt: skip
def test_values_of_known_keys_are_hidden_at_any_depth(key):
    event = {"event": "bought", key: "canary", "facts": [{"deep": {key: "canary"}}]}
    assert "canary" not in json.dumps(redact(None, "info", event))


@pytest.mark.parametrize("key", ["event", "drop", "size", "code", "request_id", "member", "client", "task", "logger", "status"])
def test_what_operators_need_stays(key):
    assert redact(None, "info", {key: "value"}) == {key: "value"}


@pytest.mark.parametrize(
    "text",
    [
        "mail to canary@example.com failed",
        "duplicate key value\nDETAIL:  Key (email)=(canary) already exists.",
        "Authorization: Bearer canary.canary.canary",
        "redis://:canary@127.0.0.1:6379/0",
        "postgresql://shop:canary@db/shop",
        "GET /accounts/password/reset/key/canary/",
    ],
)
def test_people_and_secrets_inside_a_text_are_hidden(text):
    assert "canary" not in clean(text)


def test_an_exception_is_logged_without_the_row_the_database_quotes(lines, db):
    from django.db import IntegrityError, transaction

    from tests.make import make_member

    email = f"can{'ary'}@example.com"
    make_member("one", email=email)
    try:
        with transaction.atomic():
            make_member("other", email=email)
    except IntegrityError:
        log.exception("it did not work for %s", email)
    (line,) = lines()
    assert "IntegrityError" in line["exception"]
    assert "canary" not in json.dumps(line)


def test_on_a_terminal_a_line_is_for_people(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure({"level": "INFO", "form": "console"})
    try:
        raise ValueError("for canary@example.com")
    except ValueError:
        log.exception("it broke")
    monkeypatch.undo()
    configure(shop.LOGGING)
    assert "it broke" in stream.getvalue()
    assert "ValueError" in stream.getvalue()
    assert "canary" not in stream.getvalue()


def test_a_task_carries_on_the_request_that_started_it():
    from celery.signals import before_task_publish

    headers = {}
    with structlog.contextvars.bound_contextvars(request_id="trace-0123456789", client="203.0.113.7"):
        before_task_publish.send(sender="reservations.tasks.settle_payments", headers=headers, body=([], {}, {}))
    carried = headers["__django_structlog__"]
    assert (carried["request_id"], carried["client"]) == ("trace-0123456789", "203.0.113.7")
