"""What several operations do with an order that is locked: find its payment, free what was promised, book what has gone back.

A refund and its payment change only while their order is locked (`lock`), so nothing here asks twice.
"""

import logging
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from django.db.models import Sum

from dropshop.core.clock import database_time
from dropshop.core.errors import NotFound
from dropshop.core.hooks import Registry
from reservations.orders.models import OrderMove
from reservations.orders.moves import lock_orders, move, reopen_refunded
from reservations.payments import money_back
from reservations.payments.ledger.transfers import Kind, book_part
from reservations.payments.models import Payment
from reservations.purchases.models import Purchase
from reservations.refunds import messages
from reservations.refunds.errors import CaptureOpen, NotCaptured
from reservations.refunds.models import Chargeback, Refund

Status = Refund.Status
NOT_TAKEN = "The shopper's bank did not take it: the money is ours again."
log = logging.getLogger(__name__)


class Locked(NamedTuple):
    """An order that this transaction has locked, and its payment."""

    order: Purchase
    payment: Payment


# What else happens when money of an order has gone back for certain, or is the shop's again, in the same transaction: called
# with the order, and with why the money is the shop's again ("" where it has gone back).
money_moved: Registry[Callable[[Purchase, str], object]] = Registry("reservations.refunds.money_moved")


def tell_of_money(order: Purchase, *, ours_again: str = "") -> None:
    """What follows from it, where money of this order has gone back for certain, or why it is the shop's again."""
    for react in money_moved:
        react(order, ours_again)


def lock(order_id: UUID, *, sizes: bool = False) -> Locked:
    """The order, locked, and its payment, of which nothing more is to come from the bank. `sizes`: as for `lock_orders`.

    Raises NotFound, and CaptureOpen while the bank may still pay, or refuse to.
    """
    order = lock_orders([order_id], sizes=sizes).get(order_id)
    if order is None:
        raise NotFound("There is no such order.")
    payment = Payment.objects.defer("address").get(reservation=order.reservation_id, status__in=Payment.SOLD)
    if payment.status == Payment.Status.AUTHORISED:
        raise CaptureOpen
    return Locked(order, payment)


def lock_captured(order_id: UUID) -> Locked:
    """The same of an order whose money was taken; raises NotCaptured, too."""
    locked = lock(order_id)
    if locked.payment.status != Payment.Status.CAPTURED:
        raise NotCaptured
    return locked


def settle(refund: Refund, status: Refund.Status, *, note: str = "", reference: str = "") -> None:
    """Nothing more is to be done for this refund."""
    refund.status, refund.note, refund.reference = status, note[:300] or refund.note, reference or refund.reference
    refund.settled_at, refund.retry_at = database_time(), None
    refund.save(update_fields=["status", "note", "reference", "settled_at", "retry_at"])


def note_sent(locked: Locked, refund: Refund, reference: str) -> None:
    """The bank has said yes: the ledger and the shopper hear of it. Its sum is counted in the payment already."""
    settle(refund, Status.SENT, reference=reference)
    book_part(locked.payment.pk, Kind.REFUNDED, refund.money, cause=refund.cause)
    messages.write_sent(locked.order, refund)
    end_where_all_is_back(locked.order)
    tell_of_money(locked.order)


def note_failed(locked: Locked, refund: Refund, why: str) -> None:
    """The shopper's bank did not take it. Where the bank had said yes before, its money is the shop's again: so say ledger and
    order, and the shopper is told. `why` in the provider's words, for staff, who are told too. Doing it twice does it once.
    """
    was = refund.status
    if was == Status.SENT:
        reopen_refunded(locked.order)
        book_part(locked.payment.pk, Kind.CAME_BACK, refund.money, cause=refund.cause)
        messages.write_failed(locked.order, refund)
    if was == Status.ABOVE:
        settle(refund, Status.FAILED, note=f"{NOT_TAKEN} {why}")
    elif was in (Status.APPROVED, Status.SENT):
        log.error("a refund came back", extra={"refund": refund.key, "was": was})
        # Where nobody had heard of the "yes" nobody was told of it: that is a "no".
        release(locked, refund, Status.FAILED if was == Status.SENT else Status.REFUSED, note=f"{NOT_TAKEN} {why}")
        messages.tell_staff(locked.order, refund)
    if was == Status.SENT:  # after the release: what was above the capture may have taken its place
        tell_of_money(locked.order, ours_again=f"Refund {refund.n} of {refund.money} did not arrive.")


def release(locked: Locked, refund: Refund, status: Refund.Status, *, note: str) -> None:
    """This refund will not be given: its sum is free again, first for what the provider had reported above the capture."""
    money_back.move(locked.payment, refunded=-refund.amount)
    settle(refund, status, note=note)
    book_what_was_above(locked)


def book_what_was_above(locked: Locked) -> None:
    """Books the provider's reports that did not fit within the capture when they came, the oldest first, as far as they fit."""
    order, payment = locked
    for refund in order.refunds.filter(status=Status.ABOVE).order_by("pk"):
        if money_back.move(payment, refunded=refund.amount):
            note_sent(locked, refund, refund.reference)
    for chargeback in order.chargebacks.filter(status=Chargeback.Status.ABOVE).order_by("pk"):
        book_chargeback(locked, chargeback)


def book_chargeback(locked: Locked, chargeback: Chargeback) -> None:
    """The sum is the bank's again, as far as it fits within the capture; else it stays what was reported above it."""
    if money_back.move(locked.payment, charged_back=chargeback.amount):
        chargeback.status = Chargeback.Status.TAKEN
        chargeback.save(update_fields=["status"])
        book_part(locked.payment.pk, Kind.CHARGED_BACK, chargeback.money, cause=chargeback.cause)
        tell_of_money(locked.order)


def end_where_all_is_back(order: Purchase, made: OrderMove | None = None) -> None:
    """An order that was cancelled or returned is refunded once the bank has said yes to all of its money."""
    if order.status in (Purchase.Status.CANCELLED, Purchase.Status.RETURNED):
        sent = order.refunds.filter(status=Status.SENT).aggregate(minor=Sum("amount"))["minor"]
        if sent == order.money.minor:
            move(order, Purchase.Status.REFUNDED)
