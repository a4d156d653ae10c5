"""What a size's description says of its holds, and how little of them it reads for that."""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from drops.models import Size
from drops.stock.facts import _sizes
from dropshop.core.clock import ClockTimestamp, database_time, iso
from dropshop.core.sql import as_parameter, rows, with_table_names
from reservations.holds import situation
from reservations.holds.new_hold import HoldRequest
from reservations.models import Reservation
from tests.make import make_drop, make_members

pytestmark = pytest.mark.django_db


def hold(size: Size, member: Any, *, expires_at: datetime, pinned_until: datetime | None = None) -> Reservation:
    """A hold as the table may have it; counters are not moved."""
    return Reservation(
        drop=size.drop,
        size=size,
        member=member,
        price=1,
        currency="USD",
        created_at=expires_at - timedelta(hours=1),
        expires_at=expires_at,
        pinned_until=pinned_until,
    )


def described(size: Size) -> tuple[int, str | None]:
    (found,) = _sizes(pk=size.pk)
    return found.lapsed, iso(found.next_expiry)


def by_hand(holds: list[Reservation], now: datetime) -> tuple[int, str | None]:
    running = [hold.lapses_at for hold in holds if hold.lapses_at > now]
    return len(holds) - len(running), iso(min(running, default=None))


@pytest.mark.parametrize("pinned_share", [0, 0.3, 1])
def test_lapsed_holds_and_the_first_to_return_are_those_one_would_count_by_hand(
    chance: random.Random, pinned_share: float
) -> None:
    members = make_members(12)
    for _ in range(20):
        size, now = make_drop(50).sizes.get(), database_time()

        def moment(now: datetime = now) -> datetime:
            """So far away that no moment passes while the test looks."""
            return now + timedelta(seconds=chance.choice([-1, 1]) * chance.randint(60, 600))

        holds = [
            hold(size, member, expires_at=moment(), pinned_until=moment() if chance.random() < pinned_share else None)
            for member in members[: chance.randint(0, 12)]
        ]
        Reservation.objects.bulk_create(holds)
        assert described(size) == by_hand(holds, now)


@pytest.fixture
def crowded() -> Size:
    return crowd()


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reservations_reservation")


def crowd() -> Size:
    """A size with three thousand running holds, seven lapsed ones and three that are being paid for; and others beside it."""
    size, now = make_drop(5000).sizes.get(), database_time()
    for _ in range(2):
        beside = make_drop(5000).sizes.get()
        Reservation.objects.bulk_create(
            hold(beside, member, expires_at=now + timedelta(seconds=500)) for member in make_members(1000)
        )
    members = make_members(3010)
    Reservation.objects.bulk_create(
        hold(size, member, expires_at=now + timedelta(seconds=600 + number)) for number, member in enumerate(members[:3000])
    )
    Reservation.objects.bulk_create(hold(size, member, expires_at=now - timedelta(seconds=60)) for member in members[3000:3007])
    later = now + timedelta(seconds=300)
    Reservation.objects.bulk_create(
        hold(size, member, expires_at=now - timedelta(seconds=5), pinned_until=later) for member in members[3007:]
    )
    analyze()
    return size


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def holds_read(queryset: Any) -> int:
    """Rows of holds that PostgreSQL looks at for this."""
    return holds_read_by(*queryset.query.sql_with_params())


def holds_read_by(sql: str, params: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        ((said,),) = cursor.fetchall()
    ((top,)) = json.loads(said) if isinstance(said, str) else said
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in nodes(top["Plan"])
        if node.get("Relation Name") == "reservations_reservation"
    )


def test_of_thousands_of_holds_a_description_reads_a_few(crowded: Size) -> None:
    lapsed, first = described(crowded)
    pinned = crowded.reservations.exclude(pinned_until=None)
    assert (lapsed, first) == (7, iso(pinned.first().pinned_until))
    assert holds_read(_sizes(pk=crowded.pk)) <= 40


def test_control_asking_all_holds_for_the_first_to_return_reads_them_all(crowded: Size) -> None:
    assert holds_read(crowded.reservations.active().with_lapse().order_by("lapse")[:1]) >= 3000


def test_with_statistics_of_before_the_drop_opened_it_reads_as_few() -> None:
    """Found in a rush: PostgreSQL believed that there were few holds, and read and sorted all of them after each batch."""
    size, now = make_drop(5000).sizes.get(), database_time()
    members = make_members(1010)
    Reservation.objects.bulk_create(hold(size, member, expires_at=now + timedelta(seconds=600)) for member in members[:10])
    analyze()
    Reservation.objects.bulk_create(
        hold(size, member, expires_at=now + timedelta(seconds=600 + number)) for number, member in enumerate(members[10:])
    )
    assert described(size) == (0, iso(now + timedelta(seconds=600)))
    assert holds_read(_sizes(pk=size.pk)) <= 40


def test_where_nothing_has_lapsed_a_batch_finds_that_out_without_reading_the_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by a measurement: PostgreSQL expected lapsed holds, so that the whole table seemed a quick way to find one."""
    drop, now, asked = make_drop(5000), database_time(), []
    size, members = drop.sizes.get(), make_members(3001)
    Reservation.objects.bulk_create(hold(size, member, expires_at=now + timedelta(seconds=600)) for member in members[:3000])
    analyze()

    def rows_then_plan(statement: str, **values: Any) -> Any:
        asked.append((with_table_names(statement), {name: as_parameter(value) for name, value in values.items()}))
        return rows(statement, **values)

    monkeypatch.setattr(situation, "prepared_rows", rows_then_plan)
    found = situation.read_situation(drop.pk, [HoldRequest(members[3000].pk, size.pk)])
    assert found is not None
    assert not found.has_returns
    assert [holds_read_by(*each) for each in asked] == [0]


def test_the_sweeper_finds_what_is_due_without_reading_the_holds(crowded: Size) -> None:
    due = Reservation.objects.overdue().order_by().values_list("size_id", flat=True).distinct()
    assert list(due) == [crowded.pk]
    assert holds_read(due) <= 40


def test_control_by_a_clock_that_runs_on_it_would_read_them_all(crowded: Size) -> None:
    assert holds_read(Reservation.objects.overdue(ClockTimestamp())) >= 3000  # type: ignore[arg-type]
