"""The database itself refuses what would make the ledger untrue, whoever asks."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from reservations.models import LedgerAccount, LedgerEntry, LedgerTransfer
from reservations.payments.ledger.transfers import SIDES
from tests.make import make_drop, make_purchase, make_reservation
from tests.reservations.till import begin

pytestmark = pytest.mark.django_db
COLUMNS = {
    "reservations_ledgertransfer": "kind",
    "reservations_ledgerentry": "amount",
    "reservations_ledgeraccount": "clears",
}


@pytest.fixture
def sale(alice):
    sale = make_purchase(alice, make_drop(1))
    connection.check_constraints()  # what COMMIT would ask
    return sale


@pytest.fixture
def payment(bob):
    """Of which nothing is booked."""
    return begin(make_reservation(bob, make_drop(1)))


@pytest.mark.parametrize("table", COLUMNS)
@pytest.mark.parametrize("change", ["UPDATE {} SET {column} = {column}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_is_written_is_never_changed_deleted_or_emptied(sale, table, change):
    refuse(change.format(table, column=COLUMNS[table]), ProgrammingError, "Cannot (update or delete rows from|truncate the)")


def test_payments_with_transfers_are_not_deleted_or_emptied(sale):
    refuse("TRUNCATE reservations_payment CASCADE", ProgrammingError, "Cannot truncate the")
    refuse("DELETE FROM reservations_payment", IntegrityError, "reservations_ledgertransfer")


def refuse(change, refusal, words):
    """Is refused so, at COMMIT at the latest."""

    def done():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
            connection.check_constraints()

    with pytest.raises(refusal, match=words):
        done()


def write(payment, *sides, kind="captured"):
    """A transfer with these (account, amount, currency), as COMMIT would find it."""
    with transaction.atomic():
        transfer = LedgerTransfer.objects.create(payment=payment, kind=kind)
        LedgerEntry.objects.bulk_create(
            LedgerEntry(transfer=transfer, account_id=account, amount=amount, currency=currency)
            for account, amount, currency in sides
        )
        connection.check_constraints()


def test_a_transfer_with_both_sides_is_taken(payment):
    write(payment, ("provider", 5, "USD"), ("sales", -5, "USD"))
    assert LedgerEntry.objects.count() == 2


@pytest.mark.parametrize(
    "sides",
    [
        pytest.param([], id="no side"),
        pytest.param([("provider", 5, "USD")], id="one side"),
        pytest.param([("provider", 5, "USD"), ("sales", -4, "USD")], id="not zero"),
        pytest.param([("provider", 5, "USD"), ("sales", -5, "EUR")], id="two currencies"),
        pytest.param(
            [("provider", 5, "USD"), ("sales", -5, "USD"), ("authorised", 5, "JPY"), ("authorisations", -5, "JPY")],
            id="two currencies that balance",
        ),
        pytest.param([("provider", 0, "USD"), ("sales", 0, "USD")], id="nothing"),
        pytest.param([("provider", 5, "USD"), ("provider", -5, "USD")], id="one account twice"),
        pytest.param([("provider", 5, "USD"), ("pocket", -5, "USD")], id="an unknown account"),
    ],
)
def test_a_transfer_that_is_not_balanced_is_refused(payment, sides):
    with pytest.raises(IntegrityError):
        write(payment, *sides)
    assert not LedgerTransfer.objects.exists()


def test_a_transfer_of_the_past_gets_no_further_single_entry(sale):
    captured = LedgerTransfer.objects.get(kind="authorised")
    with pytest.raises(IntegrityError, match="sum to zero"), transaction.atomic():
        LedgerEntry.objects.create(transfer=captured, account_id="provider", amount=1, currency="USD")


def test_entries_without_a_transfer_are_refused(sale):
    sides = [
        LedgerEntry(transfer_id=0, account_id=code, amount=n, currency="USD") for code, n in (("provider", 1), ("sales", -1))
    ]
    with pytest.raises(IntegrityError, match="sum to zero"), transaction.atomic():
        LedgerEntry.objects.bulk_create(sides)


def test_a_kind_is_booked_once_per_payment_and_no_unknown_one(payment):
    sides = ("provider", 5, "USD"), ("sales", -5, "USD")
    write(payment, *sides)
    for kind, refusal in (("captured", "ledger_once_for_a_cause"), ("found", "ledger_kind_known")):
        with pytest.raises(IntegrityError, match=refusal):
            write(payment, *sides, kind=kind)


def test_every_account_that_transfers_are_booked_on_exists(db):
    assert set(LedgerAccount.objects.values_list("code", flat=True)) == {
        account for sides in SIDES.values() for account in sides
    }
