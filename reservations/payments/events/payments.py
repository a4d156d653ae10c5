"""Events of payments: the next sweep asks the provider what became of them (`reservations.purchases.reconcile`)."""

from uuid import UUID

from reservations.payments import due
from reservations.payments.events.models import ProviderEvent
from reservations.payments.models import Payment


def payment_of(event: ProviderEvent) -> Payment | None:
    """The payment that an event names, or whose reference it has; None where there is none (yet)."""
    try:
        named = Payment.objects.filter(pk=UUID(event.payment_key)).first()
    except ValueError:
        named = None
    if named is None and event.reference:
        named = Payment.objects.filter(authorisation=event.reference).first()
    return named


def look_soon(event: ProviderEvent) -> bool:
    """A shopper who has confirmed at the bank, and then gone, gets the pair."""
    payment = payment_of(event)
    if payment is not None:
        due.look_soon(payment)
    return payment is not None
