"""The end of a withdrawal, and of its words: those of a member who has left are kept as long as something is open."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dropshop.core.clock import database_time
from dropshop.core.errors import NotFound
from dropshop.core.members import Member
from dropshop.core.outbox.models import Email
from dropshop.core.transactions import retrying
from reservations.orders.moves import lock_orders, lock_orders_of
from reservations.purchases.models import Purchase
from reservations.refunds.refund import checked_reason
from reservations.withdrawals.messages import RECEIVED
from reservations.withdrawals.models import Withdrawal, WithdrawalQuerySet


@retrying
def settle(withdrawal_id: UUID, *, by: Member, reason: str) -> Withdrawal:
    """Staff say that nothing is left to do, and how it came: the money went back another way, say. Twice changes nothing.

    Raises Invalid for a missing reason, NotFound.
    """
    reason = checked_reason(reason)
    order_id = Withdrawal.objects.filter(pk=withdrawal_id).values_list("purchase", flat=True).first()
    if order_id is None:
        raise NotFound("There is no such withdrawal.")
    with transaction.atomic():
        note_settled(lock_orders([order_id])[order_id], by=by, note=reason)
    return Withdrawal.objects.get(pk=withdrawal_id)


def note_settled(order: Purchase, *, by: Member | None = None, note: str = "") -> None:
    """What was open of this order, which is locked, is settled."""
    open_ones = Withdrawal.objects.open().filter(purchase=order)
    if open_ones.update(settled_at=database_time(), settled_by=by, note=note):
        _forget_words(Withdrawal.objects.filter(purchase=order, member_left=True))


def reopen(order: Purchase, *, why: str) -> None:
    """Money that settled the withdrawal of this order, which is locked, is the shop's again: staff have it before them once
    more, with the deadline that it had. Words that were forgotten stay forgotten.
    """
    settled = Withdrawal.objects.exclude(settled_at=None).filter(purchase=order)
    settled.update(settled_at=None, settled_by=None, note=why)


def forget(member: Member) -> None:
    """The member is erased: the words of their settled withdrawals go at once, those of open ones when they are settled.

    Until then the shop owes them an answer, and the law a receipt that is still on its way.
    """
    stated = Withdrawal.objects.filter(purchase__in=lock_orders_of(member))
    stated.update(member_left=True)
    _forget_words(stated.exclude(settled_at=None))


def forget_late_receipts(_: datetime) -> int:
    """Forgets the receipts of members who left that were still to be sent when all else was settled; how many."""
    return _forget_receipts(Withdrawal.objects.filter(member_left=True).exclude(settled_at=None))


def _forget_words(withdrawals: WithdrawalQuerySet) -> None:
    _forget_receipts(withdrawals)
    withdrawals.update(name=None, email=None, note="")


def _forget_receipts(withdrawals: WithdrawalQuerySet) -> int:
    causes = [withdrawal.cause for withdrawal in withdrawals.only("pk")]
    sent = Email.objects.filter(kind=RECEIVED, cause__in=causes, to__isnull=False).exclude(status=Email.Status.WAITING)
    return sent.update(to=None, context=None)
