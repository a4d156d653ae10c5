"""Acceptance 38 and 70: whoever guesses at an account is stopped, and its owner still signs in, from a known device at once.

On a shop where strangers and owner share one bucket, the owner is told to wait like everybody else. On a new device a proof of
work or an e-mail lets the owner in, and a guesser no faster than that.
"""

import html
import json
import re
from base64 import b64decode, b64encode

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from altcha import Challenge, Payload, solve_challenge
from django.core import mail
from django.test import Client

from dropshop.core import known_devices
from tests import make
from tests.make import PASSWORD
from tests.ops.conftest import redis  # noqa: F401 - a fixture
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
with_threads = pytest.mark.django_db(transaction=True)
GUESSES = 5


@pytest.fixture(autouse=True)
def limits(settings, monkeypatch):
    """Few guesses, and cheap ones: it is the counting that is tested."""
    monkeypatch.setattr(make, "_hashes", {})  # cheap ones are for here alone
    settings.LIMITS = {
        "sign-in": {"account": f"{GUESSES}/1d", "address": "1000/1s", "device": f"{GUESSES}/1d"},
        "sign-in-by-work": {"account": "12/1d", "address": "1000/1s"},
        "second-factor": {"account": "3/1d", "address": "1000/1s"},
        "code": {"account": "5/1d", "address": "1000/1s"},
        "code-try": {"account": "3/1d", "address": "1000/1s"},
    }
    settings.WORK_COST = 1
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def page(client, name, password=PASSWORD, work=""):
    return client.post("/accounts/login/", {"login": name, "password": password, "work": work})


def api(client, name, password=PASSWORD, work=""):
    body = {"username": name, "password": password}
    return client.post("/api/v1/users/login", body, "application/json", headers={"X-Work": work})


def by_page(client, name, password=PASSWORD, work=""):
    return page(client, name, password, work).status_code


def by_admin(client, name, password=PASSWORD):
    return client.post("/admin/login/", {"username": name, "password": password}).status_code


def by_api(client, name, password=PASSWORD, work=""):
    return api(client, name, password, work).status_code


WAYS = [by_page, by_api]


def owner_of(member, signs_in):
    """A browser, or a program that keeps cookies, with which this member has signed in before, and no longer is."""
    member.set_password(PASSWORD)
    member.save()
    client = Client()
    assert signs_in(client, member.username) in {200, 302}
    if signs_in is by_page:
        client.get("/orders/")
    kept = Client()
    kept.cookies[known_devices.COOKIE] = client.cookies[known_devices.COOKIE].value
    return kept


@pytest.mark.parametrize("signs_in", WAYS)
@pytest.mark.parametrize("guesses", [by_page, by_api, by_admin])
def test_under_guessing_the_owner_signs_in_from_a_known_device_at_once(alice, bob, signs_in, guesses):
    owner = owner_of(alice, signs_in)
    codes = [guesses(Client(), name, "wrong") for name in ("alice", "ALICE", " alice ") * GUESSES]
    assert codes.count(429) >= len(codes) - GUESSES
    assert signs_in(Client(), "alice") == 429  # a stranger who knows the password waits, too
    assert signs_in(owner, "alice") in {200, 302}
    assert signs_in(owner_of(bob, signs_in), "alice") == 429  # somebody else's device is none of hers


def test_a_stolen_cookie_guesses_no_faster_and_one_that_was_altered_counts_for_nothing(alice):
    thief = owner_of(alice, by_api)
    assert [by_api(thief, "alice", "wrong") for _ in range(GUESSES + 3)] == [401] * GUESSES + [429] * 3
    thief.cookies[known_devices.COOKIE] = thief.cookies[known_devices.COOKIE].value[:-2] + "xx"
    assert by_api(thief, "alice", "wrong") == 401  # as a stranger, by the account's bucket


@with_threads
def test_acceptance_40_thirty_at_once_from_a_known_device_pass_exactly_as_often_as_its_limit_says(alice):
    value = owner_of(alice, by_api).cookies[known_devices.COOKIE].value

    def guess():
        client = Client()
        client.cookies[known_devices.COOKIE] = value
        return by_api(client, "alice", "wrong")

    assert at_once([guess] * 30, threads=15).count(429) == 30 - GUESSES


def test_the_cookie_is_out_of_reach_of_scripts_and_names_nobody(alice):
    alice.set_password(PASSWORD)
    alice.save()
    client = Client()
    assert by_api(client, "alice") == 200
    cookie = client.cookies[known_devices.COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert "alice" not in cookie.value


# -- On a new device: by work ----------------------------------------------------------------------


@pytest.fixture
def guessed_at(alice):
    """Alice, at whose account strangers have guessed as often as they may."""
    alice.set_password(PASSWORD)
    alice.save()
    while by_api(Client(), "alice", "wrong") != 429:
        pass
    return alice


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
    monkeypatch.setattr("dropshop.core.proof_of_work.SECONDS", -1)
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


# -- On a new device: by e-mail --------------------------------------------------------------------


def asks_for_code(client, email):
    answer = client.post("/accounts/login/code/", {"email": email})
    return answer.status_code, answer.get("Location")


def sent_code():
    return re.search(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", mail.outbox[-1].body, re.MULTILINE)[0]


def test_under_guessing_the_owner_gets_in_from_a_new_device_by_e_mail(guessed_at):
    owner = Client()
    assert asks_for_code(owner, guessed_at.email) == (302, "/accounts/login/code/confirm/")
    assert owner.get("/accounts/login/code/confirm/").status_code == 200
    assert Client().post("/accounts/login/code/confirm/", {"code": sent_code()}).status_code == 302  # good in its browser alone
    assert owner.post("/accounts/login/code/confirm/", {"code": sent_code()})["Location"] == "/"
    assert owner.get("/orders/").status_code == 200


def test_an_unknown_address_is_answered_like_a_known_one(guessed_at):
    known, unknown = Client(), Client()
    assert asks_for_code(known, guessed_at.email) == asks_for_code(unknown, "nobody@example.org")
    assert [message.to for message in mail.outbox] == [[guessed_at.email], ["nobody@example.org"]]
    for client in (known, unknown):
        tries = [client.post("/accounts/login/code/confirm/", {"code": "AAAA-AAAA"}).status_code for _ in range(4)]
        assert tries == [200, 200, 302, 429]
        assert by_page(client, "somebody", "wrong") == 200  # what waits for a code is counted by nobody's account


@with_threads
def test_thirty_guesses_at_once_at_a_code_are_three(guessed_at):
    stranger = Client()
    asks_for_code(stranger, guessed_at.email)
    session = stranger.cookies["sessionid"].value

    def guess():
        client = Client()
        client.cookies["sessionid"] = session
        return client.post("/accounts/login/code/confirm/", {"code": "AAAA-AAAA"}).status_code

    assert at_once([guess] * 30, threads=15).count(429) == 27


def test_codes_are_sent_so_often_in_any_spelling_of_the_address(guessed_at):
    spellings = ["alice@example.com", "ALICE@example.com", " Alice@Example.com"]
    codes = [asks_for_code(Client(), email)[0] for email in spellings * 3]
    assert codes == [302] * 5 + [429] * 4
