"""Letting people in: the sweep that gives the next in line their turn, ends turns whose time is over, and says who cannot win.

Every second, for every queue that runs. It locks the queue's row, so that two sweepers let nobody in twice and no two deeds of
staff meet one; then it reads the clock. Killed anywhere it leaves the last commit, and the next round goes on from there.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction

from drops.models import Drop, Mode
from dropshop.core import live
from dropshop.core.clock import ClockTimestamp, database_time
from dropshop.core.hooks import Registry
from dropshop.core.sql import rows
from dropshop.core.sweeps import log_failure
from dropshop.core.transactions import retrying
from reservations.queue.models import DropQueue
from reservations.queue.moments import SEQUENCE, stamp
from reservations.queue.order import QueueOrder, forget_order, order_of
from reservations.queue.promise import keep_promise
from reservations.queue.rules import room
from reservations.queue.state import queue_of, read_state
from reservations.queue.verdicts import judge
from reservations.seeds.seal import reveal

AT_ONCE = 1000  # people let in by one transaction, at most

# Called in the transaction that lets people in, with the drop's id and theirs, in their order.
admitted: Registry[Callable[[UUID, Sequence[UUID]], object]] = Registry("reservations.queue.admitted")

ADMIT = """
UPDATE {queueplace} AS place
   SET admitted_at = %(moment)s, admitted_until = %(until)s, changed = nextval(%(sequence)s)
 WHERE number = ANY(%(numbers)s::bigint[]) AND drop_id = %(drop)s AND admitted_at IS NULL AND ended_at IS NULL
   AND EXISTS (SELECT FROM {member} AS person WHERE person.id = place.member_id AND person.is_active)
RETURNING number, member_id
"""
# A turn ends with its time, and before that once its member has bought as much as the drop allows. It was used by whoever held
# a pair in it.
END_TURNS = """
UPDATE {queueplace} AS place
   SET ended_at = %(moment)s, ending = CASE WHEN turn.used THEN 'done' ELSE 'lapsed' END, changed = nextval(%(sequence)s)
  FROM (SELECT number, admitted_until <= %(moment)s AS is_over,
               EXISTS (SELECT FROM {reservation} AS hold
                        WHERE hold.member_id = mine.member_id AND hold.drop_id = mine.drop_id
                          AND hold.created_at >= mine.admitted_at) AS used,
               (SELECT count(*) FROM {purchase} AS sale
                 WHERE sale.member_id = mine.member_id AND sale.drop_id = mine.drop_id
                   AND sale.status NOT IN ('returned', 'refunded', 'cancelled')) AS bought
          FROM {queueplace} AS mine
         WHERE mine.drop_id = %(drop)s AND mine.admitted_at IS NOT NULL AND mine.ended_at IS NULL) AS turn
 WHERE place.number = turn.number AND place.ended_at IS NULL AND (turn.is_over OR turn.bought >= %(limit)s)
RETURNING place.member_id, place.ending
"""


def admit_due() -> int:
    """One round for every queue that runs; how many people were let in."""
    running = Drop.objects.published().filter(mode=Mode.QUEUE, starts_at__lte=ClockTimestamp())
    let_in = 0
    for drop in running.exclude(queue__finished_at__isnull=False).order_by("pk"):
        with log_failure("a queue could not be moved on", drop=str(drop.pk)):
            let_in += admit(drop)
    return let_in


@retrying
def admit(drop: Drop) -> int:
    """Ends the turns that are over and lets in whoever is next; how many. 0 where somebody else is at it, or before the start.

    Idempotent: it lets in as many as the rules allow by what is there, and notes what it did.
    """
    queue_of(drop.pk)
    order = order_of(drop)  # before the transaction: it asks for the lock that this one shares
    if order is None:
        return 0
    try:
        return _admit(drop, order)
    except BaseException:
        forget_order(drop.pk)  # it may count people as let in who were not
        raise


def _admit(drop: Drop, order: QueueOrder) -> int:
    with transaction.atomic():
        queue = _locked(drop.pk)
        if queue is None:
            return 0
        stamp(drop.pk)
        moment = database_time()
        ended = rows(END_TURNS, drop=drop.pk, moment=moment, limit=queue.drop.limit_per_member, sequence=SEQUENCE)
        let_in = [] if queue.drop.is_over_at(moment) else _let_in(queue, order, moment)
        if queue.drop.is_over_at(moment):
            _finish(queue, moment)
        else:
            state = read_state(queue.drop, queue)
            judge(state, order)
            keep_promise(state, order)
        _tell(queue, ended, let_in)
    return len(let_in)


def _locked(drop_id: UUID) -> DropQueue | None:
    """The row of a queue that is not finished, with its drop; None also where somebody else is at it."""
    free = DropQueue.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    return free.select_related("drop").filter(drop=drop_id, finished_at=None).first()


def _let_in(queue: DropQueue, order: QueueOrder, moment: datetime) -> list[UUID]:
    """Gives the next in line their turn, as many as the rules allow; their ids."""
    if queue.on_hold_at is not None:
        return []
    state = read_state(queue.drop, queue)
    free = min(state.slots - state.in_turn, room(queue.per_minute, state.in_a_minute, state.in_a_burst), AT_ONCE)
    let_in: list[UUID] = []
    until = min(moment + timedelta(seconds=queue.turn_seconds), queue.drop.ends_at)
    line = order.next_in_line()
    while (wanted := int(free) - len(let_in)) > 0 and (numbers := [*islice(line, wanted)]):
        found = dict(rows(ADMIT, drop=queue.drop_id, numbers=numbers, moment=moment, until=until, sequence=SEQUENCE))
        let_in += [found[number] for number in numbers if number in found]
        for number in numbers:
            order.pass_over(number)
    for follow in admitted if let_in else ():
        follow(queue.drop_id, let_in)
    return let_in


def _finish(queue: DropQueue, moment: datetime) -> None:
    """The drop is over: nothing is decided by its seed any more."""
    queue.finished_at = moment
    queue.save(update_fields=["finished_at"])
    reveal(queue.drop_id)


def _tell(queue: DropQueue, ended: Sequence[Any], let_in: Sequence[UUID]) -> None:
    """After the commit, those whose turn has begun or ended hear of it, and nobody else."""
    about = {"type": "queue-updated", "drop": str(queue.drop_id)}
    states = [(member, ending) for member, ending in ended] + [(member, "admitted") for member in let_in]
    live.publish_on_commit(*({**about, "to": str(member), "state": state} for member, state in states))
