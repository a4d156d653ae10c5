"""A sign-in that is fresh, and what asks for one."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client, RequestFactory
from rest_framework.request import Request

from community.accounts.fresh_sign_in import SignInAgain, is_fresh, require_fresh
from dropshop.core.api.authentication import BearerAuthentication
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db
ASKED = (
    *("/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/", "/accounts/2fa/recovery-codes/generate/"),
    "/accounts/password/set/",
)


@pytest.fixture
def client(alice, fresh_buckets):
    """Alice, who has just signed in by her password."""
    client = Client()
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    return client


def grow_old(client, seconds=301):
    session = client.session
    session["account_authentication_methods"] = [
        {**record, "at": record["at"] - seconds} for record in session["account_authentication_methods"]
    ]
    session.save()


def test_a_sign_in_is_fresh_for_five_minutes(client):
    assert is_fresh(client.get("/accounts/settings/").wsgi_request)
    grow_old(client)
    assert not is_fresh(client.get("/accounts/settings/").wsgi_request)


def test_a_visitor_and_a_session_that_says_nothing_are_not_fresh(alice, sign_in):
    assert not is_fresh(Client().get("/").wsgi_request)
    assert not is_fresh(sign_in(alice).get("/accounts/settings/").wsgi_request)


@pytest.mark.parametrize("address", ASKED)
def test_what_asks_for_a_fresh_sign_in_asks_and_leads_back(client, address):
    assert "reauthenticate" not in client.get(address).get("Location", "")
    grow_old(client)
    assert client.get(address)["Location"] == f"/accounts/reauthenticate/?next={address.replace('/', '%2F')}"
    assert client.post("/accounts/reauthenticate/", {"password": "wrong", "next": address}).status_code == 200
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": address})["Location"] == address
    assert "reauthenticate" not in client.get(address).get("Location", "")


def test_an_address_is_added_by_a_fresh_sign_in_alone_and_what_was_posted_is_done_afterwards(alice, client):
    grow_old(client)
    posted = {"action_add": "1", "email": "new@example.com"}
    assert client.post("/accounts/email/", posted)["Location"].startswith("/accounts/reauthenticate/")
    assert alice.emailaddress_set.filter(email="new@example.com").exists() is False
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/email/"})
    assert alice.emailaddress_set.filter(email="new@example.com").exists() is True


def test_a_members_records_make_nobody_else_fresh(bob, client):
    client.force_login(bob)
    assert not is_fresh(client.get("/accounts/settings/").wsgi_request)


def called_with(tokens):
    headers = {"Authorization": f"Bearer {tokens['access']}"}
    request = Request(RequestFactory().get("/", headers=headers), authenticators=[BearerAuthentication()])
    assert request.user.is_authenticated
    return request


def test_a_program_is_fresh_by_its_sign_in_and_not_by_refreshing(alice, call):
    tokens = call.post("users/login", {"username": "alice", "password": PASSWORD}).json()
    require_fresh(called_with(tokens))
    UserSession.objects.filter(user=alice).update(created_at="2020-01-01T00:00Z")
    anew = call.post("users/token/refresh", {"refresh": tokens["refresh"]}).json()
    for stale in (tokens, anew):
        with pytest.raises(SignInAgain):
            require_fresh(called_with(stale))
