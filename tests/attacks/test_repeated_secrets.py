"""Whoever posts a secret never reads it in the answer: not as a page, not as a script's JSON, not from allauth's own API.

On a shop without the mend the answers to a script hold the password as it was typed.
"""

import json

import pytest
from django.test import Client

from tests.make import PASSWORD

pytestmark = pytest.mark.usefixtures("redis")
SECRET = "hunter2-is-what-I-typed"
# Pages of allauth that take a secret, with what else they want.
PAGES = {
    "login/": {"login": "alice", "password": SECRET},
    "signup/": {"username": "alice", "email": "not an address", "password1": SECRET},
    "reauthenticate/": {"password": SECRET},
    "password/change/": {"oldpassword": SECRET, "password1": SECRET, "password2": f"{SECRET}!"},
    "password/reset/key/": {"password1": SECRET, "password2": f"{SECRET}!"},
    "2fa/totp/activate/": {"code": SECRET},
    "2fa/reauthenticate/": {"code": SECRET},
}
SCRIPTS = {"X-Requested-With": "XMLHttpRequest"}, {"Accept": "application/json"}


@pytest.mark.parametrize("said", SCRIPTS, ids=["by header", "by accept"])
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("is_signed_in", [False, True], ids=["visitor", "member"])
def test_a_script_that_posts_a_secret_to_a_page_does_not_get_it_back(sign_in, alice, page, said, is_signed_in):
    client = sign_in(alice) if is_signed_in else Client()
    answer = client.post(f"/accounts/{page}", PAGES[page], headers=said)
    assert answer.status_code < 500
    assert SECRET not in answer.content.decode()


def test_a_refused_sign_in_by_script_still_says_which_fields_there_are_and_what_was_wrong(alice):
    answer = Client().post("/accounts/login/", PAGES["login/"], headers=SCRIPTS[0])
    assert answer.status_code == 400
    form = answer.json()["form"]
    assert [form["fields"][name]["value"] for name in ("login", "password")] == [None, None]
    assert form["errors"] == ["The username and/or password you specified are not correct."]


@pytest.mark.urls("tests.dropshop.edge.endpoints")
@pytest.mark.parametrize("client", ["app", "browser"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("auth/login", {"username": "alice", "password": SECRET}),
        ("auth/login", {"email": SECRET, "password": SECRET}),
        ("auth/signup", {"username": "alice", "email": "x", "password": SECRET}),
        ("auth/password/reset", {"key": SECRET, "password": SECRET}),
        ("auth/reauthenticate", {"password": SECRET}),
        ("auth/2fa/authenticate", {"code": SECRET}),
        ("account/password/change", {"current_password": SECRET, "new_password": PASSWORD}),
    ],
    ids=["login", "login by e-mail", "signup", "reset", "reauthenticate", "second factor", "change"],
)
def test_allauths_own_api_does_not_repeat_a_secret(alice, client, path, body):
    answer = Client().post(f"/api/v1/auth/{client}/v1/{path}", json.dumps(body), content_type="application/json")
    assert answer.status_code < 500
    assert SECRET not in answer.content.decode()


@pytest.mark.parametrize("path", ["users/login", "users/register", "users/me"])
def test_the_shops_api_does_not_repeat_a_secret(sign_in, alice, path):
    body = {"username": "alice", "email": "alice@example.com", "password": SECRET}
    method = "delete" if path == "users/me" else "post"
    answer = getattr(sign_in(alice), method)(f"/api/v1/{path}", json.dumps(body), content_type="application/json")
    assert answer.status_code in {400, 401, 403}
    assert SECRET not in answer.content.decode()
