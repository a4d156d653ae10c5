"""The only module that writes stock (S2): each function moves pairs on a size whose row the caller holds locked.

    with transaction.atomic():
        locked = lock_sizes([size.pk])[size.pk]
        counters.release(locked, 1)

Sizes are locked by id, before any reservation, and behind the drop, where staff lock that. `FOR NO KEY UPDATE`, because
plain FOR UPDATE would stop the foreign-key checks of every insert that points at the row.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q

from drops.stock import facts
from drops.stock.models import Size, StockAdjustment
from dropshop.core.errors import NUMBER, DropshopError, Invalid, NotFound
from dropshop.core.members import Member
from dropshop.core.sql import CompiledQuery, prepared_rows, rows
from dropshop.core.transactions import retrying


class BelowCommitted(DropshopError):
    """The wanted total is below the pairs that are held or sold (S5)."""

    code, status, title = "below_committed", 409, "There are more pairs held and sold than that."
    brings = dict.fromkeys(("reserved", "sold", "minimum", "total"), NUMBER)


_locked = CompiledQuery(lambda pks: Size.objects.select_for_update(no_key=True).filter(pk__among=pks).order_by("pk"))
# "+ 0": sorted by id, and not read in that order, which may be to read all sizes of the shop.
_locked_run = CompiledQuery(
    lambda drop: Size.objects.select_for_update(no_key=True).filter(drop=drop).order_by(F("pk") + 0), prepared=True
)


def lock_sizes(sizes: Iterable[int]) -> dict[int, Size]:
    """The rows, locked in id order in one statement, by id. What was read before is old: use only these."""
    return {locked.pk: locked for locked in _locked([*sizes])}


def locking(which: Callable[..., Q]) -> Callable[..., dict[int, Size]]:
    """A function that locks, as `lock_sizes` does, the sizes for which a condition on its arguments holds, found in the
    same statement."""
    sizes = Size.objects.select_for_update(no_key=True).order_by(F("pk") + 0)  # sorted, for the same reason
    locked = CompiledQuery(lambda *given: sizes.filter(which(*given)))
    return lambda *given: {size.pk: size for size in locked(*given)}


def lock_run(drop_id: UUID) -> dict[int, Size]:
    """All sizes of the drop, locked as by `lock_sizes`; nobody is granted a pair meanwhile, so lock them late and shortly.

    For `reserve.grant`, and for changes of a plan by which that decides: it reads the drop under these locks. The drop's own
    row, where it is locked too, comes first. A size that is added while this waits may be missing.
    """
    return {locked.pk: locked for locked in _locked_run(drop_id)}


MOVE_COUNTERS = """
UPDATE drops_size
   SET total = total + %(total)s, available = available + %(available)s, reserved = reserved + %(reserved)s,
       sold = sold + %(sold)s, version = version + %(version)s
 WHERE id = %(id)s
"""


def _move(locked: Size, *, total: int = 0, available: int = 0, reserved: int = 0, sold: int = 0) -> None:
    """Adds to the counters. The database's CHECKs refuse any state that does not balance (S1)."""
    changes = {"total": total, "available": available, "reserved": reserved, "sold": sold, "version": 1}
    with connection.cursor() as cursor:
        cursor.execute(MOVE_COUNTERS, {"id": locked.pk, **changes})
    for name, change in changes.items():
        setattr(locked, name, getattr(locked, name) + change)


# What moves is what was inserted. The statement does not see its own rows: `next_expiry` is of the holds of before. The locked
# sizes are named, so that no plan is to look at all sizes of the shop.
HOLD_INSERTED = """
WITH inserted AS ({insert}),
     taken AS (SELECT size_id, count(*)::int AS pairs FROM inserted GROUP BY size_id)
UPDATE drops_size SET available = available - pairs, reserved = reserved + pairs, version = version + 1
  FROM taken WHERE id = size_id AND id = ANY(%(locked)s::bigint[])
RETURNING id, available, reserved, version, {next_expiry}
"""


def hold_inserted(locked: Mapping[int, Size], insert: str, *, next_expiry: str, **values: Any) -> list[Size]:
    """Inserts holds, and makes as many available pairs of their sizes reserved, in one statement; the sizes that moved.

    `insert` is the statement that inserts, with its `values`, and returns the `size_id` of each hold. Each size that moved has
    the value of the expression `next_expiry`, over `drops_size`, as an attribute.
    """
    moved, statement = [], HOLD_INSERTED.format(insert=insert, next_expiry=next_expiry)
    for pk, *now in prepared_rows(statement, locked=[*locked], **values):
        size: Any = locked[pk]
        size.available, size.reserved, size.version, size.next_expiry = now
        moved.append(size)
    return moved


