"""Calls to the payment provider: authorise, capture, void. Never called inside a transaction.

Each may be repeated by anybody at any time: `Payment.pk` is the provider's idempotency key.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from dropshop.core import live
from dropshop.core.clock import database_time
from dropshop.core.connections import give_back
from dropshop.core.hooks import Hook
from dropshop.core.outbox import write as outbox
from dropshop.core.outbox.write import SealedEmail
from dropshop.core.sql import rows
from dropshop.core.transactions import retrying
from reservations.holds.lifecycle import lock_holds
from reservations.payments import due, fees, news
from reservations.payments.errors import PaymentUnanswered
from reservations.payments.gateways import (
    AuthoriseRequest,
    BatchGateway,
    CaptureRefused,
    ConfirmationNeeded,
    Declined,
    GatewayTimeout,
    MoneyNotTaken,
    Outcome,
    ReferringGateway,
    gateway,
)
from reservations.payments.ledger import transfers as ledger
from reservations.payments.models import Payment

log = logging.getLogger(__name__)

# By the ids of these payments the receipts of their sales, ready to be stored when the money was taken.
receipts_of: Hook[Callable[[Sequence[Payment]], Mapping[UUID, SealedEmail]]] = Hook("reservations.payments.receipts_of")

CAPTURE_TRIES = 8  # looks after which a bank's "no" to the money it had set aside is final: a quarter of an hour


@dataclass(frozen=True, slots=True)
class NotAsked:
    """The bank was not asked, and nobody will ask it any more: no money can have been set aside."""

    reason: str = "Your bank could not be asked in time."


def authorise(payment: Payment) -> Outcome | NotAsked:
    """Whether the money is set aside. Raises PaymentUnanswered after PAYMENT_TIMEOUT seconds of silence.

    A payment that has waited for its turn is asked about only if nobody has given it up meanwhile.
    """
    if not payment.asked and not due.take_turn(payment):
        return NotAsked()
    hold = payment.reservation
    if not answers_at_once(payment.method):  # else the desk would open its connection, and plan its statements, anew each time
        give_back()
    try:
        return _authorise(payment, _request(payment))
    except MoneyNotTaken as refusal:
        log.warning("money not taken", extra={"payment": str(payment.pk), "said": str(refusal)})
        return Declined(str(refusal))
    except GatewayTimeout:
        raise PaymentUnanswered(pinned_until=hold.lapses_at, retry_after=2) from None


def _request(payment: Payment) -> AuthoriseRequest:
    back = payment.reservation.get_absolute_url()
    return AuthoriseRequest(
        str(payment.pk), payment.method, payment.money, back, shopper_present=payment.shopper_present, keep=payment.keeps
    )


def _authorise(payment: Payment, request: AuthoriseRequest) -> Outcome | NotAsked:
    bank = gateway()
    if not isinstance(bank, ReferringGateway):
        return bank.authorise(**request._asdict())

    def note(reference: str) -> bool:
        stored = due.note_reference(payment, reference)
        give_back()
        return stored

    return bank.authorise_noted(**request._asdict(), note=note) or NotAsked()


def lookup(payment: Payment) -> Outcome | None:
    """What became of a payment that the bank was asked about; None where no money was set aside. Raises GatewayTimeout."""
    _give_back_where_the_bank_may_wait()
    bank = gateway()
    if not isinstance(bank, ReferringGateway):
        return bank.lookup(str(payment.pk))
    return bank.lookup(payment.authorisation) if payment.authorisation else None


def answers_at_once(method: str) -> bool:
    """Whether the bank makes nobody wait who pays with this token."""
    bank = batch_gateway()
    return bank is not None and bank.answers_at_once(method)


def batch_gateway() -> BatchGateway | None:
    """The provider, if it can be asked about many payments in one call."""
    bank = gateway()
    return bank if isinstance(bank, BatchGateway) else None


def authorise_each(bank: BatchGateway, payments: Sequence[Payment]) -> list[Outcome]:
    """The same for many payments that this bank answers at once, in their order."""
    return bank.authorise_each([_request(payment) for payment in payments])


def capture(payment: Payment) -> bool:
    """Takes the money of a sale; False where the provider did not take it, and `reconcile_open` will ask again."""
    _give_back_where_the_bank_may_wait()
    try:
        gateway().capture(payment.authorisation, payment.money)
    except GatewayTimeout:
        log.warning("capture unanswered", extra={"payment": str(payment.pk)})
        ledger.book_authorised([payment.pk])
        return False
    except CaptureRefused as refusal:
        _note(payment, refusal)
        return False
    _captured([payment])
    return True


def capture_each(bank: BatchGateway, payments: Sequence[Payment]) -> list[bool]:
    """The same for many payments with a bank that can be asked so, in their order."""
    refusals = bank.capture_each([(payment.authorisation, payment.money) for payment in payments])
    for payment, refusal in zip(payments, refusals, strict=True):
        if refusal is not None:
            _note(payment, refusal)
    taken = [payment for payment, refusal in zip(payments, refusals, strict=True) if refusal is None]
    if taken:
        _captured(taken)
    return [refusal is None for refusal in refusals]


def _note(payment: Payment, refusal: CaptureRefused) -> None:
    """Why there is a sale without money (M1). After many tries that is how it stays, for staff to see to."""
    log.error("capture refused", extra={"payment": str(payment.pk), "tries": payment.tries})
    note = f"The bank refused the capture: {refusal}"[:300]
    Payment.objects.filter(pk=payment.pk).update(note=note)
    if payment.tries < CAPTURE_TRIES:
        ledger.book_authorised([payment.pk])
        return
    with transaction.atomic():
        is_over = payment.move(Payment.Status.UNCAPTURED, settled_at=database_time())
        ledger.book_voided([payment.pk] if is_over else [])
        told = news.uncaptured(payment) if is_over else []
    live.publish(*told)


@retrying
def _captured(payments: Sequence[Payment]) -> None:
    """The shop's own books: these payments are captured, and their purchases paid; each shopper gets the receipt."""
    receipts = receipts_of.value(payments)
    with transaction.atomic():
        rows(
            CAPTURED,
            ids=[payment.pk for payment in payments],
            holds=[payment.reservation_id for payment in payments],
            fees=fees.are_taken(),
            paid_for=[*receipts],
            **ledger.booked_values(ledger.Kind.AUTHORISED, ledger.Kind.CAPTURED),
            **outbox.insert_values([*receipts.values()]),
        )
    for payment in payments:
        payment.status = Payment.Status.CAPTURED


