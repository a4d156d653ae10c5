"""Payments whose shopper has gone: the provider is asked again, and the sale is decided (M2)."""

from reservations.payments import due
from reservations.payments.gateways import Authorised, ConfirmationNeeded, Declined, GatewayTimeout
from reservations.payments.models import Payment
from reservations.payments.provider import NotAsked, await_confirmation, lookup, void
from reservations.purchases.attempts import PurchaseAttempt
from reservations.purchases.buy import advance_alone

Status = Payment.Status


def reconcile_open() -> int:
    """Finishes or undoes the payments whose process went away or whose provider was silent; how many were looked at."""
    return due.sweep(lambda payment: reconcile(PurchaseAttempt(payment=payment, is_late=True)))


def reconcile(attempt: PurchaseAttempt) -> None:
    """Asks the provider what became of the attempt's payment and carries it out; its `answer` is there where that is over.

    Raises what `buy` raises.
    """
    payment: Payment = attempt.payment
    if payment.status == Status.VOIDED:
        void(payment)
        return
    if payment.status == Status.AUTHORISED:
        attempt.outcome = Authorised(payment.authorisation)
    elif not payment.asked:
        attempt.outcome = NotAsked()
    else:
        try:
            attempt.outcome = lookup(payment) or Declined("The bank never heard of this payment.")
        except GatewayTimeout:
            return
    if isinstance(attempt.outcome, ConfirmationNeeded):
        await_confirmation(payment, attempt.outcome)
    else:
        advance_alone(attempt)
