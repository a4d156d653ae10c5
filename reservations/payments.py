"""Talking to the provider about one payment: ask, take the money, call it off. Never called inside a transaction.

Each may be repeated by anybody at any time: `Payment.pk` is the provider's idempotency key.
"""

import logging

from django.db import transaction

from drops.clock import database_time
from drops.facts import iso
from dropshop import live
from reservations.errors import PaymentUnanswered
from reservations.gateways import CaptureRefused, Outcome, Unanswered, gateway
from reservations.models import Payment, Purchase

log = logging.getLogger(__name__)


def ask(payment: Payment) -> Outcome:
    """Whether the money is set aside. Raises PaymentUnanswered after PAYMENT_TIMEOUT seconds of silence."""
    hold = payment.reservation
    try:
        return gateway().authorise(
            key=str(payment.pk), token=payment.method, money=payment.money, return_path=hold.get_absolute_url()
        )
    except Unanswered:
        raise PaymentUnanswered(pinned_until=iso(hold.lapses_at), retry_after=2) from None


def capture(payment: Payment) -> bool:
    """Takes the money of a sale; False where the provider did not take it, and `settle_open` will ask again."""
    try:
        gateway().capture(payment.authorisation, payment.money)
    except Unanswered:
        log.warning("capture unanswered", extra={"payment": str(payment.pk)})
        return False
    except CaptureRefused as refusal:
        log.error("capture refused", extra={"payment": str(payment.pk)})  # noqa: TRY400 - the reason is kept, no trace wanted
        Payment.objects.filter(pk=payment.pk).update(note=f"The bank refused the capture: {refusal}"[:300])
        return False
    with transaction.atomic():
        payment.move(Payment.Status.CAPTURED, settled_at=database_time())
        unpaid = Purchase.objects.filter(reservation=payment.reservation_id, status=Purchase.Status.PROCESSING)
        unpaid.update(status=Purchase.Status.PAID)
    return True


def call_off(payment: Payment) -> bool:
    """Tells the provider that a payment is voided, and then the shopper, once; False: to be tried again.

    The void itself was decided and committed before (`VOIDED`, not settled yet), so no sale can come of it any more.
    """
    try:
        if payment.authorisation:
            gateway().void(payment.authorisation)
    except Unanswered:
        log.warning("void unanswered", extra={"payment": str(payment.pk)})
        return False
    unsettled = Payment.objects.filter(pk=payment.pk, status=Payment.Status.VOIDED, settled_at=None)
    if unsettled.update(settled_at=database_time()):
        member, text = str(payment.reservation.member_id), f"{payment.note} You were not charged."
        live.publish({"type": "notification", "to": member, "kind": "payment_voided", "text": text})
    return True
