"""Refunds by staff: asked for, above a limit approved by somebody else, or called off. The worker sends them (`send`)."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Sum

from dropshop.core.clock import database_time
from dropshop.core.errors import Invalid, NotFound
from dropshop.core.members import Member
from dropshop.core.money import Money
from dropshop.core.transactions import retrying
from reservations.payments import money_back
from reservations.purchases.models import Purchase
from reservations.refunds.errors import OtherRefund, OwnRefund, RefundDecided, RefundTooHigh
from reservations.refunds.locked import Locked, lock_captured, release
from reservations.refunds.models import Refund

Status, Source = Refund.Status, Refund.Source
REASON_MAX = 300


def next_number(order: Purchase) -> int:
    """The number of the order's next refund."""
    return (order.refunds.aggregate(last=Max("n"))["last"] or 0) + 1


@retrying
def ask(order_id: UUID, money: Money, *, by: Member, reason: str, n: int | None = None) -> Refund:
    """Promises the shopper of this order so much back; it is sent soon, or waits for approval above the limit.

    `n` is the number that this refund is to have, as `next_number` gave it: asked twice it is one refund. Raises Invalid for
    a missing reason or a sum that is none, RefundTooHigh with the numbers, NotCaptured, CaptureOpen, NotFound, and
    OtherRefund where `n` is another one by now.
    """
    reason = checked_reason(reason)
    with transaction.atomic():
        locked = lock_captured(order_id)
        known = locked.order.refunds.filter(n=n).first() if n is not None else None
        if known is None:
            return ask_locked(locked, money, by=by, reason=reason, n=n)
        if (known.by_id, known.amount, known.reason) != (by.pk, money.minor, reason):
            raise OtherRefund
        return known


def checked_reason(reason: str) -> str:
    """The reason without blanks around it; raises Invalid where there is none, or too much of it."""
    if not 0 < len(reason := reason.strip()) <= REASON_MAX:
        raise Invalid(errors={"reason": [f"Say why, in at most {REASON_MAX} characters."]})
    return reason


def ask_locked(
    locked: Locked,
    money: Money,
    *,
    by: Member | None,
    reason: str,
    n: int | None = None,
    source: Refund.Source = Source.STAFF,
) -> Refund:
    """`ask` for callers who have locked the order, and looked at the reason.

    A withdrawal is the shopper's right and needs no approval.
    """
    order, payment = locked
    if money.currency != payment.currency or money.minor < 1:
        raise Invalid(errors={"amount": [f"Give an amount above zero, in {payment.currency}."]})
    number = next_number(order)
    if n not in (None, number):
        raise OtherRefund
    _promise(locked, money)
    waits = source == Source.STAFF and needs_approval(order, money)
    return Refund.objects.create(
        purchase=order,
        n=number,
        amount=money.minor,
        currency=money.currency,
        source=source,
        status=Status.WAITING if waits else Status.APPROVED,
        reason=reason,
        by=by,
        retry_at=None if waits else database_time(),
    )


def _promise(locked: Locked, money: Money) -> None:
    payment, left = locked.payment, locked.payment.left
    if money.minor > left.minor or not money_back.move(payment, refunded=money.minor):
        gone = Money(payment.refunded + payment.charged_back, payment.currency)
        raise RefundTooHigh(
            f"{payment.money} was paid, {gone} of it is given back already or on its way: {left} is left, not {money}.",
            captured=payment.money.facts,
            refunded=gone.facts,
            left=left.facts,
        )


def needs_approval(order: Purchase, money: Money) -> bool:
    """Whether this refund, with those of the order that staff gave alone before, is above the limit of its currency.

    A currency without a limit always needs a second pair of eyes.
    """
    alone = order.refunds.filter(source=Source.STAFF, approved_by=None, status__in=(Status.APPROVED, Status.SENT))
    given = alone.aggregate(minor=Sum("amount"))["minor"] or 0
    return given + money.minor > limit_of(order.currency).minor


def limit_of(currency: str) -> Money:
    """What staff may give back of one order alone."""
    return Money(settings.REFUND_APPROVAL_LIMIT.get(currency, 0), currency)


@retrying
def approve(refund_id: int, *, by: Member) -> Refund:
    """A second member of staff agrees: the refund is sent. Raises OwnRefund for the one who asked, RefundDecided, NotFound.

    Approving what the same person has approved changes nothing.
    """
    with transaction.atomic():
        refund, _ = _lock_refund(refund_id)
        if refund.approved_by_id == by.pk:
            return refund
        _require_waiting(refund)
        if refund.by_id == by.pk:
            raise OwnRefund
        refund.status, refund.approved_by, refund.retry_at = Status.APPROVED, by, database_time()
        refund.save(update_fields=["status", "approved_by", "retry_at"])
    return refund


@retrying
def call_off(refund_id: int, *, by: Member) -> Refund:
    """A refund that waits for approval will not be given; its sum is free again. Raises RefundDecided, NotFound."""
    with transaction.atomic():
        refund, locked = _lock_refund(refund_id)
        _require_waiting(refund)
        release(locked, refund, Status.CALLED_OFF, note=Refund.called_off_by(by.get_username()))
    return refund


def _require_waiting(refund: Refund) -> None:
    if refund.status != Status.WAITING:
        raise RefundDecided(f"This refund is: {refund.get_status_display().lower()}.", refund_status=refund.status)


def _lock_refund(refund_id: int) -> tuple[Refund, Locked]:
    order_id = Refund.objects.filter(pk=refund_id).values_list("purchase", flat=True).first()
    if order_id is None:
        raise NotFound("There is no such refund.")
    locked = lock_captured(order_id)
    return locked.order.refunds.get(pk=refund_id), locked
