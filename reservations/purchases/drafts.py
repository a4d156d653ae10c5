"""What a sale is stored with, made before the locks where possible: nobody need wait for what is only encrypted."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import connection

from dropshop.core.outbox.write import SealedEmail, addresses_of
from reservations.holds.models import Reservation
from reservations.payments.gateways import Authorised
from reservations.payments.models import Payment
from reservations.purchases.attempts import PurchaseAttempt
from reservations.purchases.models import Purchase, new_number
from reservations.purchases.receipts import receipt

PAID_ADDRESS = Payment._meta.get_field("address")
seal = Purchase._meta.get_field("address").get_prep_value


class SaleDraft(NamedTuple):
    """What a sale is stored with: its id and number, the address open and sealed, and its receipt."""

    order: UUID
    number: str
    address: Any
    sealed: str | None
    receipt: SealedEmail | None


class SaleDrafts:
    """The drafts of these attempts, should they become sales, by the sealed text of their payments' addresses.

    Those whose payments this process has written itself are made at once; of an address that another process, or a later
    request, has written, the draft is made when it is asked for.
    """

    def __init__(self, attempts: Sequence[PurchaseAttempt]) -> None:
        sales = [attempt.payment for attempt in attempts if isinstance(attempt.outcome, Authorised)]
        self.recipients = addresses_of({payment.reservation.member_id for payment in sales})
        self.made = {payment.sealed: self._make(payment.reservation, payment.address) for payment in sales if payment.sealed}

    def of(self, hold: Reservation, sealed: str) -> SaleDraft:
        """The draft of this hold, which goes to the address that was sealed so."""
        return self.made.get(sealed) or self._make(hold, PAID_ADDRESS.from_db_value(sealed, None, connection))

    def _make(self, hold: Reservation, address: Any) -> SaleDraft:
        order, number, to = uuid4(), new_number(), self.recipients.get(hold.member_id)
        told = receipt(hold, order=order, number=number, address=address, to=to)
        return SaleDraft(order, number, address, seal(address), told)
