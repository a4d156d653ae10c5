"""The payments of before the ledger, and of processes that know of none."""

import io
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from dropshop.operating.audit import LEDGER
from reservations.models import LedgerAccount, LedgerTransfer, Payment
from reservations.payments.ledger.accounts import ACCOUNTS
from reservations.payments.ledger.unbooked import book_unbooked
from tests.make import make_drop, make_member, make_purchase, make_reservation
from tests.races.auditor import faults
from tests.reservations.payments.ledger.bookkeeping import balances, booked
from tests.reservations.till import begin

pytestmark = pytest.mark.django_db
migration = import_module("reservations.migrations.0008_book_what_was_paid")


def book(at_once=1000):
    """How many payments were booked."""
    with connection.cursor() as cursor:
        return book_unbooked(cursor, at_once=at_once)


@pytest.fixture
def sales():
    """Seven sales, two of them in yen, whose payments are in no ledger; one was refused by its bank. And one has begun."""
    drop, other = make_drop(9), make_drop(9, currency="JPY", price=24000)
    sales = [make_purchase(make_member(), which) for which in (*[drop] * 5, *[other] * 2)]
    begin(make_reservation(make_member(), drop))
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM reservations_ledgerentry")
        cursor.execute("DELETE FROM reservations_ledgertransfer")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    Payment.objects.filter(reservation=sales[0].reservation).update(status="uncaptured")
    type(sales[0]).objects.filter(pk=sales[0].pk).update(status="processing")
    return sales


def test_what_was_captured_or_given_back_is_booked_batch_by_batch_and_once(sales):
    assert len(faults(LEDGER)) == 2 * 6 + 1, "six captured payments, six paid purchases and what the bank refused"
    for count in (len(sales), 0):
        assert book(at_once=2) == count
        assert faults(LEDGER) == []
        assert LedgerTransfer.objects.count() == 2 * len(sales)
        assert balances() == {
            ("USD", "provider"): 4 * 18000,
            ("USD", "sales"): -4 * 18000,
            ("JPY", "provider"): 2 * 24000,
            ("JPY", "sales"): -2 * 24000,
        }
    assert sorted(booked(sales[0].reservation)) == ["authorised", "voided"]


def test_it_is_booked_at_the_time_when_it_happened(sales):
    book()
    payment = Payment.objects.get(reservation=sales[1].reservation)
    moments = dict(payment.transfers.values_list("kind", "created_at"))
    assert moments == {"authorised": payment.created_at, "captured": payment.settled_at}


def test_the_command_says_how_many_it_booked(sales):
    for count in (len(sales), 0):
        call_command("book_payments", stdout=(said := io.StringIO()))
        assert said.getvalue() == f"{count} payments are booked.\n"
    assert faults(LEDGER) == []


def test_the_migration_books_too_and_knows_the_accounts_that_every_migrate_makes(sales):
    with connection.schema_editor(atomic=False) as editor:
        migration.book(apps, editor)
    assert faults(LEDGER) == []
    stored = {account.code: (account.title, account.clears) for account in LedgerAccount.objects.all()}
    assert stored == ACCOUNTS
    assert migration.ACCOUNTS.items() <= ACCOUNTS.items()
