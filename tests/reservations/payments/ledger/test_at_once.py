"""Two who capture one payment at the same moment book it once."""

import pytest
from django.db import connection

from dropshop.operating.audit import LEDGER
from reservations.models import LedgerTransfer, Payment
from reservations.payments import provider
from tests.harness.emptying import truncate
from tests.make import make_drop, make_reservation
from tests.races.auditor import faults
from tests.races.crowd import at_once
from tests.reservations.payments.ledger.bookkeeping import balances
from tests.reservations.till import pay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]
UNIQUE = "ledger_once_for_a_cause"


@pytest.fixture
def payment(alice, monkeypatch):
    """Of a sale whose capture nobody has asked for."""
    hold = make_reservation(alice, make_drop(1))
    with monkeypatch.context() as patch:
        patch.setattr("reservations.purchases.buy.capture", lambda payment: False)
        pay(hold)
    return hold.payments.get()


@pytest.fixture
def without_unique():
    """The transfers' own refusal of a second one is gone."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE reservations_ledgertransfer DROP CONSTRAINT {UNIQUE}")
        yield
        truncate(cursor, "reservations_ledgertransfer")
        cursor.execute(f"ALTER TABLE reservations_ledgertransfer ADD CONSTRAINT {UNIQUE} UNIQUE (payment_id, kind, cause)")


def capture_twice_at_once(payment):
    """How often each kind is booked then."""
    assert at_once([lambda: provider.capture(Payment.objects.get(pk=payment.pk))] * 2) == [True, True]
    return sorted(LedgerTransfer.objects.values_list("kind", flat=True))


def ignore_the_status(monkeypatch):
    guarded = " AND status || '' = 'authorised'"
    assert guarded in provider.CAPTURED
    monkeypatch.setattr(provider, "CAPTURED", provider.CAPTURED.replace(guarded, ""))


def test_two_captures_of_one_payment_at_once_book_once(payment):
    assert capture_twice_at_once(payment) == ["authorised", "captured"]
    assert (balances(), faults(LEDGER)) == ({("USD", "provider"): 18000, ("USD", "sales"): -18000}, [])


def test_the_unique_constraint_alone_keeps_the_second_out(payment, monkeypatch):
    ignore_the_status(monkeypatch)
    assert capture_twice_at_once(payment) == ["authorised", "captured"]
    assert faults(LEDGER) == []


def test_control_without_both_guards_it_is_booked_twice_and_reported(payment, monkeypatch, without_unique):
    ignore_the_status(monkeypatch)
    assert capture_twice_at_once(payment) == ["authorised", "authorised", "captured", "captured"]
    assert any(fault.startswith("M5: one cause, twice") for fault in faults(LEDGER))
