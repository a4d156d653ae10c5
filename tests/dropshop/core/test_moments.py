"""Moments from the database are what Django's own reading makes of them."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection
from django.db.backends.postgresql.psycopg_any import BaseTzLoader

from dropshop.core.postgresql.base import MomentLoader

pytestmark = pytest.mark.django_db
MOMENTS = (
    "2026-11-30 12:45:09+00",
    "2026-11-30 12:45:09.1+00",
    "2026-11-30 12:45:09.123456+00",
    "0001-01-01 00:00:00+00",
    "9999-12-31 23:59:59.999999+00",
    "2026-11-30 18:15:00+05:30",
)


def read(moment):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [moment])
        return cursor.fetchone()[0]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_moment_is_read_as_django_reads_it(monkeypatch, moment):
    ours = read(moment)
    monkeypatch.setattr(MomentLoader, "load", BaseTzLoader.load)
    assert (ours, ours.tzinfo) == (read(moment), UTC)


def test_a_moment_keeps_its_microseconds():
    assert read("2026-11-30 12:45:09.1+00") == datetime(2026, 11, 30, 12, 45, 9, 100_000, tzinfo=UTC)


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "10000-01-01 00:00:00+00", "0044-03-15 12:00:00+00 BC"])
def test_what_python_has_no_moment_for_is_an_error(moment):
    with pytest.raises(DataError):
        read(moment)
