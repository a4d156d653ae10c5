"""What the page of an order says of the money that goes back. Never more than is known (M6): "on its way" only after the bank's
yes.
"""

from typing import NamedTuple

from reservations.purchases.models import Purchase
from reservations.refunds.models import Chargeback, Refund

Status = Refund.Status


class MoneyLine(NamedTuple):
    """`kind`: how a notice looks ("wait", "info", "error")."""

    kind: str
    text: str


# What was called off, and what is not booked, is nothing that a shopper can wait for.
LINES = {
    Status.WAITING: ("wait", "We are looking at giving {money} back to you."),
    Status.APPROVED: ("wait", "We are giving {money} back to you. Your bank has not confirmed it yet."),
    Status.SENT: ("info", "{money} is on its way back to you. Until it shows in your account some days can pass."),
    Status.FAILED: ("error", "{money} did not reach you: your bank did not take it. We are looking for another way."),
    Status.REFUSED: ("error", "{money} could not be given back the usual way. We are looking into it."),
}


def money_lines(order: Purchase) -> list[MoneyLine]:
    """A line for each refund of this order, the first one first, and for what the shopper's bank has taken back."""
    refunds = order.refunds.filter(status__in=LINES).order_by("n")
    lines = [MoneyLine(kind, text.format(money=each.money)) for each in refunds for kind, text in [LINES[Status(each.status)]]]
    taken = order.chargebacks.filter(status=Chargeback.Status.TAKEN).order_by("pk")
    return lines + [MoneyLine("info", f"Your bank has taken {each.money} back.") for each in taken]
