"""M5: what becomes of a payment is booked once, on both sides, with the move of the payment."""

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from dropshop.operating.audit import LEDGER
from reservations.holds.errors import HoldExpired
from reservations.models import LedgerEntry, LedgerTransfer, Payment, Purchase, Reservation, TestCharge
from reservations.payments import provider
from reservations.payments.errors import ConfirmationRequired, PaymentDeclined
from reservations.payments.gateways import GatewayTimeout
from reservations.payments.ledger.transfers import book_authorised, book_voided
from reservations.payments.test_bank.gateway import TestGateway
from tests.make import lapse, make_drop, make_member, make_reservation
from tests.races.auditor import faults
from tests.reservations.payments.ledger.bookkeeping import balances, booked
from tests.reservations.till import asked_again, begin, buy_all, finish, order, pay

pytestmark = pytest.mark.django_db
SOLD = {"provider": 18000, "sales": -18000}
SET_ASIDE = [("authorisations", -18000), ("authorised", 18000)]
GIVEN_BACK = [("authorisations", 18000), ("authorised", -18000)]


@pytest.fixture(autouse=True)
def _the_audit_finds_nothing():
    yield
    assert faults(LEDGER) == []


def test_a_sale_is_authorised_and_captured_and_the_clearing_accounts_are_at_zero(hold):
    pay(hold)
    assert booked(hold) == {
        "authorised": SET_ASIDE,
        "captured": [*GIVEN_BACK, ("provider", 18000), ("sales", -18000)],
    }
    assert balances() == {("USD", account): minor for account, minor in SOLD.items()}


@pytest.mark.parametrize(("currency", "price"), [("JPY", 24000), ("KWD", 55125), ("USD", 2**53)])
def test_each_currency_is_booked_in_its_own_minor_units(alice, currency, price):
    pay(make_reservation(alice, make_drop(1, currency=currency, price=price)))
    assert balances() == {(currency, "provider"): price, (currency, "sales"): -price}


def test_currencies_are_summed_apart(alice, bob):
    pay(make_reservation(alice, make_drop(1)))
    pay(make_reservation(bob, make_drop(1, currency="JPY", price=24000)))
    provider_owes = {currency: minor for (currency, account), minor in balances().items() if account == "provider"}
    assert provider_owes == {"USD": 18000, "JPY": 24000}


def test_the_same_order_again_books_nothing_more(hold):
    for _ in range(2):
        pay(hold)
    assert LedgerTransfer.objects.count() == 2


def test_what_was_never_authorised_with_us_moves_nothing(hold, bob):
    """Declined; waiting for a confirmation; and set aside for a hold that was over, which is voided."""
    with pytest.raises(PaymentDeclined):
        pay(hold, "test_declined")
    with pytest.raises(ConfirmationRequired):
        pay(hold, "test_confirm")
    late = make_reservation(bob, make_drop(1))
    payment = begin(late)
    lapse(late)
    Reservation.objects.filter(pk=late.pk).update(pinned_until=None)
    with pytest.raises(HoldExpired):
        finish(payment, provider.authorise(payment))
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["confirming", "declined", "voided"]
    assert not LedgerTransfer.objects.exists()


def test_what_is_set_aside_for_a_sale_is_booked_once_while_its_capture_is_unanswered(monkeypatch, hold):
    def silent(*args, **kwargs):
        raise GatewayTimeout

    with monkeypatch.context() as patch:
        patch.setattr(TestGateway, "capture", silent)
        assert pay(hold).purchase.status == "processing"
        for _ in range(2):
            assert booked(hold) == {"authorised": SET_ASIDE}
            asked_again(hold.payments.get())
    asked_again(hold.payments.get())
    assert (Purchase.objects.get().status, sorted(booked(hold))) == ("paid", ["authorised", "captured"])


def test_a_sale_that_the_bank_refuses_for_good_ends_its_authorisation(monkeypatch, hold):
    real = TestGateway.capture

    def lapsed_at_the_bank(self, reference, money):
        TestCharge.objects.filter(pk=reference).update(status="voided")
        real(self, reference, money)

    monkeypatch.setattr(TestGateway, "capture", lapsed_at_the_bank)
    pay(hold)
    assert booked(hold) == {"authorised": SET_ASIDE}
    Payment.objects.update(tries=provider.CAPTURE_TRIES)
    for _ in range(2):
        provider.capture(hold.payments.get())
    assert hold.payments.get().status == "uncaptured"
    assert booked(hold) == {"authorised": SET_ASIDE, "voided": GIVEN_BACK}
    assert balances() == {}


def test_of_a_batch_in_which_some_captures_are_refused_each_sale_is_booked_as_it_stands(monkeypatch):
    drop, real = make_drop(3), TestGateway.capture_each

    def first_lapsed(self, captures):
        TestCharge.objects.filter(pk=captures[0][0]).update(status="voided")
        return real(self, captures)

    holds = [make_reservation(make_member(), drop) for _ in range(3)]
    with monkeypatch.context() as patch:
        patch.setattr(TestGateway, "capture_each", first_lapsed)
        assert [answer.purchase.status for answer in buy_all(*map(order, holds))] == ["processing", "paid", "paid"]
    assert [sorted(booked(hold)) for hold in holds] == [["authorised"], *[["authorised", "captured"]] * 2]


def test_booking_again_changes_nothing(hold):
    pay(hold)
    before = list(LedgerEntry.objects.values())
    book_authorised([hold.payments.get().pk])
    assert provider.capture(hold.payments.get())
    book_authorised([])
    book_voided([])
    assert list(LedgerEntry.objects.values()) == before


def test_a_batch_is_booked_with_as_many_statements_as_one():
    drop = make_drop(9)

    def statements(count):
        orders = [order(make_reservation(make_member(), drop)) for _ in range(count)]
        with CaptureQueriesContext(connection) as asked:
            assert [answer.purchase.status for answer in buy_all(*orders)] == ["paid"] * count
        return sum("ledgertransfer" in query["sql"] for query in asked)

    assert (statements(2), statements(7)) == (1, 1)
    assert balances() == {("USD", "provider"): 9 * 18000, ("USD", "sales"): -9 * 18000}


def test_a_capture_that_is_rolled_back_is_not_in_the_ledger(monkeypatch, hold):
    """The transfer is written by the transaction that moves the payment."""
    with monkeypatch.context() as patch:
        patch.setattr(provider, "CAPTURED", provider.CAPTURED.replace("'paid'", "(1 / (status IS NULL)::int)::text"))
        with pytest.raises(DataError):
            pay(hold)
    assert (hold.payments.get().status, booked(hold)) == ("authorised", {})
    asked_again(hold.payments.get())
    assert (hold.payments.get().status, sorted(booked(hold))) == ("captured", ["authorised", "captured"])
