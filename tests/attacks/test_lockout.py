"""Acceptance 38 and 70: whoever guesses at an account is stopped, and its owner still signs in, from a known device at once.

On a shop where strangers and owner share one bucket, the owner is told to wait like everybody else.
"""

import pytest
from django.test import Client

from dropshop.core import known_devices
from tests.attacks.signing_in import GUESSES, by_admin, by_api, by_page, with_threads
from tests.make import PASSWORD
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis", "few_guesses")]
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
