"""Where e-mail addresses must be verified (DROPSHOP_REQUIRE_VERIFIED_EMAIL)."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import Argon2PasswordHasher

from community.models import Member
from dropshop.core.outbox import send
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db
NEW = {"username": "dana", "email": "dana@example.com", "password": PASSWORD}


@pytest.fixture(autouse=True)
def verified_only(settings):
    settings.REQUIRE_VERIFIED_EMAIL = True
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """What happens after the commit happens too."""

    def run(act):
        with django_capture_on_commit_callbacks(execute=True):
            return act()

    return run


def test_registering_gives_no_tokens_and_sends_a_mail_whose_link_lets_the_member_in(call, committed, mailoutbox, client):
    answer = committed(lambda: call.post("users/register", NEW))
    assert mailoutbox == []
    assert send.sweep() == 1
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "username", "email"}
    assert not answer.cookies
    (mail,) = mailoutbox
    assert mail.to == ["dana@example.com"]
    refused = call.post("users/login", {"username": "dana", "password": PASSWORD})
    assert (refused.status_code, refused.json()["missing"]) == (403, ["verified_email"])
    (link,) = re.findall(r"http://testserver(\S+)", mail.body)
    client.post(link)
    assert EmailAddress.objects.get().verified
    assert call.post("users/login", {"username": "dana", "password": PASSWORD}).status_code == 200


def test_a_known_address_answers_like_an_unknown_one_after_the_same_work(call, committed, mailoutbox, alice, monkeypatch):
    hashed: list[str] = []
    encode = Argon2PasswordHasher.encode
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *args: hashed.append("") or encode(*args))
    answers, work = [], []
    for email in ("dana@example.com", "ALICE@example.com"):
        hashed.clear()
        answers.append(
            committed(lambda email=email: call.post("users/register", {**NEW, "email": email, "username": email[:4]}))
        )
        work.append(len(hashed))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert set(answers[0].json()) == set(answers[1].json())
    assert work == [1, 1]
    send.sweep()
    assert [mail.to for mail in mailoutbox] == [["dana@example.com"], ["alice@example.com"]]
    assert Member.objects.filter(username="ALIC").count() == 0


def test_a_wrong_password_learns_nothing_about_the_address(call, alice):
    wrong = call.post("users/login", {"username": "alice", "password": "wrong"})
    unknown = call.post("users/login", {"username": "nobody", "password": "wrong"})
    assert (wrong.status_code, wrong.content) == (401, unknown.content)


def test_a_repeated_registration_gives_no_tokens_either(call, committed, mailoutbox):
    answers = [committed(lambda: call.post("users/register", NEW, Idempotency_Key="k")) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert (send.sweep(), len(mailoutbox)) == (1, 1)
