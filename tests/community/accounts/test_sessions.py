"""Where a member is signed in: listed by names, ended one by one, or all but one."""

import time

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client

from community.accounts import sessions
from community.accounts.device_names import UNKNOWN, device_named
from dropshop.core.settings_page import address_of
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1"
)
NEW = "another-good-password-7"
NAMES = [
    (CHROME, "Chrome on Linux"),
    (SAFARI, "Safari on iPhone"),
    (CHROME.replace("X11; Linux x86_64", "Windows NT 10.0; Win64; x64"), "Chrome on Windows"),
    (f"{CHROME.replace('X11; Linux x86_64', 'Windows NT 10.0')} Edg/131.0", "Edge on Windows"),
    (CHROME.replace("X11; Linux x86_64", "Macintosh; Intel Mac OS X 10_15_7"), "Chrome on Mac"),
    (CHROME.replace("X11; Linux x86_64", "Linux; Android 10; K"), "Chrome on Android"),
    ("Mozilla/5.0 (Android 15; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", "Firefox on Android"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605 CriOS/131.0 Safari/604.1", "Chrome on iPhone"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Windows"),
    ("Mozilla/5.0 (X11; CrOS x86_64 14541) Chrome/131.0 Safari/537.36", "Chrome on ChromeOS"),
    ("Mozilla/5.0 (Something; Linux) Gecko", "A browser on Linux"),
    ("curl/8.5", UNKNOWN),
    ("", UNKNOWN),
    ("<script>alert(1)</script>", UNKNOWN),
]


@pytest.fixture
def browsers(alice, fresh_buckets):
    """Alice in two browsers, signed in by her password."""
    found = []
    for user_agent in (CHROME, SAFARI):
        client = Client(headers={"User-Agent": user_agent})
        assert client.post("/accounts/login/", {"login": "alice", "password": PASSWORD}).status_code == 302
        found.append(client)
    return found


def is_in(client):
    return client.get("/accounts/settings/").status_code == 200


def is_let_in(call, tokens):
    return call.get("users/me", authorization=f"Bearer {tokens['access']}").status_code == 200


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_a_device_has_a_name_and_never_its_user_agent(number):
    user_agent, name = NAMES[number]
    assert device_named(user_agent).name == name


def test_the_settings_name_every_place_and_mark_this_one(alice, browsers, call):
    call.post("users/login", {"username": "alice", "password": PASSWORD})
    page = browsers[1].get("/accounts/settings/").content.decode()
    current = browsers[1].session.session_key
    shown = [(place.name, place.is_current) for place in sessions.of_member(alice, current=current)]
    assert shown[0] == ("Safari on iPhone", True)
    assert sorted(shown[1:]) == [("A program with a token", False), ("Chrome on Linux", False)]
    assert ("Mozilla" in page, page.count("this device · now")) == (False, 1)


def test_signing_out_everywhere_else_ends_browsers_and_programs_and_leaves_this_one(browsers, call):
    tokens = call.post("users/login", {"username": "alice", "password": PASSWORD}).json()
    assert is_let_in(call, tokens)
    answer = browsers[0].post("/accounts/sessions/")
    assert (answer.status_code, answer["Location"]) == (303, address_of("security"))
    assert [is_in(client) for client in browsers] == [True, False]
    assert is_let_in(call, tokens) is False
    assert call.post("users/token/refresh", {"refresh": tokens["refresh"]}).status_code == 401
    assert [*UserSession.objects.values_list("session_key", flat=True)] == [browsers[0].session.session_key]


def test_one_sign_in_is_ended_by_its_owner_alone(alice, bob, browsers, sign_in):
    (there,) = [place for place in sessions.of_member(alice, current="") if place.name == "Safari on iPhone"]
    assert sign_in(bob).post(f"/accounts/sessions/{there.pk}/end/").status_code == 404
    assert [is_in(client) for client in browsers] == [True, True]
    assert browsers[0].post(f"/accounts/sessions/{there.pk}/end/").status_code == 303
    assert [is_in(client) for client in browsers] == [True, False]
    assert browsers[0].post(f"/accounts/sessions/{there.pk}/end/").status_code == 404


def test_a_new_password_ends_every_other_sign_in_programs_too(alice, browsers, call):
    tokens = call.post("users/login", {"username": "alice", "password": PASSWORD}).json()
    changed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert browsers[0].post("/accounts/password/change/", changed).status_code == 302
    assert [is_in(client) for client in browsers] == [True, False]
    assert is_let_in(call, tokens) is False
    current = browsers[0].session.session_key
    assert [place.is_current for place in sessions.of_member(alice, current=current)] == [True]


def test_a_session_that_has_run_out_is_not_listed(alice, browsers):
    Session.objects.filter(pk=browsers[1].session.session_key).update(expire_date="2020-01-01T00:00Z")
    assert [place.name for place in sessions.of_member(alice, current="")] == ["Chrome on Linux"]


def test_a_session_is_written_down_as_seen_once_an_hour(browsers, django_assert_num_queries):
    key = browsers[0].session.session_key
    UserSession.objects.filter(session_key=key).update(last_seen_at="2020-01-01T00:00Z")
    sessions._written.pop(key, None)
    with django_assert_num_queries(1):
        sessions.saw(key, known_at=time.time() - 3500)
        sessions.saw(key, known_at=0)
        sessions.saw(key, known_at=0)
    assert UserSession.objects.get(session_key=key).last_seen_at.year > 2020
