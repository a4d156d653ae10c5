"""Booking what became of payments, in the transaction that moves them. A batch is one statement.

What is set aside is booked with what ends it, or before, where the provider does not take the money at once.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from dropshop.core.money import Money
from dropshop.core.sql import rows
from reservations.payments.ledger.models import LedgerTransfer

Kind = LedgerTransfer.Kind

# kind: what it adds to which account, in amounts of the payment, or of the part of it that is moved
SIDES = {
    Kind.AUTHORISED: {"authorised": 1, "authorisations": -1},
    Kind.CAPTURED: {"authorised": -1, "authorisations": 1, "provider": 1, "sales": -1},
    Kind.VOIDED: {"authorised": -1, "authorisations": 1},
    Kind.REFUNDED: {"provider": -1, "sales": 1},
    Kind.CAME_BACK: {"provider": 1, "sales": -1},
    Kind.CHARGED_BACK: {"provider": -1, "chargebacks": 1},
    Kind.WON_BACK: {"provider": 1, "chargebacks": -1},
    Kind.FEE: {"provider": -1, "fees": 1},
}


def book_authorised(payments: Sequence[UUID]) -> None:
    """The money of these sales is set aside and was not taken yet. Doing it twice, or after what ended it, books it once."""
    _book(payments, Kind.AUTHORISED)


def book_voided(payments: Sequence[UUID]) -> None:
    """What was set aside for these sales goes back. Doing it twice books it once."""
    _book(payments, Kind.AUTHORISED, Kind.VOIDED)


# For a statement that begins with `WITH payments AS (…)`, of which each row has the id, amount and currency of a payment.
# What has been booked is left alone, whoever books it at the same time: the unique constraint is asked.
BOOKED = """booked AS (
    INSERT INTO {ledgertransfer} (payment_id, kind)
    SELECT payments.id, kind FROM payments, unnest(%(booked_kinds)s::text[]) AS kind
    ON CONFLICT DO NOTHING
    RETURNING id, payment_id, kind
), entries AS (
    INSERT INTO {ledgerentry} (transfer_id, account_id, amount, currency)
    SELECT booked.id, side.account, side.times * payments.amount, payments.currency
      FROM booked
      JOIN payments ON payments.id = booked.payment_id
      JOIN unnest(%(side_kinds)s::text[], %(accounts)s::text[], %(times)s::int[]) AS side(kind, account, times)
           ON side.kind = booked.kind
)"""
BOOK = f"""
WITH payments AS (SELECT id, amount, currency FROM {{payment}} WHERE id = ANY(%(payments)s::uuid[])), {BOOKED} SELECT 1
"""  # noqa: S608 - all of it stands here


def booked_values(*kinds: Kind) -> dict[str, list[Any]]:
    """The values of BOOKED. That the money was taken is booked with its being set aside: `Kind.AUTHORISED, Kind.CAPTURED`."""
    return {"booked_kinds": [kind.value for kind in kinds], **_sides(*kinds)}


def _book(payments: Sequence[UUID], *kinds: Kind) -> None:
    if payments:
        rows(BOOK, payments=payments, **booked_values(*kinds))


# The same for a part of the payment, of which it can have several: each cause once.
INSERT_PART = """
WITH booked AS (
    INSERT INTO {ledgertransfer} (payment_id, kind, cause) VALUES (%(payment)s, %(kind)s, %(cause)s)
    ON CONFLICT DO NOTHING
    RETURNING id, payment_id, kind
)
INSERT INTO {ledgerentry} (transfer_id, account_id, amount, currency)
SELECT booked.id, side.account, side.times * %(minor)s, %(currency)s
  FROM booked
  JOIN unnest(%(side_kinds)s::text[], %(accounts)s::text[], %(times)s::int[]) AS side(kind, account, times)
       ON side.kind = booked.kind
"""


def book_part(payment: UUID, kind: Kind, money: Money, *, cause: str) -> None:
    """So much money of a payment has moved, because of `cause` ("refund:3"). Doing it twice books it once."""
    moved = {"minor": money.minor, "currency": money.currency}
    rows(INSERT_PART, payment=payment, kind=kind.value, cause=cause, **moved, **_sides(kind))


def _sides(*kinds: Kind) -> dict[str, list[Any]]:
    sides = [(kind.value, account, times) for kind in kinds for account, times in SIDES[kind].items()]
    side_kinds, accounts, times = map(list, zip(*sides, strict=True))
    return {"side_kinds": side_kinds, "accounts": accounts, "times": times}
