"""The money of a withdrawal: asked back by itself once the pair is with the shop (Directive 2011/83/EU, Article 13(3))."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum

from dropshop.core.transactions import retrying
from reservations.orders.models import OrderMove
from reservations.orders.moves import lock_orders
from reservations.purchases.models import Purchase
from reservations.refunds.errors import CaptureOpen, NotCaptured
from reservations.refunds.locked import lock_captured
from reservations.refunds.models import Chargeback, Refund
from reservations.refunds.refund import ask_locked
from reservations.withdrawals.models import Withdrawal
from reservations.withdrawals.settle import note_settled, reopen

Status = Purchase.Status
REASON = "Withdrawal"
ALL_BACK = "All of the money is back."
WITH_THE_SHOP = (Status.CANCELLED, Status.RETURNED)


def follow(order: Purchase, made: OrderMove) -> None:
    """An order that was withdrawn from has moved: its money is asked back, or it is settled. The order is locked."""
    if order.status in WITH_THE_SHOP:
        ask_back(order)
    elif order.status == Status.REFUNDED:
        note_settled(order, by=made.by)


def follow_money(order: Purchase, ours_again: str) -> None:
    """Money of this order, which is locked, has gone back for certain; or is the shop's again, for the reason that is given."""
    if not settle_where_all_is_back(order) and ours_again:
        reopen(order, why=ours_again)


def settle_where_all_is_back(order: Purchase) -> bool:
    """Whether all of the money has gone back, by refunds, chargebacks or both: then nothing is left open of this order, which
    is locked. Where the pair is does not matter: the deadline is that of the money.
    """
    sent, taken = order.refunds.filter(status=Refund.Status.SENT), order.chargebacks.filter(status=Chargeback.Status.TAKEN)
    if _sum(sent) + _sum(taken) != order.money.minor:
        return False
    note_settled(order, note=ALL_BACK)
    return True


def _sum(things: QuerySet[Refund] | QuerySet[Chargeback]) -> int:
    minor: int = things.aggregate(minor=Sum("amount"))["minor"] or 0
    return minor


def ask_back(order: Purchase) -> None:
    """Promises the shopper what is left of the money of this order, which is locked and whose pair is with the shop. Once.

    While the bank may still pay nothing is asked: the sweep comes again. Where it never paid, the withdrawal is settled.
    """
    if (
        not Withdrawal.objects.open().filter(purchase=order).exists()
        or order.refunds.filter(source=Refund.Source.WITHDRAWAL).exists()
    ):
        return
    try:
        locked = lock_captured(order.pk)
    except CaptureOpen:
        return
    except NotCaptured:
        note_settled(order, note="No money was taken.")
        return
    if locked.payment.left.minor:
        ask_locked(locked, locked.payment.left, by=None, reason=REASON, source=Refund.Source.WITHDRAWAL)


def sweep() -> int:
    """Asks back what could not be asked before, because the bank had not paid yet; how many orders were looked at."""
    waiting = Withdrawal.objects.open().filter(purchase__status__in=WITH_THE_SHOP)
    waiting = waiting.exclude(purchase__refunds__source=Refund.Source.WITHDRAWAL)
    orders = [*waiting.order_by("created_at").values_list("purchase", flat=True)]
    for order_id in orders:
        _ask_back_of(order_id)
    return len(orders)


@retrying
def _ask_back_of(order_id: UUID) -> None:
    with transaction.atomic():
        order = lock_orders([order_id])[order_id]
        if not settle_where_all_is_back(order) and order.status in WITH_THE_SHOP:
            ask_back(order)
