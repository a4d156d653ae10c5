"""Signing in by another provider, against one that the test starts."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from community.models import Member
from tests.community.accounts.openid_double import CLIENT, SECRET, a_provider
from tests.harness.patience import PATIENCE
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/oidc/google/login/"
SETTINGS = "/accounts/settings/"
ADA = {"email": "ada@example.com", "email_verified": True, "name": "Ada Sample"}


@pytest.fixture(scope="module")
def listening():
    with a_provider() as provider:
        yield provider


@pytest.fixture
def provider(listening, settings, fresh_buckets):
    """In Google's place, as the environment would name it."""
    app = {"provider_id": "google", "name": "Google", "client_id": CLIENT, "secret": SECRET}
    app["settings"] = {"server_url": listening.url, "fetch_userinfo": False, "oauth_pkce_enabled": True}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    listening.claims, listening.signs_with, listening.silent_at = dict(ADA), listening.key, ""
    listening.asked.clear()
    return listening


def way_back(client, address=LOGIN):
    """The address to which the provider leads this browser back."""
    there = client.post(address)["Location"]
    return requests.get(there, allow_redirects=False, timeout=PATIENCE).headers["Location"].removeprefix("http://testserver")


def go(client, address=LOGIN):
    """Through the provider's sign-in page and back, as a browser would be led; the answer to the way back."""
    return client.get(way_back(client, address))


def asked(address):
    return dict(parse_qsl(urlsplit(address).query))


def is_in(client):
    return client.get(SETTINGS).status_code == 200


def test_nothing_is_shown_and_nothing_is_there_without_a_provider(client):
    assert "Sign in with Google" not in client.get("/accounts/login/").content.decode()
    assert [client.get(LOGIN).status_code, client.post(LOGIN).status_code, client.get(f"{LOGIN}callback/").status_code] == [
        404
    ] * 3


def test_a_newcomer_chooses_a_name_by_the_shops_rules_and_comes_back_without_being_asked_again(client, bob, provider):
    assert "Sign in with Google" in client.get("/accounts/login/").content.decode()
    assert go(client)["Location"] == "/accounts/3rdparty/signup/"
    for taken in ("staff", "B0B", "ada@example.com"):
        assert client.post("/accounts/3rdparty/signup/", {"username": taken, "email": ADA["email"]}).status_code == 200
    assert not is_in(client)
    client.post("/accounts/3rdparty/signup/", {"username": "ada", "email": ADA["email"]})
    assert is_in(client)
    ada = Member.objects.get(username="ada")
    assert (ada.has_usable_password(), EmailAddress.objects.get(user=ada).verified) == (False, True)
    again = Client()
    assert (go(again)["Location"], is_in(again)) == ("/", True)
    assert {"/.well-known/openid-configuration", "/authorize", "/token", "/keys"} == {*provider.asked}


def test_an_account_is_linked_where_both_sides_have_verified_the_address(alice, client, provider):
    provider.claims |= {"email": "Alice@example.com"}
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    assert (go(client)["Location"], is_in(client)) == ("/", True)
    assert SocialAccount.objects.get().user == alice


@pytest.mark.parametrize(("here", "there"), [(False, True), (True, False), (False, False)])
def test_no_account_is_linked_where_a_side_has_not(alice, client, provider, here, there):
    provider.claims |= {"email": "alice@example.com", "email_verified": there}
    EmailAddress.objects.create(user=alice, email=alice.email, verified=here, primary=True)
    go(client)
    client.post("/accounts/3rdparty/signup/", {"username": "alice2", "email": "alice@example.com"})
    assert (is_in(client), SocialAccount.objects.filter(user=alice).exists()) == (False, False)


def test_the_second_factor_of_a_linked_account_is_asked_for_nevertheless(alice, client, provider):
    provider.claims |= {"email": "alice@example.com"}
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    TOTP.activate(alice, generate_totp_secret())
    assert (go(client)["Location"], is_in(client)) == ("/accounts/2fa/authenticate/", False)


