"""How a queue stands: what everybody in it reads beside their own place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from drops.models import Drop, Mode
from drops.stock.facts import size_facts, sizes_of_drops
from dropshop.core import clock
from dropshop.core.sql import rows
from reservations.queue.models import DropQueue
from reservations.queue.rules import BURST_SECONDS, Endings, Stock, slots


@dataclass(frozen=True, slots=True)
class SizeLeft:
    """One size of the drop: its pairs."""

    pk: int
    label: str
    stock: Stock


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue at a moment of the database's clock."""

    moment: datetime
    queue: DropQueue
    sizes: tuple[SizeLeft, ...]
    stock: Stock
    endings: Endings
    let_in: int  # ever
    in_turn: int  # of them those who may choose and hold nothing
    in_a_minute: int  # let in within the last minute
    in_a_burst: int  # within the last BURST_SECONDS
    in_five_minutes: int
    first_let_in: datetime | None
    limit_per_member: int

    @property
    def slots(self) -> int:
        """How many may be in their turn without a pair."""
        return slots(self.stock.left, self.endings, self.limit_per_member)

    @property
    def seen_per_minute(self) -> float | None:
        """How many people a minute were let in of late; None where that says nothing yet."""
        if self.first_let_in is None:
            return None
        minutes = min(5.0, (self.moment - self.first_let_in).total_seconds() / 60)
        return self.in_five_minutes / minutes if minutes >= 1 else None


# Who holds a pair counts among the held; a turn that a purchase has used up has ended.
READ = """
WITH now AS MATERIALIZED (SELECT clock_timestamp() AS moment)
SELECT now.moment, let_in.*
  FROM now CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE ending = 'done'), count(*) FILTER (WHERE ending IN ('left', 'lapsed')), count(*),
           count(*) FILTER (WHERE ended_at IS NULL AND admitted_until > now.moment AND NOT EXISTS (
               SELECT FROM {reservation} AS hold
                WHERE hold.member_id = place.member_id AND hold.drop_id = place.drop_id AND hold.status = 'active'
                  AND greatest(hold.expires_at, hold.pinned_until) > now.moment)),
           count(*) FILTER (WHERE admitted_at > now.moment - interval '1 minute'),
           count(*) FILTER (WHERE admitted_at > now.moment - %(burst)s * interval '1 second'),
           count(*) FILTER (WHERE admitted_at > now.moment - interval '5 minutes'), min(admitted_at)
      FROM {queueplace} AS place
     WHERE place.drop_id = %(drop)s AND place.admitted_at IS NOT NULL) AS let_in
"""


def queue_of(drop_id: UUID) -> DropQueue:
    """The row of this drop's queue; drops that were published before there were queues get theirs now."""
    queue = DropQueue.objects.filter(drop=drop_id).first()
    if queue is None:
        DropQueue.objects.bulk_create([DropQueue(drop_id=drop_id)], ignore_conflicts=True)
        queue = DropQueue.objects.get(drop=drop_id)
    return queue


def open_with(drop: Drop) -> None:
    """A drop with a queue has its row from the moment it is published."""
    if drop.mode == Mode.QUEUE:
        queue_of(drop.pk)


def read_state(drop: Drop, queue: DropQueue) -> QueueState:
    """The queue as it stands now, in two statements."""
    sizes = tuple(_left(size) for size in sizes_of_drops([drop.pk]))
    ((moment, took, passed, let_in, in_turn, minute, burst, five_minutes, first),) = rows(
        READ, drop=drop.pk, burst=BURST_SECONDS
    )
    clock.remember(moment)
    return QueueState(
        moment=moment,
        queue=queue,
        sizes=sizes,
        stock=Stock(*map(sum, zip(*(size.stock for size in sizes), strict=True))) if sizes else Stock(0, 0, 0),
        endings=Endings(took, passed),
        let_in=let_in,
        in_turn=in_turn,
        in_a_minute=minute,
        in_a_burst=burst,
        in_five_minutes=five_minutes,
        first_let_in=first,
        limit_per_member=drop.limit_per_member,
    )


def _left(size: Any) -> SizeLeft:
    facts = size_facts(size)
    return SizeLeft(size.pk, facts["size"], Stock(facts["available"], facts["reserved"], facts["sold"]))
