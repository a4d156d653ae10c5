"""Sending refunds to the payment provider: by a worker, outside of any transaction, as often as needed under one key."""

import logging

from django.db import transaction

from dropshop.core.connections import give_back
from dropshop.core.sweeps import Sweeps
from dropshop.core.transactions import retrying
from reservations.payments.gateways import GatewayTimeout, RefundRefused, gateway
from reservations.payments.models import Payment
from reservations.refunds import due, messages
from reservations.refunds.locked import Locked, lock_captured, note_sent, release
from reservations.refunds.models import Refund

Status = Refund.Status
_sweeps = Sweeps()
log = logging.getLogger(__name__)


def sweep() -> int:
    """Sends what is due, the oldest first; how many refunds were taken up. A process has one sweep at once."""
    return _sweeps.run(due.claim, _send)


def _send(refund: Refund) -> None:
    """Asks the provider for this refund, which is claimed, and notes what came of it."""
    sold = Payment.objects.only("authorisation").get(reservation=refund.purchase.reservation_id, status=Payment.Status.CAPTURED)
    give_back()
    try:
        reference = gateway().refund(sold.authorisation, refund.money, key=refund.key)
    except GatewayTimeout:
        log.warning("refund unanswered", extra={"refund": refund.key, "tries": refund.tries})
        due.try_later(refund, "The bank did not answer.")
    except RefundRefused as refusal:
        log.warning("refund refused", extra={"refund": refund.key})
        refuse(refund, f"The bank refused it: {refusal}")
    except Exception as error:  # whatever the provider's library raises: what was promised is asked for again, by the same key
        log.exception("refund not sent", extra={"refund": refund.key})
        due.try_later(refund, f"It could not be sent: {type(error).__name__}")
    else:
        confirm(refund, reference)


@retrying
def confirm(refund: Refund, reference: str) -> None:
    """The bank has said yes to this refund, under this reference. Doing it twice does it once."""
    with transaction.atomic():
        locked = lock_captured(refund.purchase_id)
        confirm_locked(locked, locked.order.refunds.get(pk=refund.pk), reference)


def confirm_locked(locked: Locked, refund: Refund, reference: str) -> None:
    """The same for callers who have locked the order, and read the refund after that."""
    if refund.status != Status.APPROVED:
        return
    if Refund.objects.filter(reference=reference).exists():  # the provider told of it, without our key, before we did
        release(locked, refund, Status.CALLED_OFF, note="The provider's own report of it is booked.")
    else:
        note_sent(locked, refund, reference)


@retrying
def refuse(refund: Refund, note: str) -> None:
    """The bank will not give it back: the sum is free again, and staff are told why."""
    with transaction.atomic():
        locked = lock_captured(refund.purchase_id)
        current = locked.order.refunds.get(pk=refund.pk)
        if current.status == Status.APPROVED:
            release(locked, current, Status.REFUSED, note=note)
            messages.tell_staff(locked.order, current)
