"""Acceptance 56: ten silent banks, and pages, `/readyz` and reserving are as fast as before (M7)."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from dropshop.machine.processes import wait_until
from reservations.models import Payment
from tests.harness.patience import PATIENCE
from tests.harness.shop import UNLIMITED, Shop
from tests.make import ADDRESS, make_drop, make_members, make_reservation
from tests.shopper import Shopper

SILENCE = 6  # seconds
ROUNDS, BUYERS = 3, 12


@pytest.fixture(scope="module")
def shop(django_db_blocker):
    """web1 as it is; in web2, the control, whoever buys waits for the bank by themselves."""
    shop = Shop(webs=2, celery=(), env={"DROPSHOP_LIMITS": UNLIMITED, "PAYMENT_TIMEOUT": str(SILENCE)})
    shop.misguide("web2", "impatient")
    with shop, django_db_blocker.unblock(), shop.orm():
        yield shop


def by_form(url, hold, token):
    """A form without scripts."""
    with Shopper(url, hold.member) as shopper:
        return shopper.post(f"/reservations/{hold.pk}/purchase/", data={**ADDRESS, "payment_method": token})


def by_api(url, hold, token):
    """By session, without a pass."""
    with Shopper(url, hold.member) as shopper:
        return shopper.buy(hold.pk, ADDRESS, token)


def closing_its_connection(buy, *given):
    try:
        return buy(*given)
    finally:
        connection.close()


def longest_wait(url, drop, members):
    """Seconds that the slowest request of looking around and reserving takes."""
    waits = []
    for member in members:
        with Shopper(url, member) as shopper:
            paths = ("/", "/readyz", "/static/css/app.css", f"/drops/{drop.slug}/")
            waits += [timed(200, shopper.get, path) for path in paths]
            waits.append(timed(201, shopper.reserve, drop))
    return max(waits)


def timed(status, ask, what):
    began = time.monotonic()
    assert ask(what).status_code == status
    return time.monotonic() - began


def beside_silent_banks(url, buy, at_least):
    """(the longest wait without, the longest with buyers at silent banks, what the buyers are told)."""
    drop, quiet = make_drop(BUYERS), make_drop(2 * ROUNDS)
    holds = [make_reservation(member, drop) for member in make_members(BUYERS)]
    first, second = make_members(ROUNDS), make_members(ROUNDS)
    longest_wait(url, make_drop(1), make_members(1))
    before = longest_wait(url, quiet, first)
    with ThreadPoolExecutor(BUYERS) as threads:
        asked = Payment.objects.filter(reservation__drop=drop)
        told = [threads.submit(closing_its_connection, buy, url, hold, "test_timeout") for hold in holds]
        assert wait_until(lambda: asked.count() >= at_least, PATIENCE)
        during = longest_wait(url, quiet, second)
        answers = [answer.result() for answer in told]
    return before, during, answers


@pytest.mark.parametrize("buy", [by_form, by_api])
def test_acceptance_56_beside_silent_banks_pages_and_reserving_are_as_fast_as_before(shop, buy):
    """Acceptance 56: twelve buyers wait, more than there are threads for pages."""
    before, during, answers = beside_silent_banks(shop.urls[0], buy, BUYERS)
    assert during < before + SILENCE / 2
    if buy is by_form:
        assert {answer.status_code for answer in answers} == {303}
        assert all(answer.headers["Location"].startswith("/reservations/") for answer in answers)
    else:
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(402, "payment_unanswered")}


def test_control_where_whoever_buys_waits_for_the_bank_everybody_else_waits_too(shop):
    before, during, _ = beside_silent_banks(shop.urls[1], by_form, 10)
    assert during > before + SILENCE / 2


def test_a_slow_bank_is_waited_for_without_a_thread_and_the_api_answers_with_the_purchase(shop):
    drop = make_drop(1)
    (member,) = make_members(1)
    answer = by_api(shop.url, make_reservation(member, drop), "test_slow")
    assert (answer.status_code, answer.json()["purchase"]["status"]) == (201, "paid")


def test_the_page_says_that_the_bank_is_asked_and_then_what_came_of_it(shop):
    """M6: "we do not know yet and will tell you" is a state of its own, without scripts too."""
    drop = make_drop(1)
    (member,) = make_members(1)
    hold = make_reservation(member, drop)
    with Shopper(shop.url, member) as shopper:
        page = by_form(shop.url, hold, "test_slow")
        assert (page.status_code, page.headers["Location"]) == (303, hold.get_absolute_url())
        asking = shopper.get(page.headers["Location"])
        assert "We are asking your bank." in asking.text
        assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in asking.text
        sold = member.purchases.filter(status="paid")
        assert wait_until(sold.exists, PATIENCE)
        assert shopper.get(hold.get_absolute_url()).headers["Location"] == sold.get().get_absolute_url()
