"""Payments whose shopper has gone: the provider is asked again, and the sale is decided (M2)."""

from collections.abc import Callable

from reservations.payments import due
from reservations.payments.gateways import Authorised, Confirm, Declined, Outcome, Unanswered, gateway
from reservations.payments.models import Payment
from reservations.payments.provider import NotAsked, await_confirmation, call_off
from reservations.purchases.buy import Attempt, Status, advance_alone
from reservations.purchases.decide import Bought, Verdict, decide_each


def settle_open() -> int:
    """Finishes or undoes the payments whose process went away or whose provider was silent; how many were looked at."""
    return due.sweep(settle)


def settle(payment: Payment, *, is_late: Callable[[], bool] = lambda: True) -> Bought | None:
    """Asks the provider what became of the payment and carries it out; None where nothing was sold. `is_late`: as in Verdict.

    Raises what `buy` raises.
    """
    if payment.status == Status.VOIDED:
        call_off(payment)
        return None
    if payment.status == Status.AUTHORISED:
        return _finish(payment, Authorised(payment.authorisation), is_late)
    if not payment.asked:
        return _finish(payment, NotAsked(), is_late)
    try:
        outcome = gateway().lookup(str(payment.pk))
    except Unanswered:
        return None
    if outcome is None:
        decide_each([Verdict(payment, Declined("The bank never heard of this payment."), is_late=is_late)])
        return None
    if isinstance(outcome, Confirm):
        await_confirmation(payment, outcome)
        return None
    return _finish(payment, outcome, is_late)


def _finish(payment: Payment, outcome: Outcome | NotAsked, is_late: Callable[[], bool] = lambda: True) -> Bought:
    return advance_alone(Attempt(verdict=Verdict(payment, outcome, is_late=is_late)))
