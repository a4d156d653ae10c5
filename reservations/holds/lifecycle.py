"""The end of holds: exactly once, under the size's lock, by whoever comes first, the next shopper or the sweeper."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from drops.models import Drop, Size
from drops.stock import counters
from drops.stock.facts import publish_stock
from dropshop.core import clock, live
from dropshop.core.clock import database_time
from dropshop.core.errors import ConcurrentUpdate, NotFound
from dropshop.core.members import Member
from dropshop.core.sql import CompiledQuery, rows
from dropshop.core.transactions import after_commit, retrying
from reservations.holds.errors import ExtensionUsed
from reservations.holds.facts import reservation_facts
from reservations.holds.models import Reservation

_overdue = CompiledQuery(
    lambda moment, sizes: (
        Reservation.objects.overdue(moment).filter(size__among=sizes).order_by("pk").select_for_update(no_key=True)
    )
)


def reclaim(locked: dict[int, Size], moment: datetime) -> set[int]:
    """Ends the overdue holds of the locked sizes and frees their pairs (S4); the ids of the sizes that got some back.

    As many statements for a hundred lapsed holds as for one: whoever reserves next waits for them.
    """
    lapsed = _overdue(moment, [*locked])
    drops = Drop.objects.in_bulk({hold.drop_id for hold in lapsed}) if lapsed else {}
    for hold in lapsed:
        hold.size, hold.drop = locked[hold.size_id], drops[hold.drop_id]
    end_holds(lapsed, Reservation.Status.EXPIRED, moment)
    freed = Counter(hold.size_id for hold in lapsed)
    for size_id, pairs in freed.items():
        counters.release(locked[size_id], pairs)
    return set(freed)


# The status as an expression: else PostgreSQL may read a whole partial index (of all active holds) for a few ids.
END = """
UPDATE {reservation} SET status = %(status)s, ended_at = %(moment)s, pinned_until = NULL
 WHERE id = ANY(%(ended_holds)s::uuid[]) AND status || '' = 'active'
RETURNING id, size_id
"""


def end_holds(holds: Collection[Reservation], status: Reservation.Status, moment: datetime) -> None:
    """Ends these holds, whose rows are locked, and tells their owners.

    Compare-and-set on the status (H4): raises ConcurrentUpdate, and undoes everything, where one has ended already.
    """
    if not holds:
        return
    if len(rows(END, ended_holds=[hold.pk for hold in holds], status=str(status), moment=moment)) != len(holds):
        raise ConcurrentUpdate
    note_ended(holds, status, moment)


def note_ended(holds: Collection[Reservation], status: Reservation.Status, moment: datetime) -> None:
    """Writes on these holds in memory what `END` has just written into their rows, and tells their owners."""
    for hold in holds:
        hold.status, hold.ended_at, hold.pinned_until = status, moment, None
    publish_ended(holds)


# Drawn by the database; never at once, and never later than is told.
REST = """
UPDATE {reservation}
   SET offered_by = %(moment)s + %(longest)s, offered_at = %(moment)s + %(longest)s * (0.25 + 0.75 * random())
 WHERE id = %(id)s
RETURNING offered_at, offered_by
"""
OFFER = """
UPDATE {reservation} SET offered_at = NULL, offered_by = NULL
 WHERE size_id = ANY(%(sizes)s::bigint[]) AND offered_at <= %(moment)s
RETURNING size_id
"""


def rest(hold: Reservation, moment: datetime, longest: timedelta) -> None:
    """The pair of this cancelled hold counts as held until a random moment within `longest`."""
    ((hold.offered_at, hold.offered_by),) = rows(REST, id=hold.pk, moment=moment, longest=longest)


def offer(locked: dict[int, Size], moment: datetime) -> set[int]:
    """Frees the pairs of the locked sizes that have rested; the ids of the sizes that got some back."""
    freed = Counter(size_id for (size_id,) in rows(OFFER, sizes=[*locked], moment=moment))
    for size_id in sorted(freed):
        counters.release(locked[size_id], freed[size_id])
    return set(freed)


def publish_ended(holds: Collection[Reservation]) -> None:
    """After the commit, each hold's owner, and nobody else, hears `reservation-ended`.

    The facts are put together after it, too: under the lock everybody would wait for that.
    """
    if holds:
        after_commit(_publish_ended, holds)


def _publish_ended(holds: Collection[Reservation]) -> None:
    told = ({"type": "reservation-ended", "to": str(hold.member_id), "reservation": reservation_facts(hold)} for hold in holds)
    live.publish(*told)


def expire_overdue() -> int:
    """The sweep: ends every overdue hold and offers what has rested, one transaction per size; how many sizes got pairs back.

    Safe when run twice at once. A size whose row somebody holds is left for the next second: whoever reserves there
    reclaims by themselves, and a frozen holder must not stop the sweep of the others.
    """
    due = Reservation.objects.overdue(), Reservation.objects.rested()
    sizes = {size_id for holds in due for size_id in holds.order_by().values_list("size_id", flat=True).distinct()}
    return sum(_expire_size(size_id) for size_id in sorted(sizes))


@retrying
def _expire_size(size_id: int) -> bool:
    with transaction.atomic():
        free = Size.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=size_id)
        locked = {size.pk: size for size in free}
        moment = database_time()
        recovered = reclaim(locked, moment) | offer(locked, moment) if locked else set()
        publish_stock(locked.values(), recovered=recovered)
    return bool(recovered)


def lock_hold(reservation_id: UUID, *, member: Member) -> tuple[Reservation, datetime]:
    """The member's hold with its size locked, and the moment after the wait; raises NotFound for anyone else's.

    `hold.size` is the locked row, and `hold.refusal` is judged at that moment.
    Locking only the hold would let a sale and the reclaim of an expired hold pass each other.
    """
    if not Reservation.objects.filter(pk=reservation_id, member=member).exists():
        raise NotFound("You have no such reservation.")
    holds, moment, _ = lock_holds([reservation_id])
    return holds[reservation_id], moment


_lock_sizes = counters.locking(lambda holds: Q(pk__in=Reservation.objects.order_by().filter(pk__among=holds).values("size")))
_of_hold = [field.attname for field in Reservation._meta.concrete_fields]
_of_drop = [field.attname for field in Drop._meta.concrete_fields]
# The clock is read behind the lock, and the holds of then, with what belongs to them. A drop stands beside the first of its
# holds alone. OFFSET 0 has an index probed for each hold, whatever PostgreSQL believes of the other table.
READ = f"""
WITH now AS MATERIALIZED (SELECT coalesce(%(at)s::timestamptz, clock_timestamp()) AS moment),
     locked AS MATERIALIZED (SELECT * FROM {{reservation}} WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE),
     hold AS (SELECT *, row_number() OVER (PARTITION BY drop_id ORDER BY id) AS place FROM locked)
