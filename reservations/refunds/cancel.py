"""Cancelling an order: with or without its money, and with or without its pair. Each is a choice of its own."""

from uuid import UUID

from django.db import transaction

from dropshop.core.members import Member
from dropshop.core.transactions import retrying
from reservations.orders import moves
from reservations.purchases.models import Purchase
from reservations.refunds.errors import NotEnded
from reservations.refunds.locked import lock
from reservations.refunds.refund import ask_locked, checked_reason


@retrying
def cancel(order_id: UUID, *, by: Member, reason: str, put_back: bool = False, refund: bool = False) -> Purchase:
    """The order is cancelled. `put_back`: its pair is for sale again. `refund`: what is left of its money is promised back.

    Doing it twice does it once. Raises Invalid without a reason, CaptureOpen while the bank may still pay, MoveRefused once
    the pair is on its way, and NotFound.
    """
    reason = checked_reason(reason)
    with transaction.atomic():
        locked = lock(order_id, sizes=put_back)
        order, payment = locked
        if order.moves.filter(to=Purchase.Status.CANCELLED, by=by, note=reason).exists():
            return order
        moves.move(order, Purchase.Status.CANCELLED, by=by, note=reason)
        if put_back:
            moves.put_back(order)
        payment.refresh_from_db(fields=["refunded", "charged_back"])  # a withdrawal asks its money back as the order moves
        if refund and payment.left.minor:
            ask_locked(locked, payment.left, by=by, reason=reason)
    return order


@retrying
def put_back(order_id: UUID) -> Purchase:
    """The pair of an order that has ended is for sale again; once, however often it is called. Raises NotEnded, NotFound."""
    with transaction.atomic():
        order = lock(order_id, sizes=True).order
        if order.status not in Purchase.ENDED:
            raise NotEnded
        moves.put_back(order)
    return order
