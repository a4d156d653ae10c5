"""Why a purchase request is not taken, or not withdrawn."""

from dropshop.core.errors import ID, MOMENT, DropshopError


class RequestsClosed(DropshopError):
    """The drop has started: requests are neither filed nor withdrawn any more. `starts_at`."""

    code, status, title = "requests_closed", 409, "The drop has started. Purchase requests are filed before that."
    brings = {"starts_at": MOMENT}


class AlreadyRequested(DropshopError):
    """The member has a request for this drop already. `purchase_request`."""

    code, status, title = "already_requested", 409, "You have a purchase request for this drop. Withdraw it to file another."
    brings = {"purchase_request": ID}


class EnterTheDraw(DropshopError):
    """The drop is a draw, in which nobody reserves."""

    code, status, title = (
        "enter_the_draw",
        409,
        "This drop is a draw. Enter it yourself, with sizes, address and payment method.",
    )


class RequestEnded(DropshopError):
    """The request has come to an end, or has a pair that is being paid for; it cannot be withdrawn. `request_status`."""

    code, status, title = "request_ended", 409, "This purchase request cannot be withdrawn any more."
    brings = {"request_status": {"type": "string"}}
