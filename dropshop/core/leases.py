"""Rows of a table that wait to be worked off by whichever process has time.

A row is claimed: the claim counts the try and puts the next one off by a lease, so that no two processes have a row at once,
and one whose worker died is taken up by another. What did not succeed is tried later and later. Such a table has the columns
`tries` and `retry_at`; a row that is settled has no `retry_at`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from dropshop.core.sql import rows

# What statements are put together of, by `sql`. `lease` is seconds; `pause` too, doubled with each try up to `longest`.
PARTS = {
    "{CLAIMED}": "tries = least(tries + 1, 30000), retry_at = clock_timestamp() + %(lease)s * interval '1 second'",
    "{FIRST}": "LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED",
    "{LATER}": "clock_timestamp() + least(%(pause)s * 2.0 ^ least(tries - 1, 20), %(longest)s) * interval '1 second'",
}
CLAIM = """
UPDATE {table} SET {CLAIMED}
 WHERE id = (SELECT id FROM {table} WHERE {waiting} AND retry_at <= %(moment)s AND {also} ORDER BY retry_at {FIRST})
RETURNING id
"""
TRY_LATER = """
UPDATE {table} SET {remark} = %(remark)s, retry_at = {LATER} WHERE id = %(id)s AND {waiting} AND retry_at = %(lease)s
"""


def sql(statement: str, parts: Mapping[str, str] = MappingProxyType({})) -> str:
    """The statement with `PARTS` and these parts put in; they are SQL of ours, never values."""
    for name, part in (*parts.items(), *PARTS.items()):
        statement = statement.replace(name, part)
    return statement


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits in one table."""

    table: str  # as `rows` takes it: "{refund}"
    waiting: str  # SQL: this row is not settled
    lease: Callable[[], float]  # seconds for which whoever has claimed a row has it alone
    pause: int  # seconds between the first and the second try; doubling from then on
    longest: int  # seconds that the pause grows to
    remark: str = "error"  # the column that says why the last try failed

    def claim(self, moment: datetime, also: str = "true") -> Any:
        """The primary key of what was due first at this moment of the database's clock; None where nothing is.

        `also` is SQL that narrows it down. Until its lease has run out nobody else gets the row.
        """
        claimed = rows(self._sql(CLAIM, also), moment=moment, lease=self.lease())
        return claimed[0][0] if claimed else None

    def try_later(self, row: Any, remark: str) -> None:
        """The claimed row is tried again after its pause; `remark` says why.

        Only by whoever has the lease still: where it has run out, somebody else is at it.
        """
        pauses = {"pause": self.pause, "longest": self.longest}
        rows(self._sql(TRY_LATER), id=row.pk, lease=row.retry_at, remark=remark, **pauses)

    def _sql(self, statement: str, also: str = "true") -> str:
        return sql(statement, {"{table}": self.table, "{waiting}": self.waiting, "{also}": also, "{remark}": self.remark})
