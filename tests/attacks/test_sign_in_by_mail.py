"""Acceptance 38 and 70: under guessing a code by e-mail lets the owner in on a new device, and a guesser no faster."""

import re

import pytest
from django.core import mail
from django.test import Client

from dropshop.core.outbox import send
from tests.attacks.signing_in import by_page, with_threads
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis", "few_guesses")]


def asks_for_code(client, email):
    answer = client.post("/accounts/login/code/", {"email": email})
    return answer.status_code, answer.get("Location")


def sent_code():
    send.sweep()
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
    assert send.sweep() == 2
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
