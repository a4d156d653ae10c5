"""The one clock that decides (S3): PostgreSQL's `clock_timestamp()`, which moves on inside a transaction; `now()` does not."""

from datetime import datetime

from django.db import connection, models


class ClockTimestamp(models.Func):
    """`clock_timestamp()` as an expression, for conditions that a statement checks by itself."""

    function = "clock_timestamp"
    template = "%(function)s()"
    output_field = models.DateTimeField()


def database_time() -> datetime:
    """The moment, in UTC; ask after the lock is granted, or the wait counts against the shopper (H1)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    return moment
