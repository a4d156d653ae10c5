"""Arriving in a queue, choosing sizes, leaving: one row for each arrival, in batches; one member is a batch of one."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from drops.errors import Closed, no_such_drop
from drops.models import Drop, Mode, Size
from dropshop.core.clock import database_time
from dropshop.core.errors import DropshopError, Forbidden, Invalid
from dropshop.core.members import Member
from dropshop.core.sql import rows
from dropshop.core.transactions import retrying
from reservations.passes import requirements
from reservations.queue.errors import NoQueue, NotQueued, QueueDrained
from reservations.queue.models import DropQueue, QueuePlace
from reservations.queue.moments import SEQUENCE, settle, stamp
from reservations.queue.turn import TURN

MAX_SIZES = 20  # that one member may ask for, in order of preference


class QueueArrival(NamedTuple):
    """A member arrives, with the ids of sizes in order of preference."""

    member_id: UUID
    sizes: tuple[int, ...] = ()


class Joined(NamedTuple):
    """The arrival's number; `created` is False where the member was there already, which changes nothing."""

    number: int
    created: bool


def join(member: Member, drop: Drop, sizes: Collection[Size] = ()) -> Joined:
    """A place in this drop's queue for this member; `sizes` in order of preference. The same again changes nothing.

    Raises Forbidden with what the member lacks to reserve there (but their turn), Invalid, NoQueue, QueueDrained, Closed.
    """
    requirements.require(member, drop, but=TURN)
    (answer,) = join_many(drop.pk, [QueueArrival(member.pk, wished(drop, sizes))])
    if isinstance(answer, DropshopError):
        raise answer
    return answer


def wished(drop: Drop, sizes: Collection[Size]) -> tuple[int, ...]:
    """Their ids, once each; raises Invalid for too many, or another drop's."""
    if len(sizes) > MAX_SIZES or any(size.drop_id != drop.pk for size in sizes):
        raise Invalid(errors={"sizes": [f"At most {MAX_SIZES} sizes of this drop."]})
    return tuple(dict.fromkeys(size.pk for size in sizes))


# In the order in which they came. Closed accounts are not let in: their row is locked, so that none is being closed meanwhile.
INSERT = """
WITH given AS (
       SELECT * FROM unnest(%(members)s::uuid[], %(sizes)s::text[]) WITH ORDINALITY AS given(member, sizes, place)),
     person AS MATERIALIZED (
       SELECT id FROM {member} WHERE id = ANY(%(members)s::uuid[]) AND is_active ORDER BY id FOR SHARE)
INSERT INTO {queueplace} (drop_id, member_id, arrived_at, sizes)
SELECT %(drop)s, person.id, clock_timestamp(), string_to_array(given.sizes, ',')::bigint[]
  FROM given JOIN person ON person.id = given.member
 ORDER BY given.place
ON CONFLICT (drop_id, member_id) WHERE ended_at IS NULL DO NOTHING
RETURNING member_id, number
"""
OPEN = """
SELECT member_id, number FROM {queueplace}
 WHERE drop_id = %(drop)s AND member_id = ANY(%(members)s::uuid[]) AND ended_at IS NULL
"""


@retrying
def join_many(
    drop_id: UUID, arrivals: Sequence[QueueArrival], nearly_done: Callable[[], None] | None = None
) -> list[Joined | DropshopError]:
    """A place for each of these arrivals on one drop, in their order and in one transaction; an answer for each.

    An answer may be a refusal: NotFound, NoQueue, Closed, QueueDrained, and Forbidden for a closed account. What members lack
    is not looked at. `nearly_done` is called when nothing is left to do but to commit.
    """
    members = [arrival.member_id for arrival in arrivals]
    with transaction.atomic():
        stamp(drop_id)
        drop = Drop.objects.select_related("queue").filter(pk=drop_id, published=True).first()
        there = dict(rows(OPEN, drop=drop_id, members=members))
        refusal = _refusal(drop)
        new: dict[UUID, int] = {}
        if refusal is None and (wanted := [arrival for arrival in arrivals if arrival.member_id not in there]):
            new = dict(_inserted(drop_id, wanted))
            there |= dict(rows(OPEN, drop=drop_id, members=members)) if len(new) < len(wanted) else new
        if nearly_done is not None:
            nearly_done()
    return [_answer(arrival, there, new, refusal) for arrival in arrivals]


def _answer(
    arrival: QueueArrival, there: dict[UUID, int], new: dict[UUID, int], refusal: DropshopError | None
) -> Joined | DropshopError:
    number = there.get(arrival.member_id)
    if number is None:
        return refusal or Forbidden("This account may not join.")
    return Joined(number, created=new.pop(arrival.member_id, None) is not None)


def _inserted(drop_id: UUID, arrivals: Sequence[QueueArrival]) -> Any:
    by_member = {arrival.member_id: arrival for arrival in arrivals}  # once each
    sizes = [",".join(map(str, arrival.sizes)) for arrival in by_member.values()]
    return rows(INSERT, drop=drop_id, members=[*by_member], sizes=sizes)


def _refusal(drop: Drop | None) -> DropshopError | None:
    """Why nobody new is let into this queue; read behind its lock."""
    if drop is None:
        return no_such_drop()
    if drop.mode != Mode.QUEUE:
        return NoQueue()
    if drop.is_over_at(database_time()):
        return Closed.of(drop)
    queue: DropQueue | None = getattr(drop, "queue", None)
    if queue is not None and queue.drained_at is not None:
        return QueueDrained(drained_at=queue.drained_at)
    return None


CHOOSE = """
UPDATE {queueplace} SET sizes = string_to_array(%(sizes)s, ',')::bigint[], changed = nextval(%(sequence)s)
 WHERE drop_id = %(drop)s AND member_id = %(member)s AND ended_at IS NULL
RETURNING number
"""
LEAVE = """
UPDATE {queueplace} SET ended_at = clock_timestamp(), ending = 'left', changed = nextval(%(sequence)s)
 WHERE drop_id = %(drop)s AND member_id = %(member)s AND ended_at IS NULL
RETURNING number
"""


@retrying
def choose(member: Member, drop: Drop, sizes: Collection[Size]) -> None:
    """Other sizes, in order of preference; the place stays. Raises Invalid, and NotQueued for whoever is not in the queue."""
    chosen = ",".join(map(str, wished(drop, sizes)))
    with transaction.atomic():
        stamp(drop.pk)
        if not rows(CHOOSE, drop=drop.pk, member=member.pk, sizes=chosen, sequence=SEQUENCE):
            raise NotQueued


@retrying
def leave(member_id: UUID, drop_id: UUID) -> bool:
    """Ends the member's place, or their turn; whoever joins again stands at the end. False where they had none."""
    with transaction.atomic():
        stamp(drop_id)
        return bool(rows(LEAVE, drop=drop_id, member=member_id, sequence=SEQUENCE))


def leave_all(member: Member) -> None:
    """Ends every place of a member whose account is being closed, and forgets the sizes they wanted."""
    places = QueuePlace.objects.filter(member=member)
    for drop_id in places.filter(ended_at=None).order_by("drop").values_list("drop", flat=True):
        leave(member.pk, drop_id)
    places.exclude(sizes=[]).update(sizes=[])


def has_begun(drop_id: UUID) -> bool:
    """Whether anybody has ever arrived; until this transaction ends nobody does."""
    settle(drop_id)
    return QueuePlace.objects.filter(drop=drop_id).exists()
