"""What a drop refuses by its hours; and what whoever names none is told."""

from typing import TYPE_CHECKING

from dropshop.core.errors import MOMENT, DropshopError, NotFound

if TYPE_CHECKING:
    from drops.models import Drop


class NotOpen(DropshopError):
    """The drop has not begun. `starts_at`."""

    code, status, title = "not_open", 409, "This drop has not opened yet."
    brings = {"starts_at": MOMENT}


class Closed(DropshopError):
    """The drop has ended, or was called off; `ends_at` is when that was."""

    code, status, title = "closed", 409, "This drop has ended."
    brings = {"ends_at": MOMENT}

    @classmethod
    def of(cls, drop: "Drop") -> "Closed":
        """The refusal of a drop that is over; it says why one was called off."""
        if drop.called_off_at is None:
            return cls(ends_at=drop.ends_at)
        return cls(f"This drop was called off: {drop.called_off_because}", ends_at=drop.called_off_at)


def no_such_drop() -> NotFound:
    """The refusal for the name of no drop, or of a draft."""
    return NotFound("There is no such drop.")
