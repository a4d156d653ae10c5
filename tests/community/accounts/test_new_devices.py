"""Who signs in on a device that has not signed in before is told by e-mail, once; and of what is changed about getting in."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from community.accounts import new_devices
from dropshop.core.outbox import send
from dropshop.core.outbox.models import Email
from tests.make import PASSWORD, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0"


@pytest.fixture
def alice():
    """She has signed in before."""
    member = make_member("alice", email="alice@example.com", last_login=timezone.now())
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


def sign_in(client=None, password=PASSWORD, agent=FIREFOX):
    client = client or Client()
    client.post("/accounts/login/", {"login": "alice", "password": password}, headers={"user-agent": agent})
    client.get("/accounts/settings/")  # where a browser is remembered
    return client


def call(agent="curl/8.5"):
    said = {"username": "alice", "password": PASSWORD}
    answer = Client().post("/api/v1/users/login", said, content_type="application/json", headers={"user-agent": agent})
    assert answer.status_code == 200


def told(about="new_device"):
    return Email.objects.filter(cause__startswith=f"{about}:").count()


def test_a_new_device_is_told_once_with_its_time_and_its_name(alice):
    client = sign_in()
    assert told() == 1
    client.post("/accounts/logout/")
    sign_in(client)
    assert told() == 1
    send.sweep()
    (message,) = mail.outbox
    assert (message.subject, message.to) == ("A new device has signed in to your account", [alice.email])
    assert re.search(r"^When: \d+ \w+ \d{4}, \d\d:\d\d UTC$", message.body, re.MULTILINE)
    assert "Device: Firefox on Windows" in message.body
    assert "Mozilla" not in message.body + message.alternatives[0].content
    assert "http://127.0.0.1:8000/accounts/password/reset/" in message.body


def test_two_devices_are_two_even_of_one_make(alice):
    sign_in()
    sign_in()
    assert told() == 2


def test_the_first_sign_in_of_an_account_is_no_news(alice):
    type(alice).objects.update(last_login=None)
    sign_in()
    assert told() == 0


def test_a_device_stays_known_when_the_address_changes(alice):
    client = sign_in()
    type(alice).objects.update(email="new@example.com")
    client.post("/accounts/logout/")
    sign_in(client)
    assert told() == 1


def test_who_does_not_get_in_causes_no_e_mail(alice):
    sign_in(password="wrong")
    assert told() == 0


def test_a_program_that_keeps_no_cookie_is_told_once(alice):
    for agent in ("curl/8.5", "curl/8.5", "shop-bot/1"):
        call(agent)
    assert told() == 2


def test_nobody_is_told_of_more_than_ten_new_devices_a_day(alice, monkeypatch):
    monkeypatch.setattr(new_devices, "MAX_A_DAY", 2)
    for _ in range(3):
        sign_in()
    assert told() == 2


def test_another_password_is_told_to_the_owner(alice):
    client = sign_in()
    said = {"oldpassword": PASSWORD, "password1": "another-long-passphrase", "password2": "another-long-passphrase"}
    assert client.post("/accounts/password/change/", said, headers={"user-agent": FIREFOX}).status_code == 302
    assert told("password_changed") == 1
    send.sweep()
    changed = [message for message in mail.outbox if message.subject == "Your password was changed"]
    assert ["Firefox on Windows" in message.body for message in changed] == [True]
