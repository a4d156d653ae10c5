"""What the pages say of an order: its state in a sentence or two, and the steps that are done."""

from datetime import datetime
from typing import Any, NamedTuple

from reservations.orders.readdress import CHANGEABLE
from reservations.payments.models import Payment
from reservations.purchases.facts import tracking_facts
from reservations.purchases.models import Purchase
from reservations.purchases.pickup import hours_of, is_collected

Status = Purchase.Status


class StateLine(NamedTuple):
    """`kind`: how a notice looks ("ok", "wait", "info", "error")."""

    kind: str
    title: str
    text: str


class Step(NamedTuple):
    """A step that is done."""

    label: str
    at: datetime


STATES = {
    Status.PROCESSING: StateLine(
        "wait", "The pair is yours.", "Your bank has set the money aside. The payment is not complete yet."
    ),
    Status.PAID: StateLine("ok", "Paid. The pair is yours.", "We write to you when it leaves."),
    Status.PACKED: StateLine("ok", "Packed.", "It leaves us next."),
    Status.SHIPPED: StateLine("ok", "On its way to you.", ""),
    Status.DELIVERED: StateLine("ok", "Delivered.", ""),
    Status.RETURNED: StateLine("info", "The pair is back with us.", ""),
    Status.REFUNDED: StateLine("info", "Refunded.", "The money is on its way back to you."),
    Status.CANCELLED: StateLine("info", "Cancelled.", "The pair stays with us."),
}
COLLECTED = {
    Status.PAID: StateLine("ok", "Paid. The pair is yours.", "We write to you when you can collect it."),
    Status.PACKED: StateLine("ok", "Ready to collect.", "Bring the order's number."),
    Status.DELIVERED: StateLine("ok", "Collected.", ""),
}
UNCAPTURED = StateLine(
    "error", "Your bank did not pay what it had set aside.", "You were not charged; we will write to you about this order."
)
BOUGHT = "Bought"


def progress(order: Purchase, payment: Payment | None) -> dict[str, Any]:
    """For the order's page: `state`, `steps`, `parcel` once the pair was shipped, and whether its address may change."""
    unpaid = payment is not None and payment.status == Payment.Status.UNCAPTURED
    return {
        "state": UNCAPTURED if unpaid else state_of(order),
        "steps": steps(order),
        "parcel": tracking_facts(order) if order.carrier else None,
        "may_change_address": order.status in CHANGEABLE,
        "is_collected": is_collected(order.address),
        "hours": hours_of([order.address]).get(order.address.get("pickup", ""), ""),
    }


def state_of(order: Purchase) -> StateLine:
    """What is said of its state; of a pair that is collected other words."""
    status = Status(order.status)
    return COLLECTED.get(status, STATES[status]) if is_collected(order.address) else STATES[status]


def steps(order: Purchase) -> list[Step]:
    """The steps that stand, the first one first: what was unpacked again is not packed."""
    done = [Step(BOUGHT, order.created_at)]
    for made in order.moves.all():
        if made.to == made.was:
            continue  # something about it was changed
        if made.to == Status.PAID:
            del done[1:]
        else:
            done.append(Step(made.get_to_display(), made.created_at))
    return done
