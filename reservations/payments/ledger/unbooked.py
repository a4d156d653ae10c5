"""Booking the payments that no process has booked: of before the ledger, or of a version without it.

Migration 0008 calls this: it may name no column that migration 0007 has not made.
"""

from typing import Any

FIRST = "00000000-0000-0000-0000-000000000000"
BOOK = """
WITH ended AS (
    SELECT id, amount, currency, created_at, coalesce(settled_at, created_at) AS ended_at,
           CASE status WHEN 'captured' THEN 'captured' ELSE 'voided' END AS ending
      FROM reservations_payment WHERE status IN ('captured', 'uncaptured') AND id > %(after)s ORDER BY id LIMIT %(at_once)s
), booked AS (
    INSERT INTO reservations_ledgertransfer (payment_id, kind, created_at)
    SELECT ended.id, part.kind, part.at
      FROM ended CROSS JOIN LATERAL (VALUES ('authorised', ended.created_at), (ended.ending, ended.ended_at)) AS part(kind, at)
    ON CONFLICT DO NOTHING
    RETURNING id, payment_id, kind
), entries AS (
    INSERT INTO reservations_ledgerentry (transfer_id, account_id, amount, currency)
    SELECT booked.id, side.account, side.times * ended.amount, ended.currency
      FROM booked
      JOIN ended ON ended.id = booked.payment_id
      JOIN (VALUES ('authorised', 'authorised', 1), ('authorised', 'authorisations', -1),
                   ('captured', 'authorised', -1), ('captured', 'authorisations', 1),
                   ('captured', 'provider', 1), ('captured', 'sales', -1),
                   ('voided', 'authorised', -1), ('voided', 'authorisations', 1)) AS side(kind, account, times)
           ON side.kind = booked.kind
)
SELECT (SELECT id FROM ended ORDER BY id DESC LIMIT 1), (SELECT count(DISTINCT payment_id) FROM booked)
"""


def book_unbooked(cursor: Any, *, at_once: int = 1000) -> int:
    """Books what was captured, or given back after its sale, at the time when it happened; how many payments that were.

    So many payments per statement, each committed by itself where the connection commits by itself. What is booked already
    is left alone: it may be repeated, and others may sell meanwhile.
    """
    count, last = 0, FIRST
    while last:
        cursor.execute(BOOK, {"after": last, "at_once": at_once})
        last, booked = cursor.fetchone()
        count += booked
    return count
