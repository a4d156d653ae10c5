"""The limit of the desk is made of the statements that a batch really sends."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from bench import limit
from bench.conversation import Silent
from bench.yardsticks import PgBench, measured
from drops.models import Drop
from reservations.holds.reserve import HoldRequest
from tests.make import make_drop, make_member

SAID = """\
transaction type: /var/tmp/pgbench.sql
number of failed transactions: 0 (0.000%)
latency average = 14.187 ms
initial connection time = 12.345 ms
tps = 140.975610 (without initial connection time)
"""
EACH = 3  # claims in a batch


class Ground(SimpleNamespace):
    """The tests' own database in the place of the benchmark's."""

    def sql(self, statement: str, *values: object) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    settings = connection.settings_dict
    host = f"{settings['HOST']}:{settings['PORT']}"
    url = f"postgresql://{settings['USER']}:{settings['PASSWORD']}@{host}/{settings['NAME']}"
    ground = Ground(folder=tmp_path, postgres=SimpleNamespace(url=url))
    yield ground
    ground.sql("DROP TABLE IF EXISTS bench_batch, bench_hold, bench_size")


def drop_with_batches(ground: Any, batches: int) -> tuple[Drop, list[limit.Statement]]:
    """A drop of which one batch is granted, what that sent, and so many batches to come."""
    members = [make_member().pk for _ in range((batches + 1) * EACH)]
    drop = make_drop(len(members))
    size = drop.sizes.get()
    sent = limit.sent_by_grant(drop, [HoldRequest(member, size.pk) for member in members[:EACH]])
    assert limit.fill(ground, members[EACH:], EACH) == batches
    return drop, sent


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_a_lock_one_reading_and_one_writing(ground: Any) -> None:
    _, sent = drop_with_batches(ground, 2)
    lock, read, write = (sql for sql, _ in sent)
    assert lock.endswith("FOR NO KEY UPDATE")
    assert "clock_timestamp()" in read
    assert "INSERT INTO reservations_reservation" in write


@pytest.mark.django_db(transaction=True)
def test_pgbench_makes_the_holds_of_other_members(ground: Any) -> None:
    drop, sent = drop_with_batches(ground, 4)
    rate, latency = PgBench(ground, limit.script(sent)).run_each(limit.CLIENTS, 2, "batch=-1")
    assert rate > 0
    assert latency > 0
    holds = drop.reservations.values_list("member", flat=True)
    assert (len(holds), len(set(holds))) == (5 * EACH, 5 * EACH)
    assert drop.sizes.values_list("reserved", "available").get() == (5 * EACH, 0)


@pytest.mark.django_db(transaction=True)
def test_statements_whose_members_do_not_vary_are_not_taken_for_a_limit(ground: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drop, sent = drop_with_batches(ground, 2)
    monkeypatch.setattr(limit, "VARYING", ("ids",))
    with pytest.raises(Silent, match="reservation_one_active_per_member_and_drop"):
        PgBench(ground, limit.script(sent)).run_each(limit.CLIENTS, 1, "batch=-1")
    assert drop.reservations.count() == EACH


def test_what_pgbench_says_is_read() -> None:
    assert measured(SAID) == (140.97561, 14.187)


def test_a_run_in_which_nothing_was_done_has_no_rate() -> None:
    assert measured("number of transactions actually processed: 0\n") is None
