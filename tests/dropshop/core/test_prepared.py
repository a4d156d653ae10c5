"""Statements that PostgreSQL plans once for a connection: at the desk, and nowhere else."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.utils import ConnectionHandler

from drops.models import Drop, Size
from dropshop.core.postgresql.base import LASTING_PLANS
from dropshop.core.sql import CompiledQuery, prepared_rows, rows
from tests.make import make_drop

NAMES = "SELECT count(*)::int FROM pg_prepared_statements"
WHICH = "SELECT pg_backend_pid(), current_setting('enable_seqscan')"
SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY(%(names)s::text[])"


def settings_now() -> dict[str, str]:
    return dict(rows(SETTINGS, names=[*LASTING_PLANS]))


@pytest.mark.django_db
def test_an_ordinary_thread_prepares_nothing() -> None:
    assert prepared_rows("SELECT %(text)s::text", text="x") == [("x",)]
    assert rows(NAMES) == [(0,)]
    assert settings_now() != LASTING_PLANS


@pytest.mark.usefixtures("prepared")
def test_a_statement_is_prepared_once_whatever_its_values() -> None:
    assert [prepared_rows("SELECT %(text)s::text", text=text) for text in ("x", "y", "")] == [[("x",)], [("y",)], [("",)]]
    assert (rows(NAMES), settings_now()) == ([(1,)], LASTING_PLANS)


@pytest.mark.usefixtures("prepared")
def test_a_statement_reads_values_and_answers_of_other_kinds_than_the_last_time() -> None:
    """Its cursor is kept, and has learned how the first were written and read."""
    asked = [prepared_rows("SELECT %(given)s::text, %(given)s IS NULL", given=given) for given in ("x", None, "y")]
    assert asked == [[("x", False)], [(None, True)], [("y", False)]]
    rows("CREATE TEMPORARY TABLE kinds (value int) ON COMMIT DROP")
    rows("INSERT INTO kinds VALUES (1)")
    assert prepared_rows("SELECT value FROM kinds") == [(1,)]
    rows("ALTER TABLE kinds ALTER value TYPE timestamptz USING '2026-11-30 12:00+00'")
    assert prepared_rows("SELECT value FROM kinds") == [(datetime(2026, 11, 30, 12, tzinfo=UTC),)]


@pytest.mark.usefixtures("prepared")
def test_what_is_not_meant_to_be_is_not_prepared() -> None:
    rows("SELECT %(text)s::text", text="x")
    Drop.objects.count()
    assert rows(NAMES) == [(0,)]


@pytest.mark.usefixtures("prepared")
def test_a_prepared_query_finds_what_the_queryset_finds() -> None:
    compiled = CompiledQuery(lambda drop, pks: Size.objects.filter(drop=drop, pk__among=pks).order_by("pk"), prepared=True)
    drop = make_drop({"8": 1, "9": 2, "10": 3})
    first, second, _ = drop.sizes.order_by("pk")
    assert compiled(drop.pk, [first.pk, second.pk]) == [first, second]
    assert compiled(drop.pk, []) == []
    assert rows(NAMES) == [(1,)]


@pytest.mark.usefixtures("prepared")
def test_a_table_that_a_migration_has_changed_is_planned_anew_once_that_was_noticed() -> None:
    """The desk decides a batch again that has failed."""
    rows("CREATE TEMPORARY TABLE changed (value int) ON COMMIT DROP")
    rows("INSERT INTO changed VALUES (1)")
    assert prepared_rows("SELECT value FROM changed") == [(1,)]
    rows("DO 'BEGIN ALTER TABLE changed ALTER value TYPE text; END'")  # the driver is not to see it, as of another connection
    with pytest.raises(DatabaseError, match="cached plan"), transaction.atomic():
        prepared_rows("SELECT value FROM changed")
    assert prepared_rows("SELECT value FROM changed") == [("1",)]


@pytest.fixture
def one_connection() -> Iterator[Any]:
    """To a database whose pool has no other."""
    options = connection.settings_dict["OPTIONS"] | {"pool": {"min_size": 1, "max_size": 1, "timeout": 30}}
    database: Any = ConnectionHandler({"default": {**connection.settings_dict, "OPTIONS": options}})["default"]
    yield database
    database.close()
    database.close_pool()


@pytest.mark.django_db
def test_a_connection_that_had_lasting_plans_goes_to_others_as_it_came(one_connection: Any, caplog: Any) -> None:
    database = one_connection
    database.prepare_statements()
    mine, reads_whole_tables = asked(database)
    assert reads_whole_tables == "off"
    database.close()
    database.prepares = False
    assert asked(database) == (mine, "on")
    with database.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings WHERE name = ANY(%s) AND source = 'session'", [[*LASTING_PLANS]])
        assert cursor.fetchall() == []
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["SELECT 1", "SELECT 1/0"], ids=["in a transaction", "in one that has failed"])
def test_a_connection_that_is_in_the_middle_of_something_goes_to_nobody(one_connection: Any, statement: str) -> None:
    database = one_connection
    database.prepare_statements()
    mine, _ = asked(database)
    database.connection.autocommit = False
    with suppress(DatabaseError), database.cursor() as cursor:
        cursor.execute(statement)
    database.close()
    database.prepares = False
    others, reads_whole_tables = asked(database)
    assert (others != mine, reads_whole_tables) == (True, "on")


@pytest.mark.django_db
def test_a_statement_goes_to_the_connection_that_the_thread_has_now(one_connection: Any) -> None:
    database = one_connection
    database.prepare_statements()
    first, _ = asked(database)
    assert asked(database) == (first, "off")
    database.connection.close()  # as one that is lost; the thread then closes its own end
    with pytest.raises(DatabaseError):
        asked(database)
    database.close()
    second, reads_whole_tables = asked(database)
    assert (second != first, reads_whole_tables) == (True, "off")


def asked(database: Any) -> tuple[int, str]:
    """Which connection it is, and whether it reads whole tables."""
    cursor = database.prepared_cursor(WHICH)
    cursor.execute(WHICH)
    return cursor.fetchone()
