"""A member's turn in a queue, as passes ask for it: nobody reserves in a queue's drop without one, and no pass outlasts it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from drops.models import Drop, Mode
from dropshop.core.members import Member
from dropshop.core.sql import rows
from reservations.passes.requirements import MissingRequirement

TURN = "turn"
TURNS = """
SELECT member_id, admitted_until FROM {queueplace}
 WHERE drop_id = %(drop)s AND member_id = ANY(%(members)s::uuid[]) AND ended_at IS NULL AND admitted_until > clock_timestamp()
"""


def turns_of(members: Collection[UUID], drop_id: UUID) -> dict[UUID, datetime]:
    """Until when it is the turn of those of these members whose turn it is, by the database's clock."""
    return dict(rows(TURNS, drop=drop_id, members=[*members]))


def missing_turn(members: Collection[Member], drop: Drop) -> dict[UUID, MissingRequirement]:
    """What those of these members lack whose turn it is not; nobody lacks anything where the drop has no queue."""
    if drop.mode != Mode.QUEUE:
        return {}
    ids = [member.pk for member in members]
    lack = MissingRequirement(
        TURN,
        "It is not your turn. Pairs of this drop are for those whose turn in the queue it is.",
        drop.get_absolute_url(),
        {"queue": f"/api/v1/drops/{drop.pk}/queue"},
    )
    return dict.fromkeys(set(ids).difference(turns_of(ids, drop.pk)), lack)


def end_of_turn(member: Member, drop: Drop) -> datetime | None:
    """Until when this member may reserve at most; None where the drop has no queue.

    Who has no turn, or has lost it since it was asked for, may reserve until the start: never.
    """
    return turns_of([member.pk], drop.pk).get(member.pk, drop.starts_at) if drop.mode == Mode.QUEUE else None
