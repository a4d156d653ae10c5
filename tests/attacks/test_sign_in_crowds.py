"""Crowds that sign in, or guess: acceptance 69. Hashing a password takes long on purpose; nobody else may wait for it.

No clock decides here: how many sign-ins are answered while a shopper waits for one page says whether the page waited behind
them.
"""

from collections import Counter
from threading import Barrier, Thread

import httpx
import pytest

from dropshop.machine.processes import wait_until
from tests.attacks.test_silent_bodies import WELL, everything_a_shopper_does
from tests.harness.patience import PATIENCE
from tests.harness.shop import Shop
from tests.make import make_drop, make_member

LIMITS = (
    '{"pass": {"address": "100000/1s"}, "reserve": {"address": "100000/1s"}, "purchase": {"address": "100000/1s"}, '
    '"sign-in": {"address": "%s", "account": "1000/1s"}}'
)
PASSED_BY = 8  # sign-ins that may be answered while one page is: some are always under way


@pytest.fixture(scope="module")
def shop(django_db_blocker):
    """web1 as it is; in web2, the control, sign-ins are hashed in the threads of the pages, as many at a time as come."""
    shop = Shop(webs=2, celery=(), env={"DROPSHOP_LIMITS": LIMITS % "100000/1s", "DROPSHOP_PROXIES": "1"})
    shop.misguide("web2", "ungated")
    with shop, django_db_blocker.unblock(), shop.orm():
        yield shop


class Guessers:
    """So many sign-ins at the same moment; `answered` of them have been refused after their password was hashed."""

    def __init__(self, url, addresses):
        self.statuses, self.retry_after = Counter(), []
        self.member = make_member()
        self.barrier = Barrier(len(addresses) + 1)
        self.threads = [Thread(target=self.guess, args=(url, address)) for address in addresses]

    def guess(self, url, address):
        body = {"username": self.member.username, "password": "wrong"}
        self.barrier.wait()
        answer = httpx.post(f"{url}/api/v1/users/login", json=body, headers={"X-Forwarded-For": address}, timeout=300)
        self.statuses[answer.status_code] += 1
        self.retry_after += [answer.headers.get("Retry-After")] if answer.status_code == 429 else []

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.barrier.wait()
        return self

    def __exit__(self, *exception):
        for thread in self.threads:
            thread.join()


CROWDS = {"60 from one address": ["198.51.100.1"] * 60, "200 from many": [f"198.51.100.{n}" for n in range(1, 201)]}


def most_that_pass_by(url, guessers):
    """How many of them are hashed, at most, while a shopper looks at one page and a probe is answered."""
    passed_by = []
    assert wait_until(lambda: sum(guessers.statuses.values()) > 0, PATIENCE)
    while guessers.statuses[401] < 5 or not passed_by:  # they are being hashed all the while
        before = guessers.statuses[401]
        assert httpx.get(f"{url}/readyz", timeout=60).status_code == 200
        assert httpx.get(f"{url}/accounts/login/", timeout=60).status_code == 200
        passed_by.append(guessers.statuses[401] - before)
    return max(passed_by)


@pytest.mark.parametrize("addresses", CROWDS.values(), ids=CROWDS)
def test_69_pages_holds_and_payments_do_not_wait_behind_sign_ins(shop, addresses):
    drop = make_drop(30)
    with Guessers(shop.url, addresses) as guessers:
        passed_by = most_that_pass_by(shop.url, guessers)
        assert everything_a_shopper_does(shop, drop) == WELL
    assert passed_by <= PASSED_BY
    assert set(guessers.statuses) == {401, 429}  # and none "busy"
    assert set(guessers.retry_after) == {"2"}


def test_69_control_where_sign_ins_have_no_threads_of_their_own_pages_wait_behind_them(shop):
    with Guessers(shop.urls[1], CROWDS["200 from many"][:60]) as guessers:
        assert most_that_pass_by(shop.urls[1], guessers) > PASSED_BY
    assert guessers.statuses == {401: 60}  # nobody is sent away there


def test_69_sign_ins_of_one_address_leave_room_in_the_line_for_others(shop):
    member = make_member()
    body = {"username": member.username, "password": "wrong"}
    with Guessers(shop.url, CROWDS["60 from one address"]) as guessers:
        assert wait_until(lambda: guessers.statuses[429] > 0, PATIENCE)  # their line is full
        headers = {"X-Forwarded-For": "198.51.100.250"}
        assert httpx.post(f"{shop.url}/api/v1/users/login", json=body, headers=headers, timeout=300).status_code == 401
    assert guessers.statuses[401] >= 1
