"""Moving purchase requests: the only way from one state to the next. Each move is kept, and its member's screens hear of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from dropshop.core import live
from dropshop.core.clock import database_time, iso
from dropshop.core.members import Member
from dropshop.core.sql import rows
from dropshop.core.transactions import after_commit
from reservations.requests.models import MOVES, Reason, Status


class Moving(NamedTuple):
    """A request that moves, and what is noted with that."""

    id: UUID
    reason: Reason | str = ""
    note: str = ""
    place: int | None = None
    hold: UUID | None = None


# Compare-and-set: only those move that are where the caller believes them to be.
MOVE = """
WITH moved AS (
    UPDATE {purchaserequest} AS request
       SET status = %(to)s, moved_at = %(moment)s, reason = new.reason, note = new.note, tries = 0,
           place = coalesce(new.place, request.place), reservation_id = coalesce(new.hold, request.reservation_id),
           retry_at = CASE WHEN %(to)s = 'processing_payment' THEN %(moment)s END
      FROM unnest(%(ids)s::uuid[], %(reasons)s::text[], %(notes)s::text[], %(places)s::int[], %(holds)s::uuid[])
           AS new(id, reason, note, place, hold)
     WHERE request.id = new.id AND request.status || '' = %(was)s
    RETURNING request.id, request.member_id, request.drop_id, request.reason, request.note
), kept AS (
    INSERT INTO {requestmove} (request_id, was, "to", reason, note, by_id, created_at)
    SELECT id, %(was)s, %(to)s, reason, note, %(by)s, %(moment)s FROM moved
)
SELECT id, member_id, drop_id FROM moved
"""


def move_each(
    was: Status, to: Status, moving: Sequence[Moving], *, at: datetime | None = None, by: Member | None = None
) -> set[UUID]:
    """Moves those of these requests that are `was`, in one statement; their ids. `at`: the moment, else now."""
    if to not in MOVES[was]:
        raise ValueError(f"A request that is {was} cannot become {to}.")
    if not moving:
        return set()
    moment = at or database_time()
    ids, reasons, notes, places, holds = (list(column) for column in zip(*moving, strict=True))
    moved = rows(
        MOVE,
        was=was.value,
        to=to.value,
        ids=ids,
        reasons=[str(reason) for reason in reasons],
        notes=[note[:300] for note in notes],
        places=places,
        holds=holds,
        by=by.pk if by is not None else None,
        moment=moment,
    )
    after_commit(_publish, to, moved, moment)
    return {pk for pk, _, _ in moved}


def _publish(to: Status, moved: Sequence[Any], moment: datetime) -> None:
    said = {"type": "request-updated", "status": to.value, "moved_at": iso(moment)}
    live.publish(*({**said, "to": str(member), "request": str(pk), "drop": str(drop)} for pk, member, drop in moved))
