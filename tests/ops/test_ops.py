"""/healthz and /readyz."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from drops.clock import database_time
from reservations.models import SweeperRun


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
    from django.db import OperationalError

    def away():
        raise OperationalError('connection to server at "db.internal", user "shop" failed')

    monkeypatch.setattr(connection, "cursor", away)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer["Retry-After"]) == (503, "unavailable", "2")
    assert answer.json()["parts"]["database"]["reason"] == "does not answer"
    assert b"internal" not in answer.content


def test_only_reading_is_answered(db):
    assert Client().post("/healthz").status_code == 404
