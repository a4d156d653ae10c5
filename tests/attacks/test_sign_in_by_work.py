"""Acceptance 38 and 70: under guessing a proof of work lets the owner in on a new device, and a guesser no faster than that.

On a shop that knows no work the owner waits like everybody else.
"""

import html
import json
import re
from base64 import b64decode, b64encode

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from altcha import Challenge, Payload, solve_challenge
from django.test import Client

from tests.attacks.signing_in import api, by_api, by_page, page, with_threads
from tests.make import PASSWORD
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis", "few_guesses")]


def challenge_of(answer):
    assert answer.status_code == 429
    if "json" in answer["Content-Type"]:
        return answer.json()["challenge"]
    return json.loads(html.unescape(re.search(r'data-challenge="([^"]*)"', answer.content.decode())[1]))


def solved(challenge):
    asked = Challenge.from_dict(challenge)
    return Payload(asked, solve_challenge(asked)).to_base64()


def paid_by(signs_in=api, name="alice"):
    return solved(challenge_of(signs_in(Client(), name, "wrong")))


@pytest.mark.parametrize("signs_in", [page, api])
def test_under_guessing_the_owner_gets_in_from_a_new_device_by_work(guessed_at, settings, signs_in):
    work = paid_by(signs_in)
    assert signs_in(Client(), "alice").status_code == 429
    assert signs_in(Client(), "alice", work=work).status_code in {200, 302}
    work = paid_by(signs_in)
    settings.LIMITS_PAID_BY_WORK = {}  # control: a shop that knows no work
    assert signs_in(Client(), "alice", work=work).status_code == 429


def test_work_is_good_once(guessed_at):
    work = paid_by()
    assert [by_api(Client(), "alice", "wrong", work) for _ in range(3)] == [401, 429, 429]
    assert by_page(Client(), "alice", work=work) == 429


@with_threads
def test_thirty_at_once_with_the_same_work_are_one(guessed_at):
    work = paid_by()
    codes = at_once([lambda: by_api(Client(), "alice", "wrong", work)] * 30, threads=15)
    assert (codes.count(401), codes.count(429)) == (1, 29)


def altered(work, *path, to):
    said = json.loads(b64decode(work))
    *above, last = path
    inner = said
    for name in above:
        inner = inner[name]
    inner[last] = to
    return b64encode(json.dumps(said).encode()).decode()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda work: altered(work, "solution", "counter", to=2**31),
        lambda work: altered(work, "solution", "counter", to="1"),
        lambda work: altered(work, "solution", "derivedKey", to="00" * 32),
        lambda work: altered(work, "challenge", "parameters", "expiresAt", to=2**40),
        lambda work: altered(work, "challenge", "parameters", "keyPrefix", to=""),
        lambda work: altered(work, "challenge", "parameters", "nonce", to="00" * 16),
        lambda work: altered(work, "challenge", "parameters", "nonce", to=["00"]),
        lambda work: altered(work, "challenge", "parameters", to=[]),
        lambda work: altered(work, "challenge", "signature", to=None),
        lambda work: work[:-9],
        lambda work: "[" * 5000,
        lambda work: b64encode(b"[" * 2900).decode(),
        lambda work: b64encode(b"\xff{}").decode(),
        lambda work: "\u00e9",
    ],
    ids=[
        *("counter", "counter-as-text", "key", "expiry", "prefix", "nonce", "nonce-as-list", "no-parameters", "unsigned"),
        *("cut-off", "tower", "coded-tower", "no-utf-8", "no-ascii"),
    ],
)
def test_work_that_was_altered_pays_for_nothing(guessed_at, wrong):
    assert by_page(Client(), "alice", work=wrong(paid_by())) == 429


def test_work_for_one_account_pays_for_no_other(guessed_at):
    while by_api(Client(), "bob", "wrong") != 429:
        pass
    assert by_api(Client(), "alice", work=paid_by(name="bob")) == 429
    assert by_api(Client(), " ALICE ", work=paid_by()) == 200  # another spelling is the same account


def test_work_is_good_for_ten_minutes(guessed_at, monkeypatch):
    monkeypatch.setattr("dropshop.core.proof_of_work.LIFETIME_SECONDS", -1)
    assert by_api(Client(), "alice", work=paid_by()) == 429


def test_work_buys_only_so_many_guesses(guessed_at):
    codes = [by_api(Client(), "alice", "wrong", paid_by()) for _ in range(14)]
    assert codes == [401] * 12 + [429] * 2


def test_work_buys_no_second_factors(guessed_at):
    TOTP.activate(guessed_at, generate_totp_secret())

    def tries(code):
        body = {"username": "alice", "password": PASSWORD, "code": code}
        answer = Client().post("/api/v1/users/login", body, "application/json", headers={"X-Work": paid_by()})
        return answer.status_code

    assert [tries("000000") for _ in range(5)] == [403] * 3 + [429] * 2


def refused(signs_in, name):
    """What is said, without what differs from one refusal of the same name to the next."""
    answer = signs_in(Client(), name)
    said = html.unescape(answer.content.decode()).replace(json.dumps(challenge_of(answer)), "").replace(name, "")
    if signs_in is api:
        said = json.dumps(answer.json() | {"challenge": ""})
    return answer.status_code, re.sub(r'token" value="\w+|\d+ seconds|server-time="[^"]*', "", said)


@pytest.mark.parametrize("signs_in", [page, api])
def test_a_known_and_an_unknown_name_are_refused_alike(guessed_at, signs_in):
    while by_api(Client(), "nobodyatall", "wrong") != 429:
        pass
    assert refused(signs_in, "alice") == refused(signs_in, "nobodyatall")


def test_the_page_repeats_the_name_and_never_the_password(guessed_at):
    text = page(Client(), "alice", "correct-horse").content.decode()
    assert ('value="alice"' in text, "correct-horse" in text) == (True, False)


@pytest.mark.parametrize("work", [False, True], ids=["known-device", "work"])
def test_under_guessing_a_member_who_is_signed_in_proves_again_who_they_are(guessed_at, sign_in, work):
    client = sign_in(guessed_at)
    path = "/accounts/reauthenticate/"
    if work:
        refused = client.post(path, {"password": PASSWORD})
        said = {"password": PASSWORD, "work": solved(challenge_of(refused))}
    else:
        client.get("/orders/")
        said = {"password": PASSWORD}
    assert client.post(path, said).status_code == 302
