"""What booking costs does not grow with what was booked before."""

from typing import Any

import pytest
from django.db import connection, transaction

from dropshop.core.money import Money
from dropshop.core.postgresql.base import LASTING_PLANS
from reservations.payments.ledger.models import LedgerEntry, LedgerTransfer
from reservations.payments.ledger.transfers import book_part
from tests.make import make_drop, make_member, make_reservation
from tests.reservations.till import pay

BOOKED = 300
READ = """
SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int FROM pg_stat_xact_user_tables
 WHERE relname IN ('reservations_ledgerentry', 'reservations_ledgertransfer')
"""
# As the trigger asked before: for the written transfers among all entries.
AMONG_ALL = """
IF EXISTS (SELECT FROM reservations_ledgerentry AS entry
            WHERE entry.transfer_id IN (SELECT transfer_id FROM written) GROUP BY entry.transfer_id
           HAVING sum(entry.amount) <> 0) THEN
    RAISE EXCEPTION 'the entries of a transfer do not sum to zero';
END IF;
RETURN NULL;
"""


def ask(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None


def rows_read(payment: Any, number: int) -> int:
    """By one more booking."""
    (before,) = ask(READ)
    with transaction.atomic():
        book_part(payment, LedgerTransfer.Kind.REFUNDED, Money(1, "USD"), cause=f"refund:{number}")
    (after,) = ask(READ)
    return int(after - before)


def read_first_and_last() -> tuple[int, int]:
    """By the second booking and by one behind hundreds, as the desk's connections plan: once, while the shop is young."""
    hold = make_reservation(make_member(), make_drop(1))
    pay(hold)
    ask("; ".join(f"SET LOCAL {name} = {value}" for name, value in LASTING_PLANS.items()))
    ask("DISCARD PLANS")  # of tests before this one
    read = [rows_read(hold.payments.get().pk, number) for number in range(BOOKED)]
    return read[1], read[-1]


@pytest.mark.django_db
def test_a_booking_reads_as_many_rows_behind_hundreds_as_behind_few() -> None:
    first, last = read_first_and_last()
    assert last == first


@pytest.mark.django_db
def test_control_asked_among_all_entries_each_booking_reads_those_of_before() -> None:
    (trigger,) = (each for each in LedgerEntry._meta.triggers if each.name == "balances")
    name = trigger.get_pgid(LedgerEntry)
    ask(f"CREATE OR REPLACE FUNCTION {name}() RETURNS TRIGGER AS $$ BEGIN {AMONG_ALL} END $$ LANGUAGE plpgsql")
    first, last = read_first_and_last()
    assert last > first + BOOKED