def release(locked: Size, pairs: int) -> None:
    """Reserved becomes available again: holds that lapsed or were given back."""
    _move(locked, reserved=-pairs, available=pairs)


# Returns a row also where no size moves.
WITH_CHANGES = """
WITH {changes},
     pairs_of AS (SELECT size_id, count(*)::int AS pairs FROM {by} GROUP BY size_id),
     moved_sizes AS (UPDATE drops_size SET {moves}version = version + 1
               FROM pairs_of WHERE id = size_id AND id = ANY(%(locked)s::bigint[])
               RETURNING id, reserved, sold, version)
SELECT {counts}, moved_sizes.* FROM (SELECT) AS one LEFT JOIN moved_sizes ON true
"""
Moved = tuple[list[Size], list[int]]


def sell_ended(locked: Mapping[int, Size], changes: Mapping[str, str], *, ended: str, **values: Any) -> Moved:
    """Makes some changes, by statements with these `values`, and in the same statement reserved pairs sold: one for each hold
    of which the change with the name `ended` returns the `size_id`. The sizes that moved; how many rows each change returned.
    """
    return _with(changes, ended, "reserved = reserved - pairs, sold = sold + pairs, ", locked, values)


def bump_changed(locked: Mapping[int, Size], changes: Mapping[str, str], *, changed: str, **values: Any) -> Moved:
    """The same, with `bump_version` for the sizes of the holds that the change with the name `changed` returns."""
    return _with(changes, changed, "", locked, values)


def _with(changes: Mapping[str, str], by: str, moves: str, locked: Mapping[int, Size], values: Mapping[str, Any]) -> Moved:
    statement = WITH_CHANGES.format(
        changes=", ".join(f"{name} AS ({change})" for name, change in changes.items()),
        counts=", ".join(f"(SELECT count(*) FROM {name})" for name in changes),  # noqa: S608 - names of the callers
        by=by,
        moves=moves,
    )
    found = rows(statement, locked=[*locked], **values)
    sizes = []
    for *_, pk, reserved, sold, version in found:
        if pk is not None:
            size = locked[pk]
            size.reserved, size.sold, size.version = reserved, sold, version
            sizes.append(size)
    return sizes, list(found[0][: len(changes)])


def put_back(locked: Size, pairs: int) -> None:
    """Sold becomes available again: pairs of cancelled or returned orders."""
    _move(locked, sold=-pairs, available=pairs)


def bump_version(locked: Size) -> None:
    """Nothing moved, but what a screen shows of the size did (a later expiry): the version rises."""
    _move(locked)


def add_size(drop_id: UUID, label: str, total: int, *, position: int = 0) -> Size:
    """A new line of the size run with every pair available."""
    return Size.objects.create(drop_id=drop_id, label=label, position=position, total=total, available=total)


@retrying
def adjust(size_id: int, *, total: int, reason: str, by: Member) -> Size:
    """Sets a size's total while the drop runs (S5) and records who did it and why.

    Returns the size as it stands then. Raises BelowCommitted with the numbers, Invalid for a missing reason or a
    total no integer column holds, NotFound. The same total again changes nothing.
    """
    if not 0 < len(reason := reason.strip()) <= 300:
        raise Invalid(errors={"reason": ["Say why, in at most 300 characters."]})
    if not 0 <= total <= 1_000_000:
        raise Invalid(errors={"total": ["Between 0 and 1,000,000."]})
    with transaction.atomic():
        locked = lock_sizes([size_id]).get(size_id)
        if locked is None:
            raise NotFound("There is no such size.")
        committed = locked.reserved + locked.sold
        if total < committed:
            raise BelowCommitted(
                f"{locked.reserved} held and {locked.sold} sold; the total cannot go below {committed}.",
                reserved=locked.reserved,
                sold=locked.sold,
                minimum=committed,
                total=total,
            )
        if total != locked.total:
            StockAdjustment.objects.create(size=locked, by=by, total_before=locked.total, total_after=total, reason=reason)
            _move(locked, total=total - locked.total, available=total - locked.total)
            facts.publish_stock([locked])
    return locked
