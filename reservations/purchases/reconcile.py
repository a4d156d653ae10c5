"""Payments whose shopper has gone: the provider is asked again, and the sale is decided (M2)."""

from collections.abc import Callable

from reservations.payments import due
from reservations.payments.gateways import Authorised, ConfirmationNeeded, Declined, GatewayTimeout, Outcome, gateway
from reservations.payments.models import Payment
from reservations.payments.provider import NotAsked, await_confirmation, void
from reservations.purchases.buy import PurchaseAttempt, Status, advance_alone
from reservations.purchases.decide import GatewayAnswer, PurchaseResult, decide_each


def reconcile_open() -> int:
    """Finishes or undoes the payments whose process went away or whose provider was silent; how many were looked at."""
    return due.sweep(reconcile)


def reconcile(payment: Payment, *, is_late: Callable[[], bool] = lambda: True) -> PurchaseResult | None:
    """Asks the provider what became of the payment and carries it out; None where nothing was sold. `is_late`: as in Verdict.

    Raises what `buy` raises.
    """
    if payment.status == Status.VOIDED:
        void(payment)
        return None
    if payment.status == Status.AUTHORISED:
        return _finish(payment, Authorised(payment.authorisation), is_late)
    if not payment.asked:
        return _finish(payment, NotAsked(), is_late)
    try:
        outcome = gateway().lookup(str(payment.pk))
    except GatewayTimeout:
        return None
    if outcome is None:
        decide_each([GatewayAnswer(payment, Declined("The bank never heard of this payment."), is_late=is_late)])
        return None
    if isinstance(outcome, ConfirmationNeeded):
        await_confirmation(payment, outcome)
        return None
    return _finish(payment, outcome, is_late)


def _finish(payment: Payment, outcome: Outcome | NotAsked, is_late: Callable[[], bool] = lambda: True) -> PurchaseResult:
    return advance_alone(PurchaseAttempt(verdict=GatewayAnswer(payment, outcome, is_late=is_late)))
