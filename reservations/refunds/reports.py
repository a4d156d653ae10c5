"""What the provider tells of by itself: chargebacks, refunds made there, and refunds that came back. Each is booked once.

Money that has gone back is a fact. What staff only wish to give back, and nobody has approved, makes room for it. What does
not fit within the capture even so is kept in the state "above" for staff, and booked once there is room.
"""

import logging
from uuid import UUID

from django.db import transaction

from dropshop.core.clock import database_time
from dropshop.core.errors import Invalid
from dropshop.core.money import Money
from dropshop.core.transactions import retrying
from reservations.payments import money_back
from reservations.payments.ledger.transfers import Kind, book_part
from reservations.payments.models import Payment
from reservations.purchases.models import Purchase
from reservations.refunds import messages
from reservations.refunds.locked import (
    Locked,
    book_chargeback,
    book_what_was_above,
    lock_captured,
    note_failed,
    release,
    tell_of_money,
)
from reservations.refunds.models import Chargeback, Refund
from reservations.refunds.refund import next_number
from reservations.refunds.send import confirm_locked

log = logging.getLogger(__name__)
Status = Refund.Status


@retrying
def report_refund(payment: Payment, money: Money, *, reference: str, key: str = "") -> Refund:
    """The provider has given so much of this payment back. `key`: the idempotency key under which it was asked, if any: it may
    be one of ours. Once per reference; raises NotCaptured, CaptureOpen, and Invalid for another currency.
    """
    _check(payment, money)
    with transaction.atomic():
        locked = lock_captured(_order_id(payment))
        ours = {refund.key: refund for refund in locked.order.refunds.all()}.get(key)
        if ours is not None:
            confirm_locked(locked, ours, reference)
        known = Refund.objects.filter(reference=reference).first()
        return known or _book_refund(locked, money, reference)


def _book_refund(locked: Locked, money: Money, reference: str) -> Refund:
    _make_room(locked, money)
    refund = _new(locked, money, reference)
    book_what_was_above(locked)
    refund.refresh_from_db()
    return refund


def _new(locked: Locked, money: Money, reference: str) -> Refund:
    """A refund that was made at the provider, not booked yet."""
    return Refund.objects.create(
        purchase=locked.order,
        n=next_number(locked.order),
        amount=money.minor,
        currency=money.currency,
        source=Refund.Source.PROVIDER,
        status=Status.ABOVE,
        reason="Made at the provider.",
        reference=reference,
    )


@retrying
def report_refund_failed(payment: Payment, money: Money, *, reference: str, key: str = "", why: str = "") -> Refund:
    """The shopper's bank did not take this refund, also where the provider had said yes to it: its money is the shop's again.

    Doing it twice does it once. What the shop knows nothing of is written down under its reference, and so is that of ours:
    whoever has read of it before it failed, and reports that now, books nothing. Raises as `report_refund`.
    """
    _check(payment, money)
    with transaction.atomic():
        locked = lock_captured(_order_id(payment))
        refund = _known(locked, reference, key) or _new(locked, money, reference)
        if not refund.reference:
            refund.reference = reference
            refund.save(update_fields=["reference"])
        note_failed(locked, refund, why)
    return refund


def _known(locked: Locked, reference: str, key: str) -> Refund | None:
    """The refund of this reference, or that of ours of which no reference is known yet."""
    known = Refund.objects.filter(reference=reference).first()
    ours = {refund.key: refund for refund in locked.order.refunds.filter(reference="")}
    return known or ours.get(key)


@retrying
def report_chargeback(payment: Payment, money: Money, *, reference: str) -> Chargeback:
    """The shopper's bank has taken so much of this payment back. Once per reference; raises as `report_refund`."""
    _check(payment, money)
    with transaction.atomic():
        locked = lock_captured(_order_id(payment))
        chargeback, is_new = _note(locked, money, reference, Chargeback.Status.ABOVE)
        if chargeback.status == Chargeback.Status.FOREIGN:  # its sum in the payment's currency was not known before
            chargeback.amount, chargeback.currency = money.minor, money.currency
            chargeback.status = Chargeback.Status.ABOVE
            chargeback.save(update_fields=["amount", "currency", "status"])
            is_new = True
        if is_new:
            _make_room(locked, money)
            book_chargeback(locked, chargeback)
    return chargeback


@retrying
def report_foreign_chargeback(payment: Payment, money: Money, *, reference: str) -> Chargeback:
    """The shopper's bank has taken money back in another currency, and nobody has said how much that is in the payment's. It is
    kept for staff, who are told, and not booked. Once per reference; raises NotCaptured and CaptureOpen.
    """
    with transaction.atomic():
        locked = lock_captured(_order_id(payment))
        chargeback, is_new = _note(locked, money, reference, Chargeback.Status.FOREIGN)
        if is_new:
            log.error("a chargeback in another currency", extra={"reference": reference, "payment": str(payment.pk)})
            messages.tell_staff_of_chargeback(locked.order, chargeback)
    return chargeback


def _note(locked: Locked, money: Money, reference: str, status: Chargeback.Status) -> tuple[Chargeback, bool]:
    facts = {"purchase": locked.order, "amount": money.minor, "currency": money.currency, "status": status}
    return Chargeback.objects.get_or_create(reference=reference, defaults=facts)


@retrying
def report_chargeback_won(reference: str) -> Chargeback:
    """The shop has won: the money is ours again. Doing it twice does it once; raises Chargeback.DoesNotExist."""
    with transaction.atomic():
        locked = lock_captured(Chargeback.objects.get(reference=reference).purchase_id)
        chargeback = Chargeback.objects.get(reference=reference)
        was = chargeback.status
        if was == Chargeback.Status.WON:
            return chargeback
        chargeback.status, chargeback.settled_at = Chargeback.Status.WON, database_time()
        chargeback.save(update_fields=["status", "settled_at"])
        if was == Chargeback.Status.TAKEN:
            money_back.move(locked.payment, charged_back=-chargeback.amount)
            book_part(locked.payment.pk, Kind.WON_BACK, chargeback.money, cause=chargeback.cause)
            book_what_was_above(locked)
            tell_of_money(locked.order, ours_again=f"The chargeback of {chargeback.money} was won.")
    return chargeback


def _make_room(locked: Locked, money: Money) -> None:
    """Calls off refunds that nobody has approved yet, the newest first, until so much is left of the capture."""
    for refund in locked.order.refunds.filter(status=Status.WAITING).order_by("-n"):
        if locked.payment.left.minor >= money.minor:
            return
        release(locked, refund, Status.CALLED_OFF, note="Called off: the money has gone back another way.")


def _check(payment: Payment, money: Money) -> None:
    if money.currency != payment.currency or money.minor < 1:
        raise Invalid(errors={"amount": [f"Give an amount above zero, in {payment.currency}."]})


def _order_id(payment: Payment) -> UUID:
    return Purchase.objects.values_list("pk", flat=True).get(reservation=payment.reservation_id)
