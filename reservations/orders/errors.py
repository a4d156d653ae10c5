"""Why an order cannot be changed."""

from collections.abc import Mapping

from dropshop.core.errors import TEXT, DropshopError


class MoveRefused(DropshopError):
    """The order is in a state from which this move is not allowed."""

    code, status, title = "move_refused", 409, "The order cannot be moved to that state."
    brings = {"purchase_status": TEXT}


class AlreadyPacked(DropshopError):
    """The order is packed, or further, so that its address stands."""

    code, status, title = "already_packed", 409, "The address of this order cannot be changed any more."
    brings = {"purchase_status": TEXT}


class OrdersChanged(DropshopError):
    """Somebody has moved one of the orders between the preview of a file and its confirmation."""

    code, status = "orders_changed", 409
    title = "Some of these orders have changed meanwhile. Nothing was done. Choose the file again."


class OrdersRefused(DropshopError):
    """Some of these orders cannot be changed so; therefore none was. `orders` says why, by order number."""

    code, status, title = "orders_refused", 409, "Nothing was changed."
    brings = {"orders": {"type": "object", "additionalProperties": TEXT}}

    def __init__(self, orders: Mapping[str, str]) -> None:
        reasons = " ".join(f"{number}: {reason}" for number, reason in orders.items())
        super().__init__(f"Nothing was changed. {reasons}", orders=dict(orders))
