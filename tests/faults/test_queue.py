"""Acceptance 59 and a killed sweeper: the same places whatever dies, and nobody let in twice or forgotten."""

from contextlib import contextmanager

import psycopg
import redis
from django.db import connection

from dropshop.core.clock import database_time
from dropshop.machine.processes import wait_until
from reservations.models import DropQueue, QueuePlace
from tests.harness.databases import database_url
from tests.harness.patience import PATIENCE
from tests.make import make_members
from tests.reservations.queue.people import arrive, begin, make_queue
from tests.shopper import Shopper

GATE = 5_948_059  # of an advisory lock


def told(url, drop, members):
    """The place and the people ahead of each of these members, as this web server tells them."""
    found = []
    for member in members:
        with Shopper(url, member) as shopper:
            place = shopper.get(f"/api/v1/drops/{drop.pk}/queue").json()
            found.append((place["place"], place["ahead"]))
    return found


def test_acceptance_59_every_process_dies_redis_is_emptied_and_all_places_are_the_same(open_shop):
    shop = open_shop(webs=2)
    drop, members = make_queue(5), make_members(60)
    DropQueue.objects.create(drop=drop, on_hold_at=database_time())
    arrive(drop, members[:40])
    begin(drop)
    arrive(drop, members[40:])
    some = [*members[:3], *members[-3:]]
    before = [told(url, drop, some) for url in shop.urls]
    assert before[0] == before[1]
    assert [place for place, _ in before[0]][3:] == [58, 59, 60]
    everything = [name for name in shop.children if name not in ("valkey", "postgres")]
    for name in everything:
        shop.kill(name)
    redis.Redis.from_url(shop.valkey.url).flushall()
    for name in everything:
        shop.restart(name)
    shop.wait_until_open()
    assert [told(url, drop, some) for url in shop.urls] == before


@contextmanager
def gate_before_letting_in():
    """Whoever lets somebody in waits, in the middle of their transaction, for as long as this lasts."""
    with psycopg.connect(database_url(connection.settings_dict["NAME"]), autocommit=True) as keeper:
        keeper.execute("SELECT pg_advisory_lock(%s)", [GATE])
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NEW; END $$;"
                "CREATE TRIGGER wait_at_gate AFTER UPDATE OF admitted_at ON reservations_queueplace "
                "FOR EACH ROW EXECUTE FUNCTION wait_at_gate()"
            )
        try:
            yield keeper
        finally:
            keeper.execute("SELECT pg_advisory_unlock_all()")
            with connection.cursor() as cursor:
                cursor.execute("DROP FUNCTION wait_at_gate() CASCADE")


def waiting_at(keeper):
    """How many wait at the gate."""
    asked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
    return keeper.execute(asked, [GATE]).fetchone()[0]


def test_a_sweeper_that_is_killed_while_it_lets_people_in_is_followed_by_one_that_lets_in_as_many(open_shop):
    shop = open_shop()
    drop, members = make_queue(4), make_members(9)
    arrive(drop, members)
    let_in = QueuePlace.objects.filter(drop=drop, admitted_at__isnull=False)
    with gate_before_letting_in() as keeper:
        begin(drop)
        assert wait_until(lambda: waiting_at(keeper) == 1, PATIENCE), shop.logs_of_all()
        shop.kill("sweeper")
    assert let_in.count() == 0
    shop.restart("sweeper")
    assert wait_until(lambda: let_in.count() == 4, PATIENCE), shop.logs_of_all()
    rounds = {at for (at,) in let_in.values_list("admitted_at")}
    assert len(rounds) == 1
