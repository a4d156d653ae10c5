"""The pass that comes with a drop's page: whose it is, who gets none, and that the page is nobody else's."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from reservations.checkout.messages import RESERVING, WORDS
from reservations.passes import tokens
from tests.make import make_drop, make_purchase, make_reservation

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def pass_on(page: Any) -> str | None:
    found = re.search(r'data-pass="([^"]+)"', page.content.decode())
    return found and found[1]


def test_a_member_gets_a_pass_with_the_page_that_is_good_for_this_drop_and_sign_in(alice: Any, sign_in: SignIn) -> None:
    for drop in (make_drop({"9": 1, "10": 1}), make_drop({"9": 1, "10": 1}, starts_in=60)):
        client = sign_in(alice)
        page = client.get(drop.get_absolute_url())
        ticket = tokens.open_pass(pass_on(page), drop.pk)
        assert (ticket.member_id, ticket.family) == (alice.pk, client.session.session_key)
        assert tokens.invalid_reasons([ticket]) == [None]
        assert set(page["Cache-Control"].split(", ")) == {"private", "no-cache"}
        client.logout()
        assert tokens.invalid_reasons([ticket]) != [None]


def test_the_fragment_that_takes_the_place_of_a_hold_brings_a_pass_again(alice: Any, sign_in: SignIn) -> None:
    drop, client = make_drop({"9": 1, "10": 1}), sign_in(alice)
    hold = make_reservation(alice, drop, "9")
    assert pass_on(client.get(drop.get_absolute_url())) is None, "who holds a pair reserves no other"
    fragment = client.post(f"{hold.get_absolute_url()}cancellation/", headers={"X-Fragment": "drop"})
    assert tokens.open_pass(pass_on(fragment), drop.pk).member_id == alice.pk
    assert "no-store" in client.get(f"/drops/{drop.slug}/hold/", headers={"X-Fragment": "drop"})["Cache-Control"]


def test_nobody_gets_a_pass_who_could_not_use_it(alice: Any, bob: Any, client: Client, sign_in: SignIn, settings: Any) -> None:
    drop, over = make_drop({"9": 5, "10": 5}), make_drop({"9": 1, "10": 1}, starts_in=-7200, open_for=-3600)
    make_purchase(alice, drop, "9")
    assert pass_on(client.get(drop.get_absolute_url())) is None, "visitors"
    assert pass_on(sign_in(alice).get(drop.get_absolute_url())) is None, "who has all the drop allows"
    assert pass_on(sign_in(bob).get(over.get_absolute_url())) is None, "nobody, where it is over"
    settings.REQUIRE_VERIFIED_EMAIL = True
    page = sign_in(bob).get(drop.get_absolute_url())
    assert pass_on(page) is None, "whose e-mail is not verified"
    assert b"Confirm your e-mail address before you reserve." in page.content, "and the page says so"


def test_the_page_brings_the_words_of_every_refusal(alice: Any, sign_in: SignIn) -> None:
    page = sign_in(alice).get(make_drop({"9": 1, "10": 1}).get_absolute_url()).content.decode()
    for code in RESERVING:
        assert WORDS[code].title in page
