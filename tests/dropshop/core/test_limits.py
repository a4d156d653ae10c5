"""The doors: who is counted, by what, and what they are told."""

import json

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from dropshop.core.errors import Busy, RateLimited
from dropshop.core.limits import account_key, limit

pytestmark = pytest.mark.urls("tests.dropshop.edge.endpoints")
RESERVES = {"reserve": {"member": "3/1d", "address": "5/1d"}}
SIGNS_IN = {"sign-in": {"account": "3/1d", "address": "8/1d"}}


def ask(settings, member, times, name="reserve"):
    """How many of these were let through."""
    request = RequestFactory().post("/")
    request.user = member
    through = 0
    for _ in range(times):
        try:
            limit(name, request)
        except RateLimited:
            continue
        through += 1
    return through


def test_a_members_own_limit_does_not_drain_the_address_they_share(settings, redis, alice, bob, charlie):
    settings.LIMITS = RESERVES
    assert ask(settings, alice, 50) == 3
    assert ask(settings, bob, 50) == 2  # the address had two left, in spite of alice's 47 refusals
    assert ask(settings, charlie, 50) == 0


def test_strangers_do_not_drain_the_address_of_the_members(settings, redis, alice):
    settings.LIMITS = RESERVES
    assert ask(settings, AnonymousUser(), 50) == 50  # the view refuses them
    assert ask(settings, alice, 50) == 3


def test_a_refusal_names_the_seconds_to_wait(settings, redis, alice, sign_in):
    settings.LIMITS = {"reserve": {"member": "1/1h"}}
    client = sign_in(alice)
    assert client.post("/reserve").status_code == 200
    page = client.post("/reserve")
    assert (page.status_code, page["Content-Type"]) == (429, "text/html; charset=utf-8")
    assert 3590 <= int(page["Retry-After"]) <= 3600
    api = client.post("/api/v1/reserve")
    assert (api.status_code, api["Content-Type"], api.json()["code"]) == (429, "application/problem+json", "rate_limited")
    assert 3590 <= int(api["Retry-After"]) <= 3600
    assert client.get("/reserve").status_code == 200  # looking is free


def test_without_redis_people_can_buy(settings, no_redis, alice, sign_in):
    settings.LIMITS = {"reserve": {"member": "1/1h"}}
    client = sign_in(alice)
    assert [client.post("/reserve").status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize("name", ["sign-in", "sign-up", "password-reset"])
def test_without_redis_nobody_guesses_passwords(settings, no_redis, name):
    with pytest.raises(Busy) as refused:
        limit(name, RequestFactory().post("/"), account="alice")
    assert refused.value.retry_after == 2


def test_a_sign_in_without_redis_is_a_503_page_that_says_try_again(settings, no_redis, alice):
    answer = Client().post("/accounts/login/", {"login": "alice", "password": "x"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert b"sold out" not in answer.content.lower()


def sign_in_as(client, login, **extra):
    return client.post("/accounts/login/", {"login": login, "password": "wrong"}, **extra).status_code


def test_guessing_at_one_account_stops_in_every_spelling(settings, redis, alice):
    settings.LIMITS = SIGNS_IN
    client = Client()
    spellings = ["alice", "ALICE", " alice ", "ａｌｉｃｅ", "Alice"]
    assert [sign_in_as(client, login) for login in spellings] == [200, 200, 200, 429, 429]
    assert sign_in_as(client, "bob") == 200


def test_guessing_at_many_accounts_stops_at_the_address(settings, redis, alice):
    settings.LIMITS = SIGNS_IN
    client = Client()
    assert [sign_in_as(client, f"member{number}") for number in range(10)] == [200] * 8 + [429] * 2


def test_guessing_through_the_admin_counts_as_signing_in(settings, redis, staff):
    settings.LIMITS = SIGNS_IN
    client = Client()
    codes = [client.post("/admin/login/", {"username": "staff", "password": "x"}).status_code for _ in range(5)]
    assert codes[3:] == [429, 429]
    assert 429 not in codes[:3]


def test_37_a_forged_forwarded_header_lands_in_the_same_bucket(settings, redis, alice):
    settings.LIMITS = {"sign-in": {"address": "4/1d"}}
    client = Client()
    codes = [sign_in_as(client, f"m{n}", headers={"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(8)]
    assert codes == [200] * 4 + [429] * 4


def test_the_headless_door_counts_the_same_account_whatever_field_names_it(settings, redis, alice):
    settings.LIMITS = SIGNS_IN
    client = Client()

    def guess(**fields):
        body = json.dumps({**fields, "password": "wrong"})
        return client.post("/api/v1/auth/app/v1/auth/login", body, content_type="application/json").status_code

    assert [guess(username="alice") for _ in range(3)] == [400] * 3
    assert guess(username="alice") == 429
    assert guess(username="someone-else", email="alice") == 429
    assert sign_in_as(client, "alice") == 429


def test_sign_up_is_limited_by_address_and_by_email(settings, redis, db):
    settings.LIMITS = {"sign-up": {"account": "2/1d", "address": "3/1d"}}
    client = Client()

    def sign_up(email):
        return client.post("/accounts/signup/", {"email": email, "username": "", "password1": "x"}).status_code

    assert [sign_up("ada@example.com") for _ in range(3)] == [200, 200, 429]
    assert [sign_up(f"m{number}@example.com") for number in range(3)] == [200, 429, 429]


def test_a_password_reset_is_limited_by_the_account_it_is_for(settings, redis, db):
    settings.LIMITS = {"password-reset": {"account": "2/1d", "address": "50/1d"}}
    client = Client()
    codes = [client.post("/accounts/password/reset/", {"email": "ada@example.com"}).status_code for _ in range(4)]
    assert codes == [302, 302, 429, 429]


def test_redis_holds_no_names_and_no_emails(settings, redis, db):
    Client().post("/accounts/login/", {"login": "ada.lovelace@example.com", "password": "x"})
    keys = [key.decode() for key in redis.keys("*")]
    assert len([key for key in keys if key.startswith("limits:sign-in:account:")]) == 1
    assert not [key for key in keys if "ada" in key]


def test_keys_of_accounts_depend_on_the_secret(settings):
    before = account_key("alice")
    assert before == account_key(" ALICE ")
    settings.SECRET_KEY = "another"
    assert account_key("alice") != before
