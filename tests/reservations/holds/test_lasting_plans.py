"""At the desk a grant's statements are planned once. The plans of an empty shop read no more of a full one than they must."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import TextField
from django.db.models.functions import Cast

from drops.models import Size
from drops.stock import counters
from dropshop.core.clock import database_time
from dropshop.core.sql import CompiledQuery
from reservations.holds.origins import Origin
from reservations.holds.reserve import HoldRequest, grant
from reservations.models import Purchase, Reservation
from reservations.passes import tokens
from tests.make import lapse, make_drop, make_members

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("prepared")]

TABLES = ("reservations_reservation", "reservations_purchase", "community_member", "django_session", "drops_size", "drops_drop")
MANY, FEW = 2000, 20
LONGEST = 4096  # characters: in a longer statement the driver looks for the values anew each time
READ = "SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::int FROM pg_stat_xact_user_tables"
BY_INDEX = """
SELECT read.oid::regclass::text, pg_stat_get_xact_tuples_returned(read.oid)
  FROM (SELECT 'reservations_reservation'::regclass AS oid UNION ALL
        SELECT indexrelid FROM pg_index WHERE indrelid = 'reservations_reservation'::regclass) AS read
"""
PREPARED = "SELECT name, custom_plans FROM pg_prepared_statements ORDER BY name"


@pytest.fixture
def shop() -> Any:
    """A drop, and more than enough members; PostgreSQL has counted while there were no holds.

    Tables and indexes are as new: what other tests have left in their files would have its say in the plans.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # triggers let nobody empty some of them
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        cursor.execute("SET LOCAL session_replication_role = origin")
    drop, members = make_drop(2 * MANY), make_members(2 * MANY + 10)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")
    return drop, iter(members)


def rows_read() -> int:
    """Of all tables in this transaction."""
    with connection.connection.cursor() as cursor:
        return cursor.execute(READ).fetchone()[0]


def rows_by_index() -> dict[str, int]:
    """Which index of holds has read so many in this transaction; the table itself for reading it from end to end."""
    with connection.connection.cursor() as cursor:
        found = cursor.execute(BY_INDEX).fetchall()
    return {name: rows for name, rows in found if rows}


def fill(drop: Any, members: Iterator[Any]) -> None:
    """Holds, each from a network and a device of its own, sales, sizes of another drop, and sign-ins."""
    moment, size, other = database_time(), drop.sizes.get(), make_drop(1)
    Size.objects.bulk_create(Size(drop=other, label=str(number), total=0, available=0) for number in range(MANY))
    Session.objects.bulk_create(Session(session_key=f"key {number}", expire_date=moment) for number in range(MANY))
    held = {"drop": drop, "size": size, "price": 1, "currency": "USD"}
    for status, ended_at in (("active", None), ("completed", moment)):
        made = Reservation.objects.bulk_create(
            Reservation(
                **held,
                member=next(members),
                status=status,
                created_at=moment,
                expires_at=moment + timedelta(seconds=600 + number),
                ended_at=ended_at,
                network=f"network {status} {number}",
                device=f"device {status} {number}",
            )
            for number in range(MANY)
        )
    Purchase.objects.bulk_create(
        Purchase(**held, reservation=hold, member=hold.member, address={}, created_at=moment) for hold in made
    )


def ask_all(drop: Any, members: Iterator[Any]) -> dict[str, int]:
    """Everything that the desk asks on the way of a grant, also where a hold has lapsed; the rows that each statement of those
    that are prepared has read."""
    read: dict[str, int] = {}

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        before = rows_read()
        found = execute(sql, params, many, context)
        if isinstance(context["cursor"].cursor, ServerBindingCursor):
            read[sql] = max(read.get(sql, 0), rows_read() - before)
        return found

    size, origin, granted = drop.sizes.get().pk, Origin("network", "device"), []
    for _ in range(2):
        member = next(members)
        ticket = tokens.open_pass(tokens.issue_pass(member, drop, "family", at=database_time()).text)
        with connection.execute_wrapper(count):
            assert tokens.invalid_reasons([ticket]) == [tokens.ENDED]
            (answer,) = grant(drop.pk, [HoldRequest(member.pk, size, origin)])
        granted.append(answer.reservation)
        lapse(granted[0])  # for the second one to reclaim
    assert all(hold.status == "active" for hold in granted)
    assert len(read) == 4
    assert max(map(len, read)) <= LONGEST
    return read


def prepared_now() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(PREPARED)
        return cursor.fetchall()


def test_plans_of_an_empty_shop_read_few_rows_of_a_full_one(shop: Any) -> None:
    ask_all(*shop)
    made = prepared_now()
    fill(*shop)
    read = rows_by_index()
    too_many = {statement: rows for statement, rows in ask_all(*shop).items() if rows > FEW}
    assert too_many == {}, {index: rows - read.get(index, 0) for index, rows in rows_by_index().items()}
    assert prepared_now() == made
    assert {custom for _, custom in made} == {0}


def test_control_a_lock_for_which_no_index_is_of_use_reads_all_sizes_of_the_full_shop(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = Size.objects.select_for_update().alias(text=Cast("drop", TextField()))
    unserved = CompiledQuery(lambda drop: sizes.filter(text=Cast(drop, TextField())).order_by("pk"), prepared=True)
    monkeypatch.setattr(counters, "_locked_run", unserved)
    ask_all(*shop)
    fill(*shop)
    assert max(ask_all(*shop).values()) > MANY
