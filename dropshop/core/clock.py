"""The one clock that decides (S3): PostgreSQL's `clock_timestamp()`, which moves on inside a transaction; `now()` does not."""

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.db import connection, models


class ClockTimestamp(models.Func):
    """`clock_timestamp()` as an expression, for conditions that a statement checks by itself."""

    function = "clock_timestamp"
    template = "%(function)s()"
    output_field = models.DateTimeField()


class StatementTimestamp(models.Func):
    """`statement_timestamp()` as an expression: one moment for all rows of a statement, and known before it runs, so that an
    index can be searched by it. For describing, where nothing is locked.
    """

    function = "statement_timestamp"
    template = "%(function)s()"
    output_field = models.DateTimeField()


def database_time() -> datetime:
    """The moment, in UTC; ask after the lock is granted, or the wait counts against the shopper (H1)."""
    global _last_reading
    asked = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    _last_reading = (moment, (asked + time.monotonic()) / 2)
    return moment


def remember(moment: datetime) -> None:
    """For `estimated_database_time`: the clock as a statement has just told it beside something else."""
    global _last_reading
    _last_reading = (moment, time.monotonic())


def start_of_day(moment: datetime) -> datetime:
    """When its day began, in UTC: what is counted per day is counted from there."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


_last_reading: tuple[datetime, float] | None = None


def estimated_database_time() -> datetime | None:
    """The database's clock without asking it: the last moment it told this process, and what has passed here since.

    For what is drawn, never for what is decided. None before the first reading.
    """
    if _last_reading is None:
        return None
    moment, read_at = _last_reading
    return moment + timedelta(seconds=time.monotonic() - read_at)


@lru_cache(maxsize=256)  # a batch of holds shares its moments
def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, as everything outside reads it."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def seconds_between(moment: str | datetime, later: str | datetime) -> int:
    """Whole seconds, rounded up; 0 when it is past. ISO 8601 texts are read."""
    first, second = (datetime.fromisoformat(at) if isinstance(at, str) else at for at in (moment, later))
    return max(0, -int(-(second - first).total_seconds() // 1))


def span(seconds: int) -> str:
    """ "0:22", "3 h 20 min", "2 d 4 h"."""
    if seconds >= 86400:
        return f"{seconds // 86400} d {seconds % 86400 // 3600} h"
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"
    return f"{seconds // 60}:{seconds % 60:02}"
