"""Payments while a batch of purchases is decided: as they stand under the lock, and as they will stand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from reservations.payments.models import Payment

# All of a hold that is read (`lifecycle.lock_holds`).
PAYMENTS = """
SELECT id, reservation_id, status, asked, authorisation, address, status, authorisation, note, settled_at, shipping, tax,
       tax_name, tax_percent, tax_included, least_days, most_days
  FROM {payment} WHERE reservation_id = hold.id
"""

# Compare-and-set: what another process has moved meanwhile is not counted.
MOVE_PAYMENTS = """
UPDATE {payment} AS payment
   SET status = new.status, authorisation = new.authorisation, note = new.note, settled_at = new.settled_at,
       retry_at = CASE WHEN new.status <> 'confirming' THEN payment.retry_at END -- its shopper is waited for
  FROM unnest(%(moved)s::uuid[], %(was)s::text[], %(statuses)s::text[], %(authorisations)s::text[], %(notes)s::text[],
              %(settled)s::timestamptz[], %(was_asked)s::boolean[], %(had)s::text[])
       AS new(id, was, status, authorisation, note, settled_at, was_asked, had)
 WHERE payment.id = new.id AND payment.status = new.was AND payment.asked = new.was_asked AND payment.authorisation = new.had
RETURNING payment.id
"""


@dataclass(slots=True)
class PaymentState:
    """A payment as it stands under the lock and, as the batch is decided, as it will stand."""

    hold: UUID
    was: str
    was_asked: bool
    had: str  # the bank's reference
    sealed: str
    status: str
    authorisation: str
    note: str
    settled_at: datetime | None
    shipping: int
    tax: int
    tax_name: str
    tax_percent: Decimal
    tax_included: bool
    least_days: int | None
    most_days: int | None
    moved: bool = False

    def move(self, to: Payment.Status, *, settled_at: datetime | None = None, **words: str) -> bool:
        """`Payment.move`, to be written with the others'; False where that move is not allowed."""
        if to not in Payment.MOVES[Payment.Status(self.status)]:
            return False
        self.status, self.settled_at, self.moved = to.value, settled_at, True
        self.authorisation, self.note = words.get("authorisation", self.authorisation), words.get("note", self.note)[:300]
        return True

    def show_on(self, payment: Payment) -> None:
        """The payment in this process's memory is as it is stored now."""
        payment.status, payment.authorisation = self.status, self.authorisation
        payment.note, payment.settled_at = self.note, self.settled_at


def states_of(read: Iterable[tuple[Any, ...]]) -> dict[UUID, PaymentState]:
    """The payments as these rows of PAYMENTS say that they stand, by their ids."""
    return {pk: PaymentState(*stands) for pk, *stands in read}


def move_values(moved: Mapping[UUID, PaymentState]) -> dict[str, list[Any]]:
    """The values of MOVE_PAYMENTS, which returns a row for each payment that it has moved."""
    states = moved.values()
    return {
        "moved": [*moved],
        "was": [stored.was for stored in states],
        "statuses": [stored.status for stored in states],
        "authorisations": [stored.authorisation for stored in states],
        "notes": [stored.note for stored in states],
        "settled": [stored.settled_at for stored in states],
        "was_asked": [stored.was_asked for stored in states],
        "had": [stored.had for stored in states],
    }
