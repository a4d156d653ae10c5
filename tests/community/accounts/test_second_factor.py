"""Authenticators, recovery codes and passkeys, by form and by API."""

import json
import re
from importlib import import_module

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.apps import apps
from django.core.cache import cache
from django.test import Client

from community.accounts.second_factors import use_code
from community.models import Member
from dropshop.core.outbox.models import Email
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db
NAMED = {"username": "alice", "password": PASSWORD}
SIGN_IN = {"login": "alice", "password": PASSWORD}


@pytest.fixture(autouse=True)
def at_the_seventh_step(monkeypatch):
    """The thirty seconds do not pass meanwhile."""
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: iter([6, 7, 8]))


@pytest.fixture
def secret(alice):
    """Of Alice's authenticator."""
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    return secret


@pytest.fixture
def recovery_codes(alice, secret):
    """Alice's."""
    return RecoveryCodes.activate(alice).get_unused_codes()


def code_of(secret, counter=7):
    return format_hotp_value(hotp_value(secret, counter))


def signed_in(member):
    client = Client()
    client.post("/accounts/login/", {"login": member.get_username(), "password": PASSWORD})
    return client


def test_a_registration_that_is_sent_again_gives_no_tokens_to_a_member_who_has_a_second_factor(call):
    sent = {"username": "dana", "email": "dana@example.com", "password": PASSWORD}
    first = call.post("users/register", sent, Idempotency_Key="k1").json()
    TOTP.activate(Member.objects.get(username="dana"), generate_totp_secret())
    again = call.post("users/register", sent, Idempotency_Key="k1")
    assert (again.status_code, again.json()) == (201, {name: first[name] for name in ("id", "username", "email")})


def test_a_member_with_a_second_factor_needs_it_here_too(call, secret):
    for code in ({}, {"code": "000000"}, {"code": "x"}, {"code": "\u0661\u0662\u0663456"}):
        answer = call.post("users/login", NAMED | code)
        told = answer.json()
        assert (answer.status_code, told["code"], told["missing"]) == (403, "second_factor_required", ["second_factor"])
    code = code_of(secret)
    assert call.post("users/login", NAMED | {"code": f"{code[:3]} {code[3:]}"}).status_code == 200
    assert call.post("users/login", NAMED | {"code": code}).status_code == 403  # each code is good once


def test_a_wrong_password_says_nothing_of_a_second_factor(call, secret):
    answer = call.post("users/login", {"username": "alice", "password": "wrong", "code": code_of(secret)})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_a_code_is_good_once_in_all_processes_and_an_older_one_not_at_all(alice, secret):
    """allauth remembers used codes in a cache, which here no two processes share; as if each call were in another one."""
    for counter, wanted in ((7, True), (7, False), (6, False), (8, True), (8, False)):
        cache.clear()
        assert (use_code(alice, code_of(secret, counter)) is not None) is wanted


def test_a_recovery_code_signs_in_once_by_api_and_by_form(call, client, recovery_codes):
    assert call.post("users/login", NAMED | {"code": recovery_codes[0]}).status_code == 200
    assert call.post("users/login", NAMED | {"code": recovery_codes[0]}).status_code == 403
    assert client.post("/accounts/login/", SIGN_IN)["Location"] == "/accounts/2fa/authenticate/"
    assert client.post("/accounts/2fa/authenticate/", {"code": recovery_codes[0]}).status_code == 200
    assert client.get("/accounts/settings/").status_code == 302
    assert client.post("/accounts/2fa/authenticate/", {"code": recovery_codes[1]})["Location"] == "/"
    assert "8 of 10 recovery codes left" in client.get("/accounts/settings/").content.decode()


def test_a_code_by_e_mail_does_not_get_round_the_second_factor(secret, client, fresh_buckets):
    client.post("/accounts/login/code/", {"email": "alice@example.com"})
    (code,) = re.findall(r"\b[A-Z0-9]{3,}-?[A-Z0-9]{3,}\b", str(Email.objects.get(kind="account").context))
    assert client.post("/accounts/login/code/confirm/", {"code": code})["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/accounts/settings/").status_code == 302


def test_a_new_password_by_e_mail_does_not_get_round_the_second_factor(secret, client, fresh_buckets):
    client.post("/accounts/password/reset/", {"email": "alice@example.com"})
    (path,) = re.findall(r"/accounts/password/reset/key/[^\s\"'\\]+", str(Email.objects.get(kind="account").context))
    form = client.get(path)["Location"]
    new = "correct-donkey-battery"
    assert client.post(form, {"password1": new, "password2": new})["Location"] == "/accounts/password/reset/key/done/"
    assert client.get("/accounts/settings/").status_code == 302
    assert client.post("/accounts/login/", {**SIGN_IN, "password": new})["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/accounts/settings/").status_code == 302
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})["Location"] == "/"
    assert client.get("/accounts/settings/").status_code == 200


def test_what_codes_are_made_from_is_encrypted(alice, secret, recovery_codes):
    stored = {kept.type: kept.data for kept in Authenticator.objects.filter(user=alice)}
    assert secret not in json.dumps(stored)
    assert [":" in value for value in (stored["totp"]["secret"], stored["recovery_codes"]["seed"])] == [True, True]


def test_the_migration_encrypts_what_was_not_and_leaves_the_rest(alice, bob, secret):
    plain = generate_totp_secret()
    Authenticator.objects.create(user=bob, type="totp", data={"secret": plain})
    before = Authenticator.objects.get(user=alice).data
    import_module("community.migrations.0038_encrypt_second_factors").encrypt_secrets(apps, None)
    assert plain not in json.dumps(Authenticator.objects.get(user=bob).data)
    assert use_code(bob, code_of(plain)) is not None
    assert Authenticator.objects.get(user=alice).data == before


@pytest.mark.django_db(transaction=True)
def test_an_authenticator_is_set_up_and_its_recovery_codes_are_shown_once(alice, fresh_buckets):
    client, other = signed_in(alice), signed_in(alice)
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    assert (secret in page.content.decode(), "data:image/svg+xml;base64," in page.content.decode()) == (True, True)
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    shown, again = (client.get("/accounts/2fa/recovery-codes/").content.decode() for _ in range(2))
    codes = RecoveryCodes(Authenticator.objects.get(user=alice, type="recovery_codes")).get_unused_codes()
    assert [code in shown for code in codes] == [True] * 10
    assert [code in again for code in codes] == [False] * 10
    assert f"data:text/plain;charset=utf-8,{codes[0]}%0A" in shown
    assert client.get("/accounts/2fa/recovery-codes/download/").status_code == 403
    assert other.get("/accounts/settings/").status_code == 302  # it was opened by a password alone


def test_turning_one_off_or_adding_another_ends_no_sign_in(alice, recovery_codes, fresh_buckets):
    clients = []
    for code in recovery_codes[:2]:
        client = signed_in(alice)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        clients.append(client)
    assert clients[0].post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert [client.get("/accounts/settings/").status_code for client in clients] == [200, 200]
    assert not Authenticator.objects.filter(user=alice).exists()
