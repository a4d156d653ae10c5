"""Why somebody is not in a queue, or cannot be."""

from dropshop.core.errors import MOMENT, DropshopError, NotFound


class NoQueue(DropshopError):
    """The drop has another mode."""

    code, status, title = "no_queue", 409, "This drop has no queue."


class QueueDrained(DropshopError):
    """Staff have closed the queue to new arrivals; who is in it stays."""

    code, status, title = "queue_closed", 409, "This queue takes nobody new. Those who are in it keep their places."
    brings = {"drained_at": MOMENT}


class NotQueued(NotFound):
    """The member has never been in this queue."""

    code, title = "not_in_queue", "You are not in this queue."