OF_THOSE = """new.id IN (
    SELECT receipt FROM unnest(%(paid_for)s::uuid[], %(emails)s::uuid[]) AS given(payment, receipt)
      JOIN payments ON payments.id = payment
)"""
# The status as an expression: else PostgreSQL may read a whole partial index (of all open or captured payments) for a few ids.
CAPTURED = f"""
WITH payments AS (
    UPDATE {{payment}} SET status = 'captured', settled_at = clock_timestamp(),
           fee_due_at = CASE WHEN %(fees)s THEN clock_timestamp() END
     WHERE id = ANY(%(ids)s::uuid[]) AND status || '' = 'authorised'
    RETURNING id, amount, currency
), {ledger.BOOKED}, receipts AS ({outbox.INSERT.replace("<those>", OF_THOSE)})
UPDATE {{purchase}} SET status = 'paid' WHERE reservation_id = ANY(%(holds)s::uuid[]) AND status = 'processing'
"""  # noqa: S608 - all of it stands here, and in those two rooms


def _give_back_where_the_bank_may_wait() -> None:
    if batch_gateway() is None:
        give_back()


def void_soon(payment: Payment) -> None:
    """`void` for callers who must not wait: where the bank may take its time, `reconcile_open` will tell it."""
    if batch_gateway() is not None:
        void(payment)


def void(payment: Payment) -> bool:
    """Tells the provider that a payment is voided, and then the shopper, once; False: to be tried again.

    The void itself was decided and committed before (`VOIDED`, not settled yet), so no sale can come of it any more.
    """
    try:
        if payment.authorisation:
            _give_back_where_the_bank_may_wait()
            gateway().void(payment.authorisation)
    except GatewayTimeout:
        log.warning("void unanswered", extra={"payment": str(payment.pk)})
        return False
    unsettled = Payment.objects.filter(pk=payment.pk, status=Payment.Status.VOIDED, settled_at=None)
    with transaction.atomic():
        told = news.voided(payment) if unsettled.update(settled_at=database_time()) else []
    live.publish(*told)
    return True


@retrying
def await_confirmation(payment: Payment, outcome: ConfirmationNeeded) -> None:
    """Waits for the shopper as long as the hold stands; then the payment is called off."""
    with transaction.atomic():
        holds, *_ = lock_holds([payment.reservation_id])
        payment.refresh_from_db()
        payment.move(Payment.Status.CONFIRMING, authorisation=outcome.reference)
        if holds[payment.reservation_id].refusal:
            payment.move(Payment.Status.VOIDED, note="It was not confirmed in time.")
        else:
            due.wait_for_shopper(payment)
    if payment.status == Payment.Status.VOIDED:
        void(payment)
