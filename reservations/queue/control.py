"""A queue as staff see it, in admin and by the API."""

from typing import Any

from drops.models import Drop
from dropshop.core.clock import iso
from reservations.queue.facts import board_of
from reservations.queue.models import QueueDeed
from reservations.queue.order import order_of

DEEDS_SHOWN = 50


def numbers(drop: Drop) -> dict[str, int]:
    """How many wait, were let in, are choosing; and how turns ended."""
    board, order = board_of(drop, older=0), order_of(drop)
    state = board.state
    return {
        "waiting": board.present if order is None else order.waiting,
        "let_in": state.let_in,
        "in_turn": state.in_turn,
        "took": state.endings.took,
        "passed": state.endings.passed,
        "slots": state.slots,
    }


def control_facts(drop: Drop) -> dict[str, Any]:
    """The API's `control`."""
    state = board_of(drop, older=0).state
    queue = state.queue
    deeds = QueueDeed.objects.filter(drop=drop).select_related("by")[:DEEDS_SHOWN]
    return {
        "drop": str(drop.pk),
        "turn_seconds": queue.turn_seconds,
        "per_minute": queue.per_minute,
        "on_hold_at": iso(queue.on_hold_at),
        "drained_at": iso(queue.drained_at),
        "word": queue.word,
        "later_because": queue.later_because,
        **numbers(drop),
        "deeds": [deed_facts(deed) for deed in deeds],
        "server_time": iso(state.moment),
    }


def deed_facts(deed: QueueDeed) -> dict[str, Any]:
    """One line of the trail."""
    by = deed.by.get_username()
    return {"kind": deed.kind, "was": deed.was, "to": deed.to, "reason": deed.reason, "by": by, "at": iso(deed.at)}
