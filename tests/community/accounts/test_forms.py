"""The forms of accounts: labels in the shop's words, each of them once."""

import re

import pytest
from django.test import Client

from tests.make import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_buckets")]
LABEL = re.compile(r"<label[^>]*>([^<]+)</label>")


@pytest.fixture
def client(alice):
    """Alice, who has just signed in by her password."""
    client = Client()
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    return client


def form_of(page):
    """The labels of a page's forms, and its placeholders."""
    main = page.content.decode().partition("<main")[2].partition("</main>")[0]
    return LABEL.findall(main), re.findall(r'placeholder="([^"]*)"', main)


@pytest.mark.parametrize(
    ("address", "labels"),
    [
        ("/accounts/login/", ["Username or e-mail", "Password", "Stay signed in on this device"]),
        ("/accounts/signup/", ["Username", "E-mail address", "Password"]),
        ("/accounts/password/reset/", ["E-mail address"]),
        ("/accounts/login/code/", ["E-mail address"]),
    ],
)
def test_a_visitor_reads_each_label_once_and_in_the_shops_words(address, labels):
    assert form_of(Client().get(address)) == (labels, [])


@pytest.mark.parametrize(
    ("address", "labels"),
    [
        ("/accounts/password/change/", ["Current password", "New password", "New password again"]),
        ("/accounts/email/", ["E-mail address"]),
        ("/accounts/reauthenticate/", ["Password"]),
    ],
)
def test_a_member_reads_each_label_once_and_in_the_shops_words(client, address, labels):
    assert form_of(client.get(address)) == (labels, [])


def test_a_member_without_a_password_reads_what_a_new_one_is_called(client, alice):
    signed_in = {name: value for name, value in client.session.items() if name.startswith("account_authentication_methods")}
    alice.set_unusable_password()
    alice.save()
    client.force_login(alice)
    session = client.session
    session.update(signed_in)
    session.save()
    assert form_of(client.get("/accounts/password/set/")) == (["New password", "New password again"], [])
