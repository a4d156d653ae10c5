"""What makes the order of a queue exact: no arrival, leaving or turn becomes visible before what was counted already.

Whoever writes places takes the queue's lock shared, and only then has PostgreSQL stamp the row, with its clock and with a
number of its sequence. Whoever reads asks for the lock alone, for as long as one statement takes: when they have it, all who
were stamped before have committed, or never will, and all who come later get a later stamp. Without that a row with a moment
before the start, or with a smaller number, could be committed after others had been told their places, and move them.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from dropshop.core import clock
from dropshop.core.sql import rows
from dropshop.core.transactions import retrying

CLASS = int.from_bytes(b"queu")  # of advisory locks with two keys
SEQUENCE = "reservations_queueplace_number_seq"


def _key(drop_id: UUID) -> int:
    """Two drops with one key would only wait for each other."""
    return int.from_bytes(drop_id.bytes[-4:], signed=True)


SHARE = "SELECT FROM pg_advisory_xact_lock_shared(%(class)s, %(key)s)"


def stamp(drop_id: UUID) -> None:
    """From here until this transaction ends it may stamp rows, by `clock_timestamp()` and `nextval`, in later statements."""
    rows(SHARE, **{"class": CLASS, "key": _key(drop_id)})


class Settled(NamedTuple):
    """A moment by which everything that was stamped before it is there to be read, and nothing will be added to it."""

    moment: datetime
    number: int  # the last one of the sequence by then
    server: datetime  # when PostgreSQL started: what it had handed out and not written down before may come again after a crash


# The lock is taken where rows come from, before a column is computed. Without it there is no row.
SETTLE = """
SELECT clock_timestamp(), coalesce(pg_sequence_last_value(%(sequence)s::regclass), 0), pg_postmaster_start_time()
  FROM {lock} AS lock
"""
WAITING = SETTLE.replace("{lock}", "pg_advisory_xact_lock(%(class)s, %(key)s)")
TRYING = SETTLE.replace("{lock}", "pg_try_advisory_xact_lock(%(class)s, %(key)s)") + " WHERE lock"


@retrying
def settle(drop_id: UUID) -> Settled:
    """A settled moment of this queue, as late as now. Within a transaction nobody arrives until that has ended."""
    return _settled(WAITING, drop_id)[0]


def try_to_settle(drop_id: UUID) -> Settled | None:
    """The same without waiting; None while somebody is arriving, leaving or let in, or stands still while they do."""
    return next(iter(_settled(TRYING, drop_id)), None)


def _settled(statement: str, drop_id: UUID) -> list[Settled]:
    found = rows(statement, **{"class": CLASS, "key": _key(drop_id), "sequence": SEQUENCE})
    for moment, *_ in found:
        clock.remember(moment)
    return [Settled(*row) for row in found]
