"""Why an order cannot be changed."""

from dropshop.core.errors import TEXT, DropshopError


class MoveRefused(DropshopError):
    """The order is in a state from which this move is not allowed."""

    code, status, title = "move_refused", 409, "The order cannot be moved to that state."
    brings = {"purchase_status": TEXT}
