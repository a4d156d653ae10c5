"""SQL by hand, for what a batch does many times under a lock: there the ORM costs more per shopper than PostgreSQL does."""

from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from drops.models import Size
from reservations.models import Payment, Purchase, Reservation, TestCharge


@cache
def named(statement: str) -> str:
    """The statement with the names of tables in the place of `{payment}` and its like; put together once for each."""
    return statement.format(
        charge=TestCharge._meta.db_table,
        member=get_user_model()._meta.db_table,
        payment=Payment._meta.db_table,
        purchase=Purchase._meta.db_table,
        reservation=Reservation._meta.db_table,
        size=Size._meta.db_table,
    )


def rows(statement: str, **values: Any) -> list[Any]:
    """The rows that the statement returns; `{payment}` and its like are the names of tables, `%(name)s` are values."""
    with connection.cursor() as cursor:
        cursor.execute(named(statement), values)
        return cursor.fetchall() if cursor.description else []
