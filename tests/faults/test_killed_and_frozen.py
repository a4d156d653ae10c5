"""Acceptance 24, 27 and 28 (and 4, 5, 16): processes killed, frozen and stopped while shoppers with passes are at the desk."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import httpx
import pytest
from django.db import connection

from dropshop.machine.processes import wait_until
from reservations.models import Reservation
from tests.harness.patience import PATIENCE
from tests.harness.shop import UNLIMITED
from tests.harness.shoppers import Shopper, client, said, sign_in_all, tickets, together
from tests.harness.thorough import SLOW_AND_RARE
from tests.make import ADDRESS, make_drop, make_members, make_reservation
from tests.races.auditor import Auditor
from tests.soak.crowd import Crowd
from tests.soak.mischief import KILL
from tests.soak.soak import soak

RUN = {"8": 10, "9": 30, "10": 30, "11": 20, "12": 10}


@pytest.fixture(scope="module")
def shop(open_shops):
    """Two web servers, sweeper, worker and beat, on a durable PostgreSQL of their own."""
    env = {"DROPSHOP_LIMITS": UNLIMITED, "PAYMENT_TIMEOUT": "0.5"}
    with open_shops.borrowed(webs=2, own_postgres=True, env=env) as shop:
        yield shop


@SLOW_AND_RARE
def test_acceptance_24_processes_are_killed_and_100_pairs_are_sold_and_all_is_as_it_must_be(shop, chance):
    """Acceptance 24, and 4, 5, 16: more want a pair than there are, while a random process is killed every few seconds.

    Every snapshot balances per size, every 2xx is in the database, exactly 100 are sold and paid, no money is stranded.
    `make soak` does the same for ten minutes, and freezes them, too.
    """
    drop, members = make_drop(RUN, hold_seconds=5, lapses_allowed=100), make_members(130)
    report = soak(shop, drop, members, chance=chance, seconds=12, at_once=40, deeds=[KILL], every=(2, 4), at_least=3)
    print(report.text())
    assert report.faults == []
    assert drop.purchases.filter(status="paid").count() == 100
    assert report.crowd.ends == {"bought": 100, "sold out": 30}
    assert report.mischief.done.total() >= 3


@SLOW_AND_RARE
def test_acceptance_28_postgresql_is_killed_under_load_and_comes_back_with_all_that_was_promised(shop, chance):
    """Acceptance 28: every 2xx survives, and service comes back by itself. Meanwhile a plain 503, never "sold out"."""
    drop, members = make_drop({"9": 12, "10": 12}, hold_seconds=5, lapses_allowed=100), make_members(36)
    spare = make_drop(10)
    (alice,) = make_members(1)
    held, (cookies,) = make_reservation(alice, spare), sign_in_all([alice])
    (ticket,) = tickets([alice], [spare], [cookies])
    crowd = Crowd(shop.urls, drop, members, sign_in_all(members), chance=chance, seconds=4, at_once=8)

    def ask(url, paper=""):
        return asyncio.run(_ask(Shopper(None, url, cookies, paper), f"drops/{spare.pk}/reserve"))

    with Auditor(at_rest=False, patient=True), ThreadPoolExecutor(8) as threads, closing(crowd):
        buying = threads.submit(crowd.run)
        assert wait_until(lambda: len(crowd.ledger.purchases) >= 6, PATIENCE), "too little was sold"
        shop.kill("postgres")
        askers = [ask, lambda url: ask(url, ticket), lambda url: buy(Shopper(None, url, cookies), held)]
        see_it_busy(shop.url, threads, cookies, [f"/reservations/{held.pk}/", "/"], askers)
        shop.restart("postgres")
        for url in shop.urls:
            assert wait_until(lambda url=url: ask(url, ticket).status_code == 200, PATIENCE)
            assert wait_until(lambda url=url: httpx.get(f"{url}/readyz").status_code == 200, PATIENCE)
        buying.result()
    connection.close()
    assert crowd.ledger.faults + crowd.ledger.broken_promises(drop) == []
    assert crowd.ends == {"bought": 24, "sold out": 12}
    assert list(drop.sizes.values_list("available", "reserved", "sold")) == [(0, 0, 12)] * 2
    assert Reservation.objects.get(pk=held.pk).expires_at == held.expires_at


async def _ask(shopper, path, body=None):
    async with client() as shopper.client:
        return await shopper.post(path, body)


def buy(shopper, held):
    order = {"address": ADDRESS, "payment_method": "test_ok"}
    return asyncio.run(_ask(shopper, f"reservations/{held.pk}/purchase", order))


def see_it_busy(url, threads, cookies, pages, askers):
    """Without its database every door says "busy", in its own form; all are asked at once, since each waits three seconds."""
    looking = [threads.submit(httpx.get, url + page, cookies=cookies, timeout=PATIENCE) for page in pages]
    asking = [threads.submit(ask, url) for ask in askers]
    for answer in [page.result() for page in looking]:
        assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8"), answer.url
        assert int(answer.headers["Retry-After"]) >= 1
        assert "Sold out" not in answer.text
        assert "Content-Security-Policy" in answer.headers
    assert [said(answer.result()) for answer in asking] == [(503, "busy")] * len(askers)
    assert httpx.get(f"{url}/healthz").json() == {"status": "alive"}
    ready = httpx.get(f"{url}/readyz", timeout=PATIENCE)
    assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")


@contextmanager
def busy_at(url, drop, members):
    """These members ask for their holds again and again, at the desk of one server, with passes; no answer may be strange."""
    cookies, over, strange = sign_in_all(members), threading.Event(), []
    passes = tickets(members, [drop] * len(members), cookies)

    async def ask_on(shopper):
        while not over.is_set():
            answer = await shopper.post(f"drops/{drop.pk}/reserve")
            if said(answer) not in {(201, ""), (200, ""), (503, "busy")}:  # busy: connections from before the last test's fault
                strange.append(answer.text)

    async def run():
        async with client() as http:
            await together(ask_on(Shopper(http, url, *papers)) for papers in zip(cookies, passes, strict=True))

    with ThreadPoolExecutor(1) as thread:
        asking = thread.submit(asyncio.run, run())
        try:
            yield
        finally:
            over.set()
            asking.result(PATIENCE)
    assert strange == []


def rows(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


IN_THE_ACT = """
SELECT backend_xid::text FROM pg_stat_activity
WHERE application_name = 'web1' AND state = 'idle in transaction' AND backend_xid IS NOT NULL
"""
FREE = "SELECT FROM drops_size WHERE drop_id = %s FOR NO KEY UPDATE SKIP LOCKED"


def freeze_in_the_act(shop, drop, chance):
    """web1 stands still in a transaction that holds the size's lock; the transaction's number."""
    for _ in range(300):
        shop.freeze("web1")
        time.sleep(0.02)  # what it had asked for is done by now
        acts = rows(IN_THE_ACT)
        if acts and not rows(FREE, drop.pk):
            return acts[0][0]
        shop.thaw("web1")
        time.sleep(chance.uniform(0, 0.03))
    raise AssertionError("web1 was never met in the act")


def test_acceptance_27_a_frozen_server_that_holds_the_lock_stops_nobody_for_long_and_commits_nothing_stale(shop, chance):
    """Acceptance 27: others reserve at the other server meanwhile; what the frozen one had begun never commits.

    What a holder does that PostgreSQL does not throw out, is shown in races/test_lock_waits: nobody gets anything.
    """
    drop = make_drop(60)
    others = make_members(5)
    cookies = sign_in_all(others)
    passes = tickets(others, [drop] * 5, cookies)

    async def reserve_elsewhere():
        async with client() as http:
            shoppers = [Shopper(http, shop.urls[1], *papers) for papers in zip(cookies, passes, strict=True)]
            return await together(shopper.post(f"drops/{drop.pk}/reserve") for shopper in shoppers)

    with Auditor(), busy_at(shop.urls[0], drop, make_members(20)):
        transaction = freeze_in_the_act(shop, drop, chance)
        try:
            answers = asyncio.run(reserve_elsewhere())
        finally:
            shop.thaw("web1")  # only now: whoever got a pair got it while the other stood still
        assert [said(answer) for answer in answers] == [(201, "")] * 5
        assert (
            asyncio.run(_ask(Shopper(None, shop.urls[0], cookies[0], passes[0]), f"drops/{drop.pk}/reserve")).status_code == 200
        )
        assert rows("SELECT pg_xact_status(%s::xid8)", transaction) == [("aborted",)]
    assert drop.reservations.count() == 25