SELECT now.moment, {", ".join(f"hold.{name}" for name in _of_hold)}, {", ".join(f"dropped.{name}" for name in _of_drop)},
       beside.*
  FROM now LEFT JOIN hold ON true
  LEFT JOIN {{drop}} AS dropped ON hold.place = 1 AND dropped.id = hold.drop_id
  LEFT JOIN LATERAL (<beside> OFFSET 0) AS beside ON true
"""  # noqa: S608 - the names are the models' columns
NOTHING = "SELECT NULL"
Rows = list[tuple[Any, ...]]


def lock_holds(
    ids: Collection[UUID], *, beside: str = NOTHING, **values: Any
) -> tuple[dict[UUID, Reservation], datetime, Rows]:
    """These holds by their ids, with their sizes locked, and the moment after the wait; those that do not exist are missing.

    `hold.size` is the locked row, one object for all holds of a size; `hold.refusal` is judged at that moment. And the rows of
    `beside`, a query with these values for what belongs to one `hold`; the first column of each is its id.
    Two statements, for a hundred as for one.
    """
    return read_holds(ids, _lock_sizes(ids), beside=beside, **values)


def read_holds(
    ids: Collection[UUID], locked: Mapping[int, Size], *, at: datetime | None = None, beside: str = NOTHING, **values: Any
) -> tuple[dict[UUID, Reservation], datetime, Rows]:
    """The same once these sizes are locked. `at`: another moment than now."""
    found = rows(READ.replace("<beside>", beside), ids=ids, at=at, **values)
    moment, middle, end = found[0][0], 1 + len(_of_hold), 1 + len(_of_hold) + len(_of_drop)
    clock.remember(moment)
    firsts = {row[1]: row for row in found if row[1] is not None}  # a hold beside which are two rows is read twice
    drops = {row[middle]: Drop.from_db(connection.alias, _of_drop, row[middle:end]) for row in found if row[middle] is not None}
    holds = {pk: Reservation.from_db(connection.alias, _of_hold, row[1:middle]) for pk, row in firsts.items()}
    for hold in holds.values():
        hold.size, hold.drop, hold.locked_at = locked[hold.size_id], drops[hold.drop_id], moment
    return holds, moment, [row[end:] for row in found if row[end] is not None]


@retrying
def extend(reservation_id: UUID, *, member: Member) -> Reservation:
    """More time: `hold_seconds` on top, `max_extensions` times per hold (H3).

    Raises NotFound, HoldExpired, AlreadyPurchased, AlreadyCancelled, ExtensionUsed.
    """
    with transaction.atomic():
        hold, _ = lock_hold(reservation_id, member=member)
        if hold.refusal:
            raise hold.refusal
        if hold.extensions_left == 0:
            raise ExtensionUsed(expires_at=hold.expires_at)
        more = timedelta(seconds=hold.drop.hold_seconds)
        hold.extensions += 1
        hold.expires_at += more
        hold.pinned_until = hold.pinned_until + more if hold.pinned_until else None
        hold.save(update_fields=["extensions", "expires_at", "pinned_until"])
        counters.bump_version(hold.size)
        publish_stock([hold.size])
    return hold


@retrying
def cancel(reservation_id: UUID, *, member: Member) -> Reservation:
    """Gives the pair back. A late cancellation counts as a lapse (H7); repeating it changes nothing.

    Raises NotFound, HoldExpired, AlreadyPurchased.
    """
    with transaction.atomic():
        hold, moment = lock_hold(reservation_id, member=member)
        if hold.status != Reservation.Status.CANCELLED:
            if hold.refusal:
                raise hold.refusal
            end_holds([hold], Reservation.Status.CANCELLED, moment)
            _return(hold, moment)
    return hold


def _return(hold: Reservation, moment: datetime) -> None:
    """The pair of a hold that was given back is free, or rests first where it is the only one to be had.

    Otherwise the member who gives a pair back could choose who gets it: a friend would ask in the same instant. Near the drop's
    end nothing rests.
    """
    longest = timedelta(seconds=settings.GIVE_BACK_RESTS)
    if longest and hold.size.available == 0 and not hold.drop.is_over_at(moment + longest):
        rest(hold, moment, longest)
        counters.bump_version(hold.size)
        publish_stock([hold.size])
    else:
        counters.release(hold.size, 1)
        publish_stock([hold.size], recovered=[hold.size_id])
