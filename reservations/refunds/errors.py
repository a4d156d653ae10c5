"""Why money is not given back, or an order not cancelled."""

from dropshop.core.errors import TEXT, DropshopError

MONEY = {"type": "object", "properties": {"amount": TEXT, "currency": TEXT}}


class NotCaptured(DropshopError):
    """No money was taken for this order, so none can be given back."""

    code, status, title = "not_captured", 409, "No money was taken for this order."


class CaptureOpen(DropshopError):
    """The bank has not answered yet whether it pays; until then the order is neither cancelled nor refunded."""

    code, status, title = "capture_open", 409, "The bank has not paid yet. Wait for its answer."
    soon = 60


class RefundTooHigh(DropshopError):
    """More was to be given back than is left of what was captured. `left` is what can still be given back."""

    code, status, title = "refund_too_high", 409, "That is more than is left of what was paid."
    brings = dict.fromkeys(("captured", "refunded", "left"), MONEY)


class NotEnded(DropshopError):
    """The order is neither cancelled nor returned: its pair is the shopper's."""

    code, status, title = "not_ended", 409, "The pair of this order is the shopper's."


class OwnRefund(DropshopError):
    """Above the limit a second member of staff approves, never the one who asked."""

    code, status, title = "own_refund", 403, "Somebody else must approve this refund."


class RefundDecided(DropshopError):
    """The refund does not wait for approval any more."""

    code, status, title = "refund_decided", 409, "This refund does not wait for approval any more."
    brings = {"refund_status": TEXT}


class OtherRefund(DropshopError):
    """Another refund of the same order was asked for meanwhile."""

    code, status, title = "other_refund", 409, "Another refund of this order was asked for meanwhile. Look at it first."
