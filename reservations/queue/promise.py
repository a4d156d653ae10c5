"""The latest time of a turn, which everybody in a queue is told: it may come earlier, never later without a word why."""

from datetime import timedelta

from dropshop.core import live
from dropshop.core.clock import iso
from reservations.queue.models import DropQueue
from reservations.queue.order import QueueOrder
from reservations.queue.rules import Promise, pace
from reservations.queue.state import QueueState

MARGIN = timedelta(seconds=20)  # in which those for whom there is a free pair are let in
BETTER = 1.1  # a promise is made anew where those waiting would be let in so much faster

HELD_UP = "Everybody who was let in is still choosing or paying; the next are let in when a pair is free."
ON_HOLD = "The shop has put the queue on hold."
SLOWER = "The shop lets people in more slowly."


def promise_of(queue: DropQueue) -> Promise | None:
    """What those waiting were told last; None before anything was."""
    if queue.promised_at is None:
        return None
    return Promise(queue.promised_at, queue.promised_place, queue.promised_per_minute)


def keep_promise(state: QueueState, order: QueueOrder) -> None:
    """Makes the promise earlier where it can be, and later, with a word why, where it was not kept; under the queue's lock."""
    queue, first = state.queue, order.place_with(0)
    if first is None or queue.on_hold_at is not None:
        return
    slow = pace(state.slots, queue.turn_seconds, queue.per_minute, state.seen_per_minute).slow
    fresh = Promise(state.moment + MARGIN, first + max(0, state.slots - state.in_turn), slow)
    given = promise_of(queue)
    if given is None:
        _give(queue, fresh)
    elif given.latest(first) <= state.moment:
        _give(queue, fresh)
        queue.later_at, queue.later_because = state.moment, HELD_UP
        queue.save(update_fields=["later_at", "later_because"])
        about = {"type": "queue-updated", "drop": str(queue.drop_id)}
        live.publish_on_commit({**about, "later_because": HELD_UP, "server_time": iso(state.moment)})
    elif fresh.per_minute >= given.per_minute * BETTER and fresh.latest(first) <= given.latest(first):
        _give(queue, fresh)


def _give(queue: DropQueue, promise: Promise) -> None:
    queue.promised_at, queue.promised_place, queue.promised_per_minute = promise
    queue.save(update_fields=["promised_at", "promised_place", "promised_per_minute"])
