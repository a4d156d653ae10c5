"""Events of payments: the next sweep asks the provider what became of them (`reservations.purchases.reconcile`)."""

from uuid import UUID

from reservations.payments import due
from reservations.payments.events.models import ProviderEvent
from reservations.payments.models import Payment


def payment_of(event: ProviderEvent) -> Payment | None:
    """The payment whose reference an event has, or else the one that it names, which may have been copied from another thing;
    None where there is none (yet).
    """
    known = Payment.objects.filter(authorisation=event.reference).first() if event.reference else None
    if known is not None:
        return known
    try:
        return Payment.objects.filter(pk=UUID(event.payment_key)).first()
    except ValueError:
        return None


def look_soon(event: ProviderEvent) -> bool:
    """A shopper who has confirmed at the bank, and then gone, gets the pair."""
    payment = payment_of(event)
    if payment is not None:
        due.look_soon(payment)
    return payment is not None
