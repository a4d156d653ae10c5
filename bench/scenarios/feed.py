"""Reading the feed of a shop that has a million items: the statement of each page, as the doors send it to the database."""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection

from bench import community
from bench.audit import simple
from bench.driving import quantile
from bench.stage import Stage
from community.feed import items
from community.models import Member, Store
from dropshop.core.clock import database_time

ITEMS, MEMBERS = 1_000_000, 20_000
PAGE = 50
LEAST = 200  # readings, however long they take


class Feed:
    """One kind of page, over and over, by visitors and by members who follow few, some and many."""

    unit, every_round = "pages/s", False

    def __init__(self, name: str, title: str, *, deep: bool = False, told: bool = False, **how: Any) -> None:
        self.name, self.title, self.deep, self.told, self.how = name, title, deep, told, how

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        readers = self._prepare(stage)
        chance, times, full = random.Random(self.name), [], 0
        asked = [self._question(reader, chance) for reader in readers * 20]
        begun = time.monotonic()
        while time.monotonic() < begun + seconds or len(times) < LEAST:
            started = time.perf_counter()
            rows = asked[len(times) % len(asked)]()
            times.append((time.perf_counter() - started) * 1000)
            full += len(rows) == PAGE
        took, ordered = time.monotonic() - begun, sorted(times)
        fault = f"of {len(times)} pages {full} were full"
        stage.check(simple(self.name, [(bool(self.how) or full == len(times), fault)]))
        shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
        return {"figure": len(times) / took, **{name: quantile(ordered, share) for name, share in shares.items()}}

    def _prepare(self, stage: Stage) -> list[Any]:
        """Whoever reads; the million is written when it is first asked for."""
        if not Member.objects.filter(username="old1").exists():
            store, _ = Store.objects.get_or_create(name="Old store", slug="old-store")
            community.fill(items=ITEMS, members=MEMBERS, store=store.pk, sneaker=stage.calendar()[0].sneaker_id, checked=False)
            items.announce_opened()
        readers: list[Any] = list(Member.objects.filter(username__in=("old1", "old2", "old3")))
        return readers if "following" in self.how else [None, *readers]

    def _question(self, reader: Any, chance: random.Random) -> Callable[[], list[Any]]:
        how = dict(self.how)
        if how.get("author"):
            how["author"] = f"old{chance.randrange(4, MEMBERS)}"
        found = items.filtered(reader, **how).order_by(*items.NEWEST)
        if self.deep:
            found = found.filter(at__lt=database_time() - timedelta(minutes=chance.randrange(1000, ITEMS * 9 // 10)))
        if self.told:
            return lambda: items.feed_facts(found.all()[:PAGE], reader)
        return partial(_rows, *found[:PAGE].query.sql_with_params())


def _rows(statement: str, values: tuple[Any, ...]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


FEEDS = [
    Feed("feed-newest", "the newest items"),
    Feed("feed-deep", "a page somewhere in the past", deep=True),
    Feed("feed-kind", "the newest trades, one item in fifty", kind="trade"),
    Feed("feed-drops", "the newest drops, a dozen in all", kind="drop"),
    Feed("feed-following", "by members one follows: 3, 50, 500", following=True),
    Feed("feed-following-deep", "the same, somewhere in the past", following=True, deep=True),
    Feed("feed-author", "by one member", author="?"),
    Feed(
        "feed-told", "the newest, with its authors, likes and comments: all statements, and the making of the answer", told=True
    ),
]
