"""What a drop refuses by its hours; and what whoever names none is told."""

from dropshop.core.errors import MOMENT, DropshopError, NotFound


class NotOpen(DropshopError):
    """The drop has not begun. `starts_at`."""

    code, status, title = "not_open", 409, "This drop has not opened yet."
    brings = {"starts_at": MOMENT}


class Closed(DropshopError):
    """The drop has ended."""

    code, status, title = "closed", 409, "This drop has ended."
    brings = {"ends_at": MOMENT}


def no_such_drop() -> NotFound:
    """The refusal for the name of no drop, or of a draft."""
    return NotFound("There is no such drop.")
