"""Buying the pair one holds: authorise, decide under the lock, capture; or void (M1).

The provider is never called inside a transaction. A Payment row is written before the first call, so that whatever
happens to this process, `settle_open` can finish what was begun or undo it (M2).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from drops import stock
from drops.clock import ClockTimestamp, database_time
from drops.facts import buyers, iso, publish_stock
from dropshop import live
from dropshop.errors import ConcurrentUpdate, DropshopError, Invalid
from dropshop.transactions import retrying
from reservations.addresses import check_address
from reservations.errors import ConfirmationRequired, HoldExpired, PaymentDeclined, PaymentUnanswered
from reservations.facts import reservation_facts
from reservations.gateways import Authorised, Confirm, Declined, Outcome, Unanswered, gateway
from reservations.holds import lock_hold, refuse_ended
from reservations.models import Payment, Purchase, Reservation

log = logging.getLogger(__name__)

PIN_SECONDS = 30  # how much longer than its hold a pair waits for a payment's answer (H5)
Status = Payment.Status


@dataclass(frozen=True, slots=True)
class Bought:
    """The purchase; `created` is False where it had been made before."""

    purchase: Purchase
    created: bool


def buy(
    reservation_id: UUID,
    *,
    member: Any,
    address: Any,
    payment_method: str,
    record: Callable[[Purchase], None] | None = None,
) -> Bought:
    """Sells the held pair to its holder. The same again returns the same purchase and takes the money once.

    `payment_method` is the provider's token. `record` is called inside the transaction of the sale, for what must
    commit with it. Raises NotFound, Invalid, HoldExpired, AlreadyCancelled, PaymentDeclined, ConfirmationRequired,
    PaymentUnanswered, ConcurrentUpdate (another payment for this hold is on its way).
    """
    lines = check_address(address)
    if not isinstance(payment_method, str) or not 0 < len(payment_method) <= 200 or not payment_method.isprintable():
        raise Invalid(errors={"payment_method": ["Choose how to pay."]})
    begun = _begin(reservation_id, member=member, address=lines, method=payment_method)
    if isinstance(begun, Purchase):
        return Bought(begun, created=False)
    return _finish(begun, _ask(begun), record)


@retrying
def _begin(reservation_id: UUID, *, member: Any, address: dict[str, str], method: str) -> Payment | Purchase:
    """Pins the hold and writes down that the provider will be asked; the purchase where it was bought already."""
    with transaction.atomic():
        hold, moment = lock_hold(reservation_id, member=member)
        if hold.status == Reservation.Status.COMPLETED:
            return hold.purchase
        refuse_ended(hold, moment)
        going = hold.payments.filter(status__in=Payment.OPEN).first()
        if going is not None and (going.method == method or going.status != Status.CONFIRMING):
            if going.method != method:
                raise ConcurrentUpdate("A payment for this pair is on its way. Wait for its answer.")
            return going
        if going is not None:
            # Another card while the first one's confirmation is open: that attempt ends here, and is voided by `settle_open`
            # if the shopper confirms it after all.
            going.move(Status.VOIDED, note="Another payment method was chosen.", settled_at=moment)
            transaction.on_commit(lambda: _void_at_provider(going), robust=True)
        payment = Payment.objects.create(
            reservation=hold,
            method=method,
            amount=hold.price,
            currency=hold.currency,
            address=address,
            created_at=moment,
        )
        _pin(hold, hold.expires_at + timedelta(seconds=PIN_SECONDS))
    return payment


def _pin(hold: Reservation, until: Any) -> None:
    """Pins the hold until then; None unpins it. What its screens show changes with it."""
    if hold.pinned_until != until:
        hold.pinned_until = until
        hold.save(update_fields=["pinned_until"])
        stock.touch(hold.size)
        publish_stock([hold.size])


def _ask(payment: Payment) -> Outcome:
    try:
        return gateway().authorise(
            key=str(payment.pk),
            token=payment.method,
            money=payment.money,
            return_path=payment.reservation.get_absolute_url(),
        )
    except Unanswered:
        hold = payment.reservation
        raise PaymentUnanswered(pinned_until=iso(hold.lapses_at), retry_after=2) from None


def _finish(payment: Payment, outcome: Outcome, record: Callable[[Purchase], None] | None = None) -> Bought:
    """Carries out what the provider answered."""
    match outcome:
        case Declined(reason):
            raise PaymentDeclined(reason, expires_at=iso(_decline(payment, reason).expires_at))
        case Confirm(reference, url):
            payment.move(Status.CONFIRMING, authorisation=reference)
            raise ConfirmationRequired(confirm_url=url)
        case Authorised(reference):
            bought = _decide(payment, reference, record)
            if isinstance(bought, DropshopError):
                void(payment)
                raise bought
            capture(payment)
            bought.purchase.refresh_from_db(fields=["status"])
            return bought


@retrying
def _decline(payment: Payment, reason: str) -> Reservation:
    """Notes the refusal and unpins the hold, which stands until its own expiry."""
    with transaction.atomic():
        hold, moment = lock_hold(payment.reservation_id, member=payment.reservation.member_id)
        payment.move(Status.DECLINED, note=reason[:300], settled_at=moment)
        if hold.status == Reservation.Status.ACTIVE:
            _pin(hold, None)
    return hold


@retrying
def _decide(payment: Payment, reference: str, record: Callable[[Purchase], None] | None) -> Bought | DropshopError:
    """Under the lock: the hold still stands, and becomes the purchase; or it does not, and its loser gets the name.

    The authorisation is written down in either case: what is not sold must be voided.
    """
    with transaction.atomic():
        hold, moment = lock_hold(payment.reservation_id, member=payment.reservation.member_id)
        payment.refresh_from_db()
        if payment.status in (Status.STARTED, Status.CONFIRMING):
            payment.move(Status.AUTHORISED, authorisation=reference)
        payment.authorisation = reference
        if hold.status == Reservation.Status.COMPLETED and payment.status in (Status.AUTHORISED, Status.CAPTURED):
            return Bought(hold.purchase, created=False)  # one payment is open per hold, so it is this one's
        try:
            refuse_ended(hold, moment)
        except DropshopError as refusal:
            return refusal
        if payment.status != Status.AUTHORISED:
            return HoldExpired("This payment was given up before the answer came.")
        purchase = _sell(hold, payment, moment)
        if record is not None:
            record(purchase)
    return Bought(purchase, created=True)


def _sell(hold: Reservation, payment: Payment, moment: Any) -> Purchase:
    """The hold, locked, becomes a purchase."""
    completed = Reservation.Status.COMPLETED
    if not Reservation.objects.active().filter(pk=hold.pk).update(status=completed, ended_at=moment, pinned_until=None):
        raise ConcurrentUpdate
    hold.status, hold.ended_at, hold.pinned_until = completed, moment, None
    stock.sell(hold.size, 1)
    purchase = Purchase.objects.create(
        reservation=hold,
        drop=hold.drop,
        size=hold.size,
        member_id=hold.member_id,
        price=hold.price,
        currency=hold.currency,
        address=payment.address,
        created_at=moment,
    )
    publish_stock([hold.size])
    live.publish_on_commit({"type": "reservation-ended", "to": str(hold.member_id), "reservation": reservation_facts(hold)})
    transaction.on_commit(lambda: _tell_sale(purchase), robust=True)
    return purchase


def _tell_sale(purchase: Purchase) -> None:
    live.publish(
        {
            "type": "purchase-created",
            "drop": str(purchase.drop_id),
            "size": purchase.size.label,
            "buyer": purchase.member.public_name,
            "top_purchasers": buyers([purchase.drop_id])[purchase.drop_id]["top_purchasers"],
            "at": iso(purchase.created_at),
        }
    )


def capture(payment: Payment) -> bool:
    """Takes the money of a sale; False where the provider did not answer, and `settle_open` will ask again."""
    try:
        gateway().capture(payment.authorisation, payment.money)
    except Unanswered:
        log.warning("capture unanswered", extra={"payment": str(payment.pk)})
        return False
    with transaction.atomic():
        payment.move(Status.CAPTURED, settled_at=database_time())
        unpaid = Purchase.objects.filter(reservation=payment.reservation_id, status=Purchase.Status.PROCESSING)
        unpaid.update(status=Purchase.Status.PAID)
    return True


def void(payment: Payment) -> bool:
    """Gives back what an authorisation without a sale set aside, and tells the shopper; False: to be tried again."""
    if not _void_at_provider(payment):
        return False
    if payment.move(Status.VOIDED, note="The pair was gone when the bank answered.", settled_at=database_time()):
        text = "Your bank answered after your hold had ended. The pair is gone, and you were not charged."
        member = str(payment.reservation.member_id)
        live.publish({"type": "notification", "to": member, "kind": "payment_voided", "text": text})
    return True


def _void_at_provider(payment: Payment) -> bool:
    try:
        gateway().void(payment.authorisation)
    except Unanswered:
        log.warning("void unanswered", extra={"payment": str(payment.pk)})
        return False
    return True


def settle_open() -> int:
    """Finishes or undoes the payments whose process went away or whose provider was silent; how many were looked at.

    Those that a process may still be working on (younger than the provider's time-out and a little) are left alone,
    and confirmations are waited for as long as their hold lasts.
    """
    now = ClockTimestamp()
    given_up = now - timedelta(seconds=settings.PAYMENT_TIMEOUT + 5)
    waiting = Q(status=Status.CONFIRMING) & Q(reservation__in=Reservation.objects.active()) & ~Q(
        reservation__in=Reservation.objects.overdue()
    )
    overdue = Payment.objects.filter(status__in=Payment.OPEN, created_at__lte=given_up).exclude(waiting)
    payments = list(overdue.select_related("reservation")[:100])
    for payment in payments:
        try:
            settle(payment)
        except DropshopError as refusal:
            log.info("settled", extra={"payment": str(payment.pk), "outcome": refusal.code})
    return len(payments)


def settle(payment: Payment) -> Bought | None:
    """Asks the provider what became of the payment and carries it out; None where nothing was sold.

    Raises what `buy` raises.
    """
    if payment.status == Status.AUTHORISED:
        return _finish(payment, Authorised(payment.authorisation))
    try:
        outcome = gateway().lookup(str(payment.pk))
    except Unanswered:
        return None
    if outcome is None:
        _decline(payment, "The bank never heard of this payment.")
        return None
    if isinstance(outcome, Confirm):
        if payment.status == Status.STARTED:
            payment.move(Status.CONFIRMING, authorisation=outcome.reference)
        if _hold_is_over(payment) and _void_at_provider(payment):
            payment.move(Status.VOIDED, note="It was not confirmed in time.", settled_at=database_time())
        return None
    return _finish(payment, outcome)


def _hold_is_over(payment: Payment) -> bool:
    running = Reservation.objects.active().filter(pk=payment.reservation_id)
    return not running.exclude(pk__in=Reservation.objects.overdue()).exists()
