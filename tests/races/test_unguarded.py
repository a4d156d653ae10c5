"""Controls over HTTP: two server processes whose statements lack a guard, and the same races are then reported.

Nothing in the shop is changed: what is taken away, is taken from its statements on their way to the database, and the
tables' own CHECKs are gone (tests/harness/unguarded).
"""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db import connection

from tests.harness.emptying import truncate
from tests.harness.shop import UNLIMITED, Shop
from tests.harness.shoppers import Shopper, said, together
from tests.make import make_drop, make_members
from tests.races.auditor import NotTrue, audit
from tests.races.processes import CARD, play
from tests.races.test_lock_waits import somebody_locks

CHECKS = "SELECT conname FROM pg_constraint WHERE conrelid = 'drops_size'::regclass AND contype = 'c'"


@pytest.fixture(scope="module")
def servers(django_db_blocker):
    """Two desks; `shop.off` is the file in which the guards are named that are off."""
    shop = Shop(webs=2, celery=(), env={"DROPSHOP_LIMITS": UNLIMITED})
    shop.off = shop.folder / "guards-off"
    shop.off.touch()
    for name in shop.children:
        shop.misguide(name, "unguarded", UNGUARDED=str(shop.off))
    with shop, django_db_blocker.unblock(), shop.orm():
        with connection.cursor() as cursor:
            cursor.execute(CHECKS)
            for (name,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE drops_size DROP CONSTRAINT "{name}"')
        yield shop


@pytest.fixture
def shop(servers):
    """The guards are on until a test takes one away; what it broke is not left for the next one's audit."""
    servers.off.write_text("")
    for met in servers.off.parent.glob(f"{servers.off.name}.*"):
        met.unlink()
    yield servers
    with connection.cursor() as cursor:
        truncate(cursor, "drops_size")


def reserve_at_once(shop):
    """One pair, somebody at each desk. Raises NotTrue for what the auditor finds."""
    drop = make_drop(1)

    async def script(shoppers):
        return await together(shopper.post(f"drops/{drop.pk}/reserve") for shopper in shoppers)

    answers = play(shop, make_members(2), script, drop=drop)
    audit()
    return Counter(map(said, answers))


def test_acceptance_1_control_desks_that_lock_nothing_oversell_and_it_is_reported(shop):
    """Acceptance 1 and 3: locks off, two race for the last pair: the suite must report an oversale."""
    assert reserve_at_once(shop) == {(201, ""): 1, (409, "all_held"): 1}
    shop.off.write_text("locks")
    with pytest.raises(NotTrue, match="oversold"):
        reserve_at_once(shop)


def reserve_behind_a_lock(shop):
    """A hold of the desk after three seconds of waiting. Raises NotTrue when the wait was taken from it."""
    drop = make_drop(1)

    async def script(shoppers):
        return await shoppers[0].post(f"drops/{drop.pk}/reserve")

    with somebody_locks(drop) as freed:
        answer = play(shop, make_members(1), script, drop=drop)
    remains = datetime.fromisoformat(answer.json()["reservation"]["expires_at"]) - freed[0]
    if remains < timedelta(seconds=60):
        raise NotTrue(f"H1: only {remains} remains after the wait")


def test_acceptance_10_control_a_desk_that_reads_the_clock_before_it_waits_is_reported(shop):
    """The moment is taken before the lock; the guarded run is in test_lock_waits."""
    shop.off.write_text("clock")
    with pytest.raises(NotTrue, match="H1"):
        reserve_behind_a_lock(shop)


def buy_and_give_back(shop, delays):
    """Holds of the desk, each bought at one server and given back so many seconds later at the other; then the audit."""
    drop = make_drop(len(delays))

    async def end(shopper, other, delay):
        held = (await shopper.post(f"drops/{drop.pk}/reserve")).json()["reservation"]["id"]
        elsewhere = Shopper(shopper.client, other, {})
        elsewhere.headers = shopper.headers

        async def give_back():
            await asyncio.sleep(delay)
            return await elsewhere.delete(f"reservations/{held}")

        await together([shopper.post(f"reservations/{held}/purchase", CARD), give_back()])

    async def script(shoppers):
        await together(end(*each) for each in zip(shoppers, (shop.urls * len(shoppers))[1:], delays, strict=False))

    play(shop, make_members(len(delays)), script, drop=drop)
    audit()


def test_acceptance_11_control_ends_without_locks_and_without_compare_and_set_are_reported(shop):
    """Acceptance 11 (and 9): the same pair is bought and given back, at two servers; with the guards on it never is both."""
    delays = [place * 0.05 for place in range(30)]
    buy_and_give_back(shop, delays)
    shop.off.write_text("locks ends")
    with pytest.raises(NotTrue, match=r"S1|S4|H4"):
        buy_and_give_back(shop, delays)
