"""What the provider keeps: asked for by the worker after the capture, booked once, in the currency and with the sign it has."""

from datetime import timedelta

import pytest
from django.db.models import F

from dropshop.core.money import Money
from reservations.models import LedgerTransfer, Payment, ProviderEvent
from reservations.payments import fees
from reservations.payments.events import handle
from reservations.payments.gateways import Fee
from reservations.payments.stripe.webhook import _event
from tests.make import make_drop, make_purchase, make_reservation
from tests.reservations.payments.ledger.bookkeeping import balances
from tests.reservations.refunds.giving_back import found
from tests.reservations.till import pay

pytestmark = pytest.mark.django_db
CARD = "pm_card_visa"


UNKNOWN = "M5: money in a currency that ISO 4217 does not know"


@pytest.fixture(autouse=True)
def _the_audit_finds_nothing(request):
    yield
    assert {fault[: len(UNKNOWN)] for fault in found()} == getattr(request.node, "finds", set())


def later(seconds=60):
    """So many seconds pass; then the worker sweeps."""
    past = timedelta(seconds=seconds)
    Payment.objects.update(settled_at=F("settled_at") - past, fee_due_at=F("fee_due_at") - past)
    return fees.sweep()


@pytest.fixture
def sale(stripe, alice):
    return pay(make_reservation(alice, make_drop(1)), CARD).purchase


def kept(**fees_by_currency):
    """What a sale of $180 comes to with these fees."""
    booked = {("USD", "provider"): 18000, ("USD", "sales"): -18000}
    for currency, minor in fees_by_currency.items():
        booked[currency, "provider"] = booked.get((currency, "provider"), 0) - minor
        booked[currency, "fees"] = minor
    return booked


def test_the_fee_of_a_captured_payment_is_booked_once(stripe, sale):
    assert "retrieve" not in stripe.calls, "whoever buys does not wait for it"
    assert [fees.sweep() for _ in range(2)] == [1, 0]
    assert balances() == kept(USD=552)
    Payment.objects.update(fee_due_at=F("settled_at"))  # a worker that died before it noted the end
    assert fees.sweep() == 1
    assert (balances(), Payment.objects.get().fee_due_at) == (kept(USD=552), None)


def test_the_test_bank_keeps_what_it_is_told_to(alice, settings):
    settings.TEST_BANK_FEE = 290
    make_purchase(alice, make_drop(1))
    assert [fees.sweep() for _ in range(2)] == [1, 0]
    assert balances() == kept(USD=522)


def test_a_bank_without_fees_is_not_asked_for_any(alice):
    make_purchase(alice, make_drop(1))
    assert (Payment.objects.get().fee_due_at, fees.sweep(), balances()) == (None, 0, kept())


def test_a_fee_that_is_known_later_is_booked_then_and_asked_for_more_and_more_seldom(stripe, alice):
    known, stripe.books.fee = stripe.books.fee, lambda amount, currency: None
    pay(make_reservation(alice, make_drop(1)), CARD)
    assert [fees.sweep() for _ in range(2)] == [1, 0], "not at once again"
    assert [later(), later(5), later(60)] == [1, 0, 1]
    assert balances() == kept()
    stripe.books.fee = known
    stripe.books.book_late(stripe.only_intent())
    assert (later(3600), balances()) == (1, kept(USD=552))


def test_a_fee_that_is_never_told_is_given_up_after_a_month_and_said_in_the_log(stripe, alice, caplog):
    stripe.books.fee = lambda amount, currency: None
    pay(make_reservation(alice, make_drop(1)), CARD)
    assert later(31 * 86400) == 1
    assert (Payment.objects.get().fee_due_at, "fee never told" in caplog.text) == (None, True)


@pytest.mark.parametrize("fault", ["cut before", "500 before", "429"])
def test_a_stripe_that_does_not_answer_is_asked_again(stripe, sale, fault):
    stripe.misbehave("retrieve", fault)
    assert (fees.sweep(), balances()) == (1, kept())
    assert (later(), balances()) == (1, kept(USD=552))


def test_a_fee_of_nought_moves_nothing_and_is_not_asked_for_again(stripe, alice):
    stripe.books.fee = lambda amount, currency: (0, currency)
    pay(make_reservation(alice, make_drop(1)), CARD)
    assert [fees.sweep(), later()] == [1, 0]
    assert balances() == kept()


def test_a_fee_in_the_currency_of_the_account_is_booked_in_that_and_never_added_to_another(stripe, alice):
    stripe.books.fee = lambda amount, currency: (511, "eur")
    pay(make_reservation(alice, make_drop(1)), CARD)
    fees.sweep()
    assert balances() == kept(EUR=511)


def test_a_fee_in_a_currency_that_nobody_knows_is_booked_apart_and_named_by_log_and_audit(stripe, alice, caplog, request):
    stripe.books.fee = lambda amount, currency: (511, "usdc")
    pay(make_reservation(alice, make_drop(1)), CARD)
    assert [fees.sweep(), later()] == [1, 0]
    assert balances() == kept(XXX=511)
    assert "fee in an unknown currency" in caplog.text
    request.node.finds = {UNKNOWN}


def test_a_fee_that_comes_back_is_booked_with_its_sign(alice, settings):
    make_purchase(alice, make_drop(1))
    payment = Payment.objects.get()
    for reference, minor in (("txn_1", 552), ("txn_2", -100), ("txn_1", 552)):
        fees.report_fee(payment, Fee(reference, Money(minor, "USD")))
    assert (balances(), LedgerTransfer.objects.filter(kind="fee").count()) == (kept(USD=452), 2)


def test_fees_of_refunds_and_disputes_are_booked_once_each(stripe, sale):
    """Told several times, as all of Stripe's events are."""
    intent, stripe.books.refund_fee = stripe.only_intent()["id"], 15
    stripe.books.settled_in = "eur"
    stripe.books.refund({"payment_intent": intent, "amount": 6000})
    dispute = stripe.books.dispute(intent, 5000, fee=2000)
    tell(stripe)
    stripe.books.close_dispute(dispute, "won", fee=-2000)
    tell(stripe)
    stripe.books.dispute(intent, 1000, "warning_needs_response")
    tell(stripe)
    assert balances() == {
        ("USD", "provider"): 12000 - 15,
        ("USD", "sales"): -12000,
        ("USD", "fees"): 15,
    }
    assert LedgerTransfer.objects.filter(kind="fee").count() == 3


def tell(stripe):
    for _ in range(2):
        for event in stripe.books.events:
            handle.store(_event(event))
        ProviderEvent.objects.filter(status="waiting").update(retry_at=F("received_at"))
        handle.handle_due()
