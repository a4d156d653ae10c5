"""/healthz and /readyz."""

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client

from dropshop.core.clock import database_time
from dropshop.operating import health
from reservations.models import SweeperRun
from tests.harness.patience import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)  # each part is asked by a thread of its own


@pytest.fixture
def swept(db):
    """The sweeper ran just now."""
    SweeperRun.objects.update_or_create(pk=1, defaults={"at": database_time()})


def ready(client=None):
    answer = (client or Client()).get("/readyz")
    return answer.status_code, answer.json()["status"], {name: part["status"] for name, part in answer.json()["parts"].items()}


def test_healthz_needs_no_database_no_host_and_no_https(settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get("/healthz", headers={"Host": "10.1.2.3:8000"})
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert answer["Cache-Control"] == "no-store"


def test_ready_when_every_part_answers(swept, redis):
    assert ready() == (200, "ready", {"database": "ok", "redis": "ok", "sweeper": "ok"})


def test_without_redis_people_can_buy_so_it_is_only_degraded(swept, no_redis):
    assert ready() == (200, "degraded", {"database": "ok", "redis": "failed", "sweeper": "ok"})


def test_a_late_sweeper_is_named_with_its_seconds(db, redis):
    SweeperRun.objects.update_or_create(pk=1, defaults={"at": database_time() - timedelta(seconds=42)})
    assert ready() == (200, "degraded", {"database": "ok", "redis": "ok", "sweeper": "failed"})
    assert Client().get("/readyz").json()["parts"]["sweeper"]["reason"] == "last ran 42 seconds ago"


def test_a_sweeper_that_never_ran_is_named(db, redis):
    SweeperRun.objects.all().delete()
    assert Client().get("/readyz").json()["parts"]["sweeper"]["reason"] == "has never run"


def test_without_a_database_it_is_unavailable_and_says_no_more_than_that(monkeypatch, redis):
    def away():
        raise OperationalError('connection to server at "db.internal", user "shop" failed')

    monkeypatch.setattr(health, "database", away)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer["Retry-After"]) == (503, "unavailable", "2")
    assert answer.json()["parts"]["database"]["reason"] == "does not answer"
    assert b"internal" not in answer.content


def test_only_reading_is_answered(db):
    assert Client().post("/healthz").status_code == 404


@pytest.fixture
def frozen(monkeypatch):
    """The database and Redis take every question and never answer, until the test has ended."""
    thawed, asked = threading.Event(), []

    def silent():
        asked.append(threading.current_thread())
        thawed.wait(PATIENCE)

    for part in ("database", "queue_and_push", "sweeper"):
        monkeypatch.setattr(health, part, silent)
    yield asked
    thawed.set()
    for thread in asked:
        thread.join()


def test_parts_that_never_answer_are_told_within_a_second_by_three_threads_however_many_ask(frozen):
    began = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: Client().get("/readyz"), range(20)))
    assert time.monotonic() - began < health.PROBE_TIMEOUT * 10  # 20 one after the other would take 20
    assert [answer.status_code for answer in answers] == [503] * 20
    assert answers[0].json()["parts"]["redis"] == health.LATE
    assert len(frozen) == 3


async def test_the_event_loop_answers_by_itself_within_a_second(frozen):
    sent = []

    async def send(message):
        sent.append(message)

    await health.ready({}, None, send)
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"2") in sent[0]["headers"]
    assert b'"status": "unavailable"' in sent[1]["body"]


def test_a_part_is_asked_anew_once_it_has_answered(monkeypatch, swept, redis):
    asked = []
    monkeypatch.setattr(health, "database", lambda: asked.append(1))
    assert [ready()[1], ready()[1]] == ["ready", "ready"]
    assert len(asked) == 2


STRANGER, LAN, MACHINE = "203.0.113.9", "10.4.5.6", "127.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "peer", "headers", "is_told"),
    [
        pytest.param(0, MACHINE, {}, True, id="the machine itself"),
        pytest.param(0, "::1", {}, True, id="the machine itself by IPv6"),
        pytest.param(0, LAN, {}, True, id="a private network"),
        pytest.param(0, "fd12::7", {}, True, id="a private network by IPv6"),
        pytest.param(0, STRANGER, {}, False, id="a stranger"),
        pytest.param(0, "2001:db8::1", {}, False, id="a stranger by IPv6"),
        pytest.param(0, "100.64.0.7", {}, False, id="a telephone company's customer"),
        pytest.param(1, LAN, {"X-Forwarded-For": STRANGER}, False, id="a stranger behind our proxy"),
        pytest.param(1, LAN, {"X-Forwarded-For": f"{MACHINE}, {STRANGER}"}, False, id="a stranger who forges"),
        pytest.param(1, LAN, {}, True, id="a probe past our proxy"),
        pytest.param(0, MACHINE, {"X-Forwarded-For": STRANGER}, False, id="a proxy nobody named"),
        pytest.param(0, MACHINE, {"Forwarded": f"for={STRANGER}"}, False, id="a proxy nobody named, as RFC 7239 says"),
        pytest.param(0, STRANGER, {"Authorization": "Bearer let-me-read"}, True, id="a token"),
        pytest.param(0, STRANGER, {"Authorization": "Bearer"}, False, id="an empty token"),
        pytest.param(0, STRANGER, {"Authorization": "Bearer let-me"}, False, id="another token"),
    ],
)
@pytest.mark.usefixtures("swept", "redis")
def test_reasons_are_for_operators(settings, proxies, peer, headers, is_told):
    settings.DROPSHOP_PROXIES, settings.READYZ_TOKEN = proxies, "let-me-read"
    answer = Client(REMOTE_ADDR=peer).get("/readyz", headers=headers)
    assert (answer.status_code, set(answer.json())) == (200, {"status", "parts"} if is_told else {"status"})
    assert told_by_the_event_loop(peer, headers) == answer.json().keys()


def told_by_the_event_loop(peer, headers):
    sent = []

    async def send(message):
        sent.append(message)

    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/readyz", "client": (peer, 40000), "headers": pairs}
    asyncio.run(health.ready(scope, None, send))
    return json.loads(sent[1]["body"]).keys()


def test_without_a_token_an_empty_one_opens_nothing(settings, swept, redis):
    settings.READYZ_TOKEN = ""
    assert Client(REMOTE_ADDR=STRANGER).get("/readyz", headers={"Authorization": "Bearer "}).json() == {"status": "ready"}
