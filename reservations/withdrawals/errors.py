"""Why a contract cannot be withdrawn from any more."""

from dropshop.core.errors import MOMENT, TEXT, DropshopError


class WithdrawalClosed(DropshopError):
    """The time in which one may withdraw without a reason is over; `withdrawal_until` is when it ended."""

    code, status, title = "withdrawal_closed", 409, "The time to withdraw is over."
    brings = {"withdrawal_until": MOMENT}


class OrderEnded(DropshopError):
    """The order was cancelled or refunded already: there is nothing to withdraw from."""

    code, status, title = "order_ended", 409, "This order has ended already."
    brings = {"purchase_status": TEXT}
