"""What booking costs does not grow with what was booked before."""

import pytest
from django.db import connection, transaction

from dropshop.core.money import Money
from reservations.payments.ledger.models import LedgerTransfer
from reservations.payments.ledger.transfers import book_part
from reservations.purchases.buy import buy
from tests.make import ADDRESS, make_drop, make_member, make_reservation

READ = """
SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables
 WHERE relname IN ('reservations_ledgerentry', 'reservations_ledgertransfer')
"""


def rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(READ)
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_one_more_transfer_reads_as_many_rows_among_hundreds_as_among_few() -> None:
    """By the desk's settings, under which its connections keep a plan of when the shop was young."""
    hold = make_reservation(make_member(), make_drop(1))
    buy(hold.pk, member=hold.member, address=ADDRESS, payment_method="test_ok")
    payment = hold.payments.get().pk

    def reads(cause: str) -> int:
        before = rows_read()
        with transaction.atomic():
            book_part(payment, LedgerTransfer.Kind.REFUNDED, Money(1, "USD"), cause=cause)
        return rows_read() - before

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    few = [reads(f"refund:{number}") for number in range(300)][1]
    assert reads("refund:300") <= few