FORGED = {
    "another key": {"key": True},
    "another audience": {"aud": "another-shop"},
    "another issuer": {"iss": "https://evil.example"},
    "long ago": {"exp": 1},
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_token_that_is_not_the_providers_for_us_and_now_signs_nobody_in(client, provider, forged):
    provider.claims |= FORGED[forged]
    if provider.claims.pop("key", False):
        provider.signs_with = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    answer = go(client)
    assert ("You are not signed in" in answer.content.decode(), is_in(client)) == (True, False)
    assert not SocialAccount.objects.exists()


def test_a_code_or_a_state_of_somebody_else_is_good_for_nothing(client, provider):
    back = way_back(client)
    stranger = Client()
    assert (stranger.get(back).status_code, is_in(stranger)) == (401, False)
    stranger.post(LOGIN)
    assert (stranger.get(back).status_code, is_in(stranger)) == (401, False)


def test_somebody_elses_account_is_not_connected_to_whoever_opens_their_way_back(alice, bob, client, provider):
    client.post("/accounts/login/", {"login": "bob", "password": PASSWORD})
    back = way_back(client, f"{LOGIN}?process=connect")
    victim = Client()
    victim.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert (victim.get(back).status_code, SocialAccount.objects.exists()) == (401, False)
    assert (client.get(back).status_code, SocialAccount.objects.get().user) == (302, bob)  # the control


def test_somebody_elses_code_is_good_for_nothing_behind_a_state_of_ones_own(client, provider):
    """PKCE: the provider gives nothing for a code that another browser has asked for."""
    theirs, own = way_back(Client()), way_back(client)
    mixed = f"{LOGIN}callback/?" + urlencode({"code": asked(theirs)["code"], "state": asked(own)["state"]})
    assert ("You are not signed in" in client.get(mixed).content.decode(), is_in(client)) == (True, False)
    assert not SocialAccount.objects.exists()


def test_a_way_back_is_good_once(client, provider):
    back = way_back(client)
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 401


@pytest.mark.parametrize("silent", ["/.well-known/openid-configuration", "/token", "/keys"])
def test_no_page_waits_longer_than_its_deadline_for_a_provider_that_dawdles(client, provider, settings, silent):
    settings.SIGN_IN_ELSEWHERE_SECONDS = 0.6  # seconds; an answer takes ten
    if silent == "/.well-known/openid-configuration":
        provider.silent_at = silent
        answer = client.post(LOGIN)
    else:
        back = way_back(client)
        provider.silent_at = silent
        answer = client.get(back)
    assert ("You are not signed in" in answer.content.decode(), is_in(client)) == (True, False)


def test_a_provider_that_is_away_is_said(client, provider, settings):
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://127.0.0.1:9"
    assert "You are not signed in" in client.post(LOGIN).content.decode()


def test_it_is_connected_and_disconnected_in_the_settings_by_a_fresh_sign_in(alice, client, provider):
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert go(client, f"{LOGIN}?process=connect").status_code == 302
    assert SocialAccount.objects.get().user == alice
    assert "you can sign in with it" in client.get(SETTINGS).content.decode()
    there = {"account": SocialAccount.objects.get().pk}
    assert client.post("/accounts/3rdparty/", there).status_code == 302
    assert not SocialAccount.objects.exists()


def test_who_has_no_password_shows_again_who_they_are_where_they_sign_in(client, provider):
    go(client)
    client.post("/accounts/3rdparty/signup/", {"username": "ada", "email": ADA["email"]})
    session = client.session
    session["account_authentication_methods"] = [{**session["account_authentication_methods"][0], "at": 1}]
    session.save()
    asked = client.get("/accounts/password/set/")
    assert asked["Location"] == "/accounts/reauthenticate/elsewhere/?next=%2Faccounts%2Fpassword%2Fset%2F"
    assert client.get("/accounts/2fa/totp/activate/")["Location"].startswith("/accounts/reauthenticate/elsewhere/")
    assert "Sign in with Google" in client.get(asked["Location"]).content.decode()
    assert go(client, f"{LOGIN}?next=/accounts/password/set/")["Location"] == "/accounts/password/set/"
    assert client.get("/accounts/password/set/").status_code == 200
