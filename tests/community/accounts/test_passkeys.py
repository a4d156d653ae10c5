"""Passkeys: added, renamed, used to sign in and to show who one is; and what is none."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from community.accounts import passkeys
from dropshop.core.settings_page import address_of
from tests.community.accounts.soft_passkey import SoftPasskey
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN, ADD, AGAIN = "/accounts/2fa/webauthn/login/", "/accounts/2fa/webauthn/add/", "/accounts/2fa/webauthn/reauthenticate/"
SETTINGS, STEP = "/accounts/settings/", "/accounts/2fa/authenticate/"


class Browser(Client):
    """At a name, as passkeys want it."""

    def __init__(self) -> None:
        super().__init__(SERVER_NAME="localhost", headers={"User-Agent": "Mozilla/5.0 (X11; Linux) Chrome/131.0"})

    def challenge(self):
        return self.get(LOGIN, headers={"Accept": "application/json"}).json()["request_options"]["publicKey"]

    def is_in(self):
        return self.get(SETTINGS).status_code == 200


@pytest.fixture
def browser(alice, fresh_buckets):
    """Alice's, in which she has just signed in."""
    browser = Browser()
    browser.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    return browser


@pytest.fixture
def passkey(browser):
    """One of Alice's, with the handle of its owner."""
    passkey = SoftPasskey()
    options = browser.get(ADD).context["js_data"]["creation_options"]["publicKey"]
    answer = browser.post(ADD, {"credential": json.dumps(passkey.made(options)), "name": "telephone"})
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    passkey.owner = options["user"]["id"]
    return passkey


def test_a_passkey_signs_in_alone_and_leads_where_one_wanted_to(passkey):
    browser = Browser()
    signed = passkey.signed(browser.challenge(), owner=passkey.owner)
    assert browser.post(LOGIN, {"credential": json.dumps(signed), "next": SETTINGS})["Location"] == SETTINGS
    assert "Passkey “telephone”" in browser.get(SETTINGS).content.decode()


def test_a_signature_over_something_else_signs_nobody_in(passkey):
    browser = Browser()
    spoilt = passkey.signed(browser.challenge(), owner=passkey.owner, spoilt=True)
    assert browser.post(LOGIN, {"credential": json.dumps(spoilt)})["Location"] == "/accounts/login/"
    assert not browser.is_in()


def test_a_challenge_is_good_once_and_in_its_browser_alone(passkey):
    browser, other = Browser(), Browser()
    signed = {"credential": json.dumps(passkey.signed(browser.challenge(), owner=passkey.owner))}
    other.challenge()
    assert other.post(LOGIN, signed)["Location"] == "/accounts/login/"
    assert browser.post(LOGIN, signed)["Location"] == "/"
    browser.post("/accounts/logout/")
    browser.challenge()
    assert browser.post(LOGIN, signed)["Location"] == "/accounts/login/"
    assert [each.is_in() for each in (browser, other)] == [False, False]


def test_a_passkey_of_a_member_who_was_deactivated_signs_nobody_in(alice, passkey):
    alice.is_active = False
    alice.save()
    browser = Browser()
    signed = {"credential": json.dumps(passkey.signed(browser.challenge(), owner=passkey.owner))}
    assert browser.post(LOGIN, signed)["Location"] == "/accounts/inactive/"
    assert not browser.is_in()


def test_a_passkey_is_the_second_step_behind_a_password_and_the_proof_later(passkey):
    browser = Browser()
    assert browser.post("/accounts/login/", {"login": "alice", "password": PASSWORD})["Location"] == STEP
    options = browser.get(STEP).context["js_data"]["request_options"]["publicKey"]
    assert not browser.is_in()
    assert browser.post(STEP, {"credential": json.dumps(passkey.signed(options, owner=passkey.owner))})["Location"] == "/"
    options = browser.get(AGAIN).context["js_data"]["request_options"]["publicKey"]
    proof = {"credential": json.dumps(passkey.signed(options, owner=passkey.owner)), "next": SETTINGS}
    assert browser.post(AGAIN, proof)["Location"] == SETTINGS


def test_it_is_renamed_and_removed_by_its_owner_alone(alice, bob, browser, passkey):
    there = Authenticator.objects.get(user=alice, type="webauthn")
    stranger = Browser()
    stranger.post("/accounts/login/", {"login": "bob", "password": PASSWORD})
    for does in ("edit", "remove"):
        assert stranger.post(f"/accounts/2fa/webauthn/keys/{there.pk}/{does}/", {"name": "mine"}).status_code == 404
    assert browser.post(f"/accounts/2fa/webauthn/keys/{there.pk}/edit/", {"name": "  my \u202e one  "}).status_code == 302
    assert "Passkey “my one”" in browser.get(SETTINGS).content.decode()
    assert browser.post(f"/accounts/2fa/webauthn/keys/{there.pk}/edit/", {"name": "x" * 61}).status_code == 200
    assert browser.post(f"/accounts/2fa/webauthn/keys/{there.pk}/remove/").status_code == 302
    assert not Authenticator.objects.filter(user=alice).exists()  # recovery codes of nothing would lead nowhere


def test_a_passkey_without_a_name_is_called_by_its_device_and_there_are_not_many(browser, monkeypatch):
    options = browser.get(ADD).context["js_data"]["creation_options"]["publicKey"]
    browser.post(ADD, {"credential": json.dumps(SoftPasskey().made(options)), "name": ""})
    assert "Passkey “Chrome on Linux”" in browser.get(SETTINGS).content.decode()
    monkeypatch.setattr(passkeys, "MAX_PASSKEYS", 1)
    options = browser.get(ADD).context["js_data"]["creation_options"]["publicKey"]
    answer = browser.post(ADD, {"credential": json.dumps(SoftPasskey().made(options)), "name": ""})
    assert "You have 1 passkeys. Remove one first." in answer.content.decode()


def test_the_lists_of_allauth_lead_to_the_settings(browser):
    assert {browser.get(address)["Location"] for address in ("/accounts/2fa/", "/accounts/2fa/webauthn/")} == {
        address_of("security")
    }


NONE = (
    *("", "x", "[]", "1", "null", "{}", '"text"', '{"id": 1}'),
    '{"id": "a", "rawId": "a", "type": "x", "response": {}}',
    '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"YQ","signature":"YQ"}}',
    '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"YQ"}}',
    '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"userHandle":1}}',
)


@pytest.mark.parametrize("number", range(len(NONE)))
def test_what_is_no_passkey_is_refused_wherever_it_is_sent(browser, passkey, number):
    sent, stranger = {"credential": NONE[number], "name": "key"}, Browser()
    assert stranger.challenge()["userVerification"] == "required"
    assert stranger.post(LOGIN, sent)["Location"] == "/accounts/login/"
    stranger.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    stranger.get(STEP)
    assert stranger.post(STEP, sent).status_code == 200
    assert not stranger.is_in()
    browser.get(ADD)
    assert browser.post(ADD, sent).status_code == 200
    browser.get(AGAIN)
    assert browser.post(AGAIN, sent).status_code == 302
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_challenges_for_passkeys_are_counted(client, settings, fresh_buckets):
    settings.LIMITS = {**settings.LIMITS, "passkey-challenge": {"address": "1/60s"}}
    asked = [client.get(LOGIN, headers={"Accept": "application/json"}) for _ in range(2)]
    assert [answer.status_code for answer in asked] == [200, 429]
