"""Buying the pair one holds: authorise, decide under the lock, capture; or void (M1).

The provider is never called inside a transaction. A Payment row is written before the first call, so that whatever
happens to this process, `settle_open` can finish what was begun or undo it (M2).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from drops import stock
from drops.clock import ClockTimestamp
from drops.facts import iso, publish_stock
from dropshop import live
from dropshop.errors import ConcurrentUpdate, DropshopError, Invalid
from dropshop.transactions import retrying
from reservations.addresses import check_address
from reservations.errors import ConfirmationRequired, PaymentDeclined
from reservations.expiry import end
from reservations.facts import sale_facts
from reservations.gateways import Authorised, Confirm, Declined, Outcome, Unanswered, gateway
from reservations.holds import lock_hold, refuse_ended
from reservations.models import Payment, Purchase, Reservation
from reservations.payments import ask, call_off, capture

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
    payment_method: Any,
    record: Callable[[Purchase], None] | None = None,
) -> Bought:
    """Sells the held pair to its holder. The same again returns the same purchase and takes the money once.

    `payment_method` is the provider's token. `record` is called inside the transaction of the sale, for what must
    commit with it. Raises NotFound, Invalid, HoldExpired, AlreadyCancelled, PaymentDeclined, ConfirmationRequired,
    PaymentUnanswered, ConcurrentUpdate (another payment for this hold is on its way). Not to be called in a transaction.
    """
    lines = check_address(address)
    if not isinstance(payment_method, str) or not 0 < len(payment_method) <= 200 or not payment_method.isprintable():
        raise Invalid(errors={"payment_method": ["Choose how to pay."]})
    begun = _begin(reservation_id, member=member, address=lines, method=payment_method)
    if isinstance(begun, Purchase):
        return Bought(begun, created=False)
    return _finish(begun, ask(begun), record)


@retrying
def _begin(reservation_id: UUID, *, member: Any, address: dict[str, str], method: str) -> Payment | Purchase:
    """Pins the hold and writes down that the provider will be asked; the purchase where it was bought already."""
    with transaction.atomic(durable=True):
        hold, moment = lock_hold(reservation_id, member=member)
        if hold.status == Reservation.Status.COMPLETED:
            return hold.purchase
        refuse_ended(hold, moment)
        going = hold.payments.filter(status__in=Payment.OPEN).first()
        if going is not None and going.method == method:
            going.address = address  # the newest is the one that was meant
            going.save(update_fields=["address"])
            return going
        if going is not None:
            _replace(going)
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


def _replace(going: Payment) -> None:
    """Another card while the first one's confirmation is open: that attempt ends here, whatever the bank still says of it."""
    if going.status != Status.CONFIRMING:
        raise ConcurrentUpdate("A payment for this pair is on its way. Wait for its answer.")
    going.move(Status.VOIDED, note="Another payment method was chosen.")
    transaction.on_commit(lambda: call_off(going), robust=True)


def _pin(hold: Reservation, until: datetime | None) -> None:
    """Pins the hold until then; None unpins it. What its screens show changes with it."""
    if hold.pinned_until != until:
        hold.pinned_until = until
        hold.save(update_fields=["pinned_until"])
        stock.touch(hold.size)
        publish_stock([hold.size])


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
                call_off(payment)
                raise bought
            capture(payment)
            bought.purchase.refresh_from_db(fields=["status"])
            return bought


@retrying
def _decline(payment: Payment, reason: str) -> Reservation:
    """Notes the refusal and unpins the hold, which stands until its own expiry."""
    with transaction.atomic():
        hold, moment = _lock(payment)
        # A pin that belongs to another payment, begun since, stays.
        if payment.move(Status.DECLINED, note=reason[:300], settled_at=moment) and hold.status == Reservation.Status.ACTIVE:
            _pin(hold, None)
    return hold


def _lock(payment: Payment) -> tuple[Reservation, datetime]:
    """The payment's hold with its size locked, and the moment; the payment as it stands then."""
    hold, moment = lock_hold(payment.reservation_id, member=payment.reservation.member_id)
    payment.refresh_from_db()
    return hold, moment


@retrying
def _decide(payment: Payment, reference: str, record: Callable[[Purchase], None] | None) -> Bought | DropshopError:
    """Under the lock: the hold still stands, and becomes the purchase; or it does not, and its loser gets the name.

    What is not sold is voided by the same commit; telling the provider comes after it.
    """
    with transaction.atomic():
        hold, moment = _lock(payment)
        if hold.status == Reservation.Status.COMPLETED and payment.status in (Status.AUTHORISED, Status.CAPTURED):
            return Bought(hold.purchase, created=False)  # one payment is open per hold, so it is this one's
        try:
            refuse_ended(hold, moment)
            if payment.status not in Payment.OPEN:
                raise PaymentDeclined("This payment was given up before the bank answered.", expires_at=iso(hold.expires_at))
        except DropshopError as refusal:
            payment.move(Status.VOIDED, authorisation=reference, note=refusal.detail[:300], settled_at=None)
            return refusal
        payment.move(Status.AUTHORISED, authorisation=reference)
        purchase = _sell(hold, payment, moment)
        if record is not None:
            record(purchase)
    return Bought(purchase, created=True)


def _sell(hold: Reservation, payment: Payment, moment: datetime) -> Purchase:
    """The hold, locked, becomes a purchase."""
    end([hold], Reservation.Status.COMPLETED, moment)
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
    transaction.on_commit(lambda: live.publish(sale_facts(purchase)), robust=True)
    return purchase


def settle_open() -> int:
    """Finishes or undoes the payments whose process went away or whose provider was silent; how many were looked at.

    Those that a process may still be working on (younger than the provider's time-out and a little) are left alone,
    and a confirmation is waited for until its hold runs out. One that cannot be settled does not keep the others waiting.
    """
    now = ClockTimestamp()
    given_up = now - timedelta(seconds=settings.PAYMENT_TIMEOUT + 5)
    running = Reservation.objects.active().filter(expires_at__gt=now)
    unsettled = Payment.objects.filter(settled_at=None, created_at__lte=given_up)
    unsettled = unsettled.exclude(status=Status.CONFIRMING, reservation__in=running.values("pk"))
    payments = list(unsettled.select_related("reservation").order_by("created_at")[:200])
    for payment in payments:
        try:
            settle(payment)
        except DropshopError as refusal:
            log.info("settled", extra={"payment": str(payment.pk), "outcome": refusal.code})
        except Exception:
            log.exception("not settled", extra={"payment": str(payment.pk)})
    return len(payments)


def settle(payment: Payment) -> Bought | None:
    """Asks the provider what became of the payment and carries it out; None where nothing was sold.

    Raises what `buy` raises.
    """
    if payment.status == Status.VOIDED:
        call_off(payment)
        return None
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
        _await_confirmation(payment, outcome)
        return None
    return _finish(payment, outcome)


@retrying
def _await_confirmation(payment: Payment, outcome: Confirm) -> None:
    """Waits for the shopper as long as the hold stands; then the payment is called off."""
    with transaction.atomic():
        hold, moment = _lock(payment)
        payment.move(Status.CONFIRMING, authorisation=outcome.reference)
        try:
            refuse_ended(hold, moment)
        except DropshopError:
            payment.move(Status.VOIDED, note="It was not confirmed in time.")
    if payment.status == Status.VOIDED:
        call_off(payment)
