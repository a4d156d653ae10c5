"""What would grow for ever is forgotten, in batches, and nothing else is."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from community.accounts import tokens
from community.models import Sighting
from dropshop.core import pruning
from dropshop.core.clock import database_time
from dropshop.core.retention import rules
from reservations.models import IdempotencyKey
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_batches(monkeypatch):
    """Two rows to a batch and to a look, so that a few rows need several."""
    monkeypatch.setattr(pruning, "BATCH_ROWS", 2)
    monkeypatch.setattr(pruning, "STEP_ROWS", 2)


def make_session(key, *, ends_in):
    return Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(hours=ends_in))


def make_sign_in(member, key):
    return UserSession.objects.create(user=member, session_key=key, ip="192.0.2.1", user_agent="")


@pytest.mark.usefixtures("small_batches")
def test_an_answer_is_kept_for_its_hours_and_then_forgotten(settings, alice):
    settings.IDEMPOTENCY_HOURS = 24
    now = database_time()
    for number in range(8):
        age = timedelta(hours=20.5 + number)
        IdempotencyKey.objects.create(member=alice, key=f"key {number}", fingerprint="", created_at=now - age)
    assert rules["idempotency keys"].enforce() == 4
    assert list(IdempotencyKey.objects.order_by("pk").values_list("key", flat=True)) == [f"key {n}" for n in range(4)]


@pytest.mark.usefixtures("small_batches")
def test_a_sign_in_is_forgotten_with_its_session_and_no_other(alice):
    for number in range(5):
        make_session(f"ended{number}", ends_in=-1)
        make_sign_in(alice, f"ended{number}")
        make_session(f"stands{number}", ends_in=1)
        make_sign_in(alice, f"stands{number}")
    make_sign_in(alice, "signed out")
    assert rules["sessions"].enforce() == 11
    stands = [f"stands{number}" for number in range(5)]
    assert list(Session.objects.order_by("session_key").values_list("session_key", flat=True)) == stands
    assert list(UserSession.objects.order_by("session_key").values_list("session_key", flat=True)) == stands


@pytest.mark.usefixtures("small_batches")
def test_a_sighting_is_forgotten_after_a_month(alice):
    for days in (0, 29, 31, 32, 33):
        last_at = database_time() - timedelta(days=days)
        Sighting.objects.create(member=alice, kind="device", mark=str(days), last_at=last_at)
    assert rules["sightings"].enforce() == 3
    assert sorted(Sighting.objects.values_list("mark", flat=True)) == ["0", "29"]


def by_page(client):
    return client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})


def by_api(client):
    return client.post("/api/v1/users/login", {"username": "alice", "password": PASSWORD}, "application/json")


@pytest.mark.parametrize("sign_in_by", [by_page, by_api])
def test_whoever_signs_in_again_and_again_has_no_more_than_so_many_sessions(settings, alice, bob, sign_in_by):
    settings.SIGN_INS_PER_MEMBER = 3
    settings.LIMITS = {"sign-in": {"address": "1000/1s"}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    alice.set_password(PASSWORD)
    alice.save()
    tokens.issue(bob, request=Client().get("/").wsgi_request)
    assert [sign_in_by(Client()).status_code // 100 for _ in range(5)] in ([2] * 5, [3] * 5)
    assert UserSession.objects.filter(user=alice).count() == 3
    assert Session.objects.count() == 4
    assert UserSession.objects.filter(user=bob).count() == 1
