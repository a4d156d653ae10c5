"""Passwords are hashed one at a time, wherever they are hashed, and few wait for it: acceptance 69 at its root."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher
from django.db import connection
from django.urls import get_resolver, reverse

from dropshop import asgi
from dropshop.core import passwords
from dropshop.core.errors import RateLimited
from dropshop.core.passwords import Argon2Hasher, Gate, PBKDF2Hasher
from dropshop.machine.processes import wait_until
from tests.harness.patience import PATIENCE
from tests.make import PASSWORD, make_member

pytestmark = pytest.mark.usefixtures("real_passwords")


class Slow:
    """Hashing that takes until it is told to end; knows how many were at work at once."""

    def __init__(self):
        self.at_work, self.most, self.started, self.may_end = 0, 0, Event(), Event()

    def __call__(self):
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        self.started.set()
        assert self.may_end.wait(PATIENCE)
        self.at_work -= 1
        return "hash"


def test_69_one_is_hashed_at_a_time_few_wait_and_the_others_are_told_when_to_come_back():
    gate, slow = Gate(waiting=4), Slow()
    with ThreadPoolExecutor(5) as threads:
        inside = [threads.submit(gate.run, slow) for _ in range(5)]
        assert slow.started.wait(PATIENCE)
        assert wait_until(lambda: gate._inside == 5, PATIENCE)
        with pytest.raises(RateLimited) as refused:
            gate.run(slow)
        slow.may_end.set()
        assert [each.result(PATIENCE) for each in inside] == ["hash"] * 5
    assert (slow.most, refused.value.retry_after) == (1, 2)
    assert gate.run(lambda: "again") == "again"


def test_a_hash_that_fails_leaves_its_place():
    gate = Gate(waiting=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            gate.run(lambda: 1 // 0)


@pytest.mark.parametrize("hasher", [Argon2Hasher(), PBKDF2Hasher()], ids=["argon2", "pbkdf2"])
def test_every_hasher_of_the_shop_stands_behind_the_gate(hasher, monkeypatch):
    monkeypatch.setattr(passwords, "gate", Gate(waiting=-1))
    with pytest.raises(RateLimited):
        hasher.encode("password", "saltsaltsalt")
    with pytest.raises(RateLimited):
        hasher.verify(
            "password", Argon2PasswordHasher().encode("password", "saltsaltsalt") if hasher.algorithm == "argon2" else OLD
        )


OLD = PBKDF2PasswordHasher().encode("password", "saltsaltsalt")


def test_no_other_hasher_is_known(settings):
    assert {type(hasher) for hasher in hashers.get_hashers()} == {Argon2Hasher, PBKDF2Hasher}


@pytest.mark.parametrize("old", [Argon2PasswordHasher, PBKDF2PasswordHasher], ids=["eight-threads", "pbkdf2"])
def test_passwords_that_were_hashed_before_are_still_right_and_are_hashed_anew(db, old):
    member = make_member()
    member.password = old().encode(PASSWORD, "saltsaltsaltsaltsaltsalt")
    member.save()
    assert member.check_password(PASSWORD)
    member.refresh_from_db()
    assert member.password.startswith("argon2$argon2id$v=19$m=102400,t=2,p=1$")
    assert member.check_password(PASSWORD)
    assert not member.check_password("wrong")


@pytest.mark.parametrize("path", ["/accounts/login/", "/api/v1/users/login", "/api/v1/users/register"])
def test_whoever_finds_the_line_full_is_told_so_by_pages_and_api(client, db, monkeypatch, settings, path):
    monkeypatch.setattr(passwords, "gate", Gate(waiting=-1))
    monkeypatch.setattr("dropshop.core.limits.limit", lambda *_, **__: None)
    monkeypatch.setattr("community.accounts.api.limit", lambda *_, **__: None)
    typed = {"username": "newcomer", "email": "newcomer@example.com", "login": "newcomer", "password": PASSWORD}
    said = {name: typed[name] for name in WANTED[path]}
    answer = client.post(path, said, **({"content_type": "application/json"} if path.startswith("/api/") else {}))
    assert (answer.status_code, answer["Retry-After"]) == (429, "2")


WANTED = {
    "/accounts/login/": ("login", "password"),
    "/api/v1/users/login": ("username", "password"),
    "/api/v1/users/register": ("username", "email", "password"),
}

NEW = {"username": "newcomer", "email": "newcomer@example.com", "password": PASSWORD}
ON_THE_PAGE = {"username": "newcomer", "email": "newcomer@example.com", "password1": PASSWORD, "password2": PASSWORD}
SIGN_IN = {"username": "ann", "password": PASSWORD}
CHANGED = {"oldpassword": PASSWORD, "password1": "another-9-long", "password2": "another-9-long"}
JSON = {"content_type": "application/json"}
WAYS_TO_HASH = {
    "register": lambda browser: browser.post("/api/v1/users/register", NEW, **JSON),
    "register, with a key": lambda browser: browser.post(
        "/api/v1/users/register", NEW, **JSON, headers={"Idempotency-Key": "1"}
    ),
    "register, a known address": lambda browser: browser.post(
        "/api/v1/users/register", NEW | {"email": "ann@example.com"}, **JSON
    ),
    "sign up on the page": lambda browser: browser.post("/accounts/signup/", ON_THE_PAGE),
    "sign in": lambda browser: browser.post("/api/v1/users/login", SIGN_IN, **JSON),
    "sign in on the page": lambda browser: browser.post("/accounts/login/", {"login": "ann", "password": PASSWORD}),
    "change the password": lambda browser: browser.post("/accounts/password/change/", CHANGED),
    "erase the account": lambda browser: browser.delete("/api/v1/users/me", {"password": PASSWORD}, **JSON),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", WAYS_TO_HASH)
def test_nobody_waits_for_the_hasher_inside_a_transaction(client, monkeypatch, settings, way):
    """On a busy machine the wait is longer than PostgreSQL lets a transaction stay idle: a 503 in a shop that is well."""
    settings.REQUIRE_VERIFIED_EMAIL = "known" in way
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory" if "known" in way else "none"
    ann = make_member("ann")
    if way.startswith(("change", "erase")):
        client.force_login(ann)
    in_a_transaction, run = [], passwords.gate.run

    def noted(hashing):
        in_a_transaction.append(connection.in_atomic_block)
        return run(hashing)

    monkeypatch.setattr(passwords.gate, "run", noted)
    answer = WAYS_TO_HASH[way](client)
    assert answer.status_code in (200, 201, 204, 302), answer.content
    assert in_a_transaction
    assert not any(in_a_transaction)


# What may be posted to and hashes, and is not among the limited views.
ALSO = [
    "/api/v1/users/login",
    "/accounts/reauthenticate/",
    "/api/v1/users/register/",
    "/api/v1/users/me",
    "/admin/community/member/1/password/",
]


def test_69_whatever_may_hash_a_password_has_threads_of_its_own(settings):
    known = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    arguments = {"account_reset_password_from_key": ["ab", "c-d"]}
    names = [name for name in settings.LIMITED_DOORS if name.startswith("admin:") or name in known]
    # A second factor hashes no password, nor does whoever comes from a provider, which threads of their own ask.
    others = {
        name for name in names if name.startswith(("mfa_", "openid_connect_", "socialaccount_")) or name == "account_email"
    }
    paths = [reverse(name, args=arguments.get(name)) for name in names if name not in others]
    assert len(paths) >= 8
    for path in [*paths, *ALSO]:
        assert asgi._bridge_for({"path": path, "method": "POST"}) is asgi.sign_in_bridge, path
        assert asgi._bridge_for({"path": path, "method": "GET"}) is asgi.page_cache, path
    for path in ("/", "/drops/x/hold/", "/static/js/clock.js", "/api/v1/users/token/refresh", "/accounts/logout/"):
        assert asgi._bridge_for({"path": path, "method": "POST"}) is asgi.page_cache, path
