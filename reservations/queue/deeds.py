"""What staff do with a queue while it runs: rate, hold, go on, a word, drain. Each with a reason, in a trail that stays.

The queue's row is locked, so that no deed meets letting people in. The same again changes nothing and leaves no trail.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from drops.errors import Closed
from drops.models import Drop, Mode
from dropshop.core import live
from dropshop.core.clock import database_time, iso
from dropshop.core.errors import Invalid
from dropshop.core.members import Member
from dropshop.core.transactions import retrying
from reservations.queue.errors import NoQueue
from reservations.queue.join import has_begun
from reservations.queue.models import MAX_PER_MINUTE, TURN_SECONDS, WORD_MAX_LENGTH, DropQueue, QueueDeed
from reservations.queue.promise import ON_HOLD, SLOWER
from reservations.queue.state import queue_of

Kind = QueueDeed.Kind
REASON_MAX_LENGTH = 300  # characters
Deed = Callable[[DropQueue, Any, datetime], tuple[Kind, str, str] | None]


def _rate(queue: DropQueue, per_minute: int | None, moment: datetime) -> tuple[Kind, str, str] | None:
    """How many are let in per minute at most; None: as many as the stock allows."""
    if per_minute is not None and not 1 <= per_minute <= MAX_PER_MINUTE:
        raise Invalid(errors={"per_minute": [f"Between 1 and {MAX_PER_MINUTE:,}, or empty."]})
    if per_minute == queue.per_minute:
        return None
    was, queue.per_minute = queue.per_minute, per_minute
    if per_minute is not None and (was is None or per_minute < was):
        _promise_anew(queue, moment, SLOWER)
    return Kind.RATE, _said(was), _said(per_minute)


def _turn(queue: DropQueue, seconds: int, moment: datetime) -> tuple[Kind, str, str] | None:
    """How long a turn lasts; a rule, which stays once somebody has arrived (F1)."""
    if not TURN_SECONDS[0] <= seconds <= TURN_SECONDS[1]:
        raise Invalid(errors={"turn_seconds": [f"Between {TURN_SECONDS[0]} and {TURN_SECONDS[1]:,}."]})
    if seconds == queue.turn_seconds:
        return None
    if has_begun(queue.drop_id):
        raise Invalid(errors={"turn_seconds": ["People are in the queue already: what they were promised stays."]})
    was, queue.turn_seconds = queue.turn_seconds, seconds
    return Kind.TURN, str(was), str(seconds)


def _hold(queue: DropQueue, on_hold: bool, moment: datetime) -> tuple[Kind, str, str] | None:
    """Nobody is let in while it is on hold; whose turn it is keeps it."""
    if on_hold == (queue.on_hold_at is not None):
        return None
    if on_hold:
        queue.on_hold_at, queue.later_at, queue.later_because = moment, moment, ON_HOLD
        return Kind.HOLD, "", ""
    since, queue.on_hold_at = queue.on_hold_at, None
    _promise_anew(queue, moment, f"The queue was on hold from {since:%H:%M} to {moment:%H:%M} UTC.")
    return Kind.GO_ON, "", ""


def _drain(queue: DropQueue, drained: bool, moment: datetime) -> tuple[Kind, str, str] | None:
    """Takes nobody new; those who are in it stay. For good."""
    if not drained and queue.drained_at is not None:
        raise Invalid(errors={"drained": ["A queue that was closed to new arrivals stays so."]})
    if drained == (queue.drained_at is not None):
        return None
    queue.drained_at = moment
    return Kind.DRAIN, "", ""


def _word(queue: DropQueue, word: str, moment: datetime) -> tuple[Kind, str, str] | None:
    """What those waiting read; empty: nothing any more."""
    if len(word := word.strip()) > WORD_MAX_LENGTH:
        raise Invalid(errors={"word": [f"At most {WORD_MAX_LENGTH} characters."]})
    if word == queue.word:
        return None
    was, queue.word, queue.word_at = queue.word, word, moment
    return Kind.WORD, was, word


DEEDS: Mapping[str, Deed] = {
    "per_minute": _rate,
    "turn_seconds": _turn,
    "on_hold": _hold,
    "drained": _drain,
    "word": _word,
}


@retrying
def run(drop_id: UUID, changes: Mapping[str, Any], *, by: Member, reason: str) -> DropQueue:
    """The queue after these changes, by the names of `DEEDS`: all of them or none.

    Raises NoQueue, Closed once the drop is over, and Invalid by field, also without a reason.
    """
    because = reason.strip()
    if not 0 < len(because) <= REASON_MAX_LENGTH:
        raise Invalid(errors={"reason": [f"Say why, in at most {REASON_MAX_LENGTH} characters."]})
    with transaction.atomic():
        drop = Drop.objects.select_for_update(no_key=True).get(pk=drop_id)
        if drop.mode != Mode.QUEUE:
            raise NoQueue
        queue_of(drop_id)
        queue = DropQueue.objects.select_for_update(no_key=True).get(drop=drop_id)
        moment = database_time()
        if drop.is_over_at(moment):
            raise Closed.of(drop)
        done = [deed for name, value in changes.items() if (deed := DEEDS[name](queue, value, moment)) is not None]
        for kind, was, to in done:
            QueueDeed.objects.create(drop=drop, kind=kind, was=was, to=to, reason=because, by=by)
        if done:
            queue.save()
            live.publish_on_commit(shared_facts(queue, moment))
    return queue


def shared_facts(queue: DropQueue, moment: datetime) -> dict[str, Any]:
    """What all who watch the drop hear when staff have done something."""
    return {
        "type": "queue-updated",
        "drop": str(queue.drop_id),
        "on_hold": queue.on_hold_at is not None,
        "closed_to_new": queue.drained_at is not None,
        "word": queue.word,
        "later_because": queue.later_because,
        "server_time": iso(moment),
    }


def _promise_anew(queue: DropQueue, moment: datetime, why: str) -> None:
    queue.promised_at, queue.later_at, queue.later_because = None, moment, why


def _said(per_minute: int | None) -> str:
    return "" if per_minute is None else str(per_minute)
