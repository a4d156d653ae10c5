"""What holds and sales tell the world: the API's `reservation` and `purchase`, and this app's part of a drop's facts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, IntegerField
from django.db.models.expressions import RawSQL

from drops.models import Drop, Size
from dropshop.core.clock import database_time, iso
from dropshop.core.money import Money
from dropshop.core.sql import with_table_names
from reservations.holds.models import Reservation


def reservation_facts(hold: Reservation, *, at: datetime | None = None) -> dict[str, Any]:
    """The `reservation` of the API, as it stands `at` this moment of the database's clock, read after the hold was.

    A hold whose time is over has expired, whether or not the sweeper has come. None: it was granted or ended just now.
    """
    has_lapsed = at is not None and hold.is_overdue(at)
    return {
        "id": str(hold.pk),
        "drop": str(hold.drop_id),
        "size": hold.size.label,
        "status": Reservation.Status.EXPIRED.value if has_lapsed else hold.status,
        "price": hold.money.facts,
        "created_at": iso(hold.created_at),
        "expires_at": iso(hold.expires_at),
        "extensions_left": hold.extensions_left,
    }


def new_hold_facts(drop: Drop, size: Size, created_at: datetime, expires_at: datetime) -> dict[str, Any]:
    """The same of a hold that has just been granted, without its id. A model for it would cost as much as a small statement."""
    return {
        "drop": str(drop.pk),
        "size": size.label,
        "status": Reservation.Status.ACTIVE.value,
        "price": Money(drop.price, drop.currency).facts,
        "created_at": iso(created_at),
        "expires_at": iso(expires_at),
        "extensions_left": drop.max_extensions,
    }


def as_they_stand(holds: Iterable[Reservation]) -> list[dict[str, Any]]:
    """The holds, which have just been read, as they stand now by the database's clock."""
    holds = list(holds)
    moment = database_time()
    return [reservation_facts(hold, at=moment) for hold in holds]


# Pairs are compared as rows, so that only the index by size and expiry can be used: going by statistics, PostgreSQL sometimes
# reads the holds of all other sizes instead.
LAPSED = """(
    SELECT count(*) FROM {reservation} AS hold
     WHERE status = 'active' AND (pinned_until IS NULL OR pinned_until <= statement_timestamp())
       AND (hold.size_id, expires_at) >= ({size}.id, '-infinity'::timestamptz)
       AND (hold.size_id, expires_at) <= ({size}.id, statement_timestamp())
) + (
    SELECT count(*) FROM {reservation} AS hold
     WHERE hold.size_id = {size}.id AND offered_at IS NOT NULL AND offered_at <= statement_timestamp()
)"""
# The innermost may look on into the next size, where this one has no such hold: with a bound PostgreSQL sometimes believes that
# there are few, and then reads and sorts all of them. Both are sorted: while there are no holds, any index of active ones seems
# as good, and the plan may stay (`prepared_rows`).
FIRST_TO_RETURN = """least((
    SELECT min(lapse)
      FROM (SELECT greatest(expires_at, pinned_until) AS lapse FROM {reservation} AS hold
             WHERE status = 'active' AND greatest(expires_at, pinned_until) > {moment}
               AND (hold.size_id, expires_at) >= ({size}.id, '-infinity'::timestamptz)
               AND (hold.size_id, expires_at) <= ({size}.id, coalesce(
                     (SELECT CASE WHEN size_id = {size}.id THEN expires_at END
                        FROM (SELECT size_id, expires_at FROM {reservation} AS unpinned
                               WHERE status = 'active' AND pinned_until IS NULL
                                 AND (unpinned.size_id, expires_at) > ({size}.id, {moment})
                               ORDER BY unpinned.size_id, expires_at LIMIT 1) AS first),
                     'infinity'))
             ORDER BY hold.size_id, expires_at) AS held
), (
    SELECT min(offered_by) FROM {reservation} AS hold
     WHERE hold.size_id = {size}.id AND offered_at IS NOT NULL AND offered_at > {moment}
))"""


def first_to_return(moment: str) -> str:
    """The expression over Size for when the first of those holds may return that have not lapsed by `moment`, an expression."""
    return FIRST_TO_RETURN.replace("{moment}", moment)


def size_facts() -> dict[str, Any]:
    """Expressions over Size: how many of its holds have lapsed or rested, and when the first of the others may return.

    A pin only makes a hold last longer, so the first to return is none that expires after the first one without a pin: of
    thousands of holds the index shows the lapsed ones, a few that are being paid for, and one more.
    """
    first = with_table_names(first_to_return("statement_timestamp()"))
    return {
        "lapsed": RawSQL(with_table_names(LAPSED), (), output_field=IntegerField()),  # noqa: S611 - all of it stands above
        "next_expiry": RawSQL(first, (), output_field=DateTimeField()),  # noqa: S611 - likewise
    }


HOLD = "reservations/{reservation[id]}"
