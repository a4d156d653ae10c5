"""`manage.py audit --provider`: what the provider's own list and the shop's books have in different ways."""

import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from dropshop.core.money import Money
from dropshop.management.commands import audit
from reservations.models import Payment, TestCharge
from reservations.payments.errors import PaymentDeclined
from reservations.payments.gateways import gateway
from reservations.payments.stripe import listing
from reservations.refunds import refund, reports, send
from tests.make import make_drop, make_member, make_members, make_purchase, make_reservation
from tests.reservations.till import pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(alice):
    """Of $180, of which $60 are refunded and $20 are to be."""
    order = make_purchase(alice, make_drop(1))
    for amount in (6000, 2000):
        refund.ask(order.pk, Money(amount, "USD"), by=make_member(is_staff=True), reason="A scratch.")
        if amount == 6000:
            send.sweep()
    return order


def compared(**options):
    """What is said of the provider's list, and how the command ends."""
    said, end = io.StringIO(), ""
    try:
        call_command("audit", provider=True, stdout=said, **options)
    except CommandError as error:
        end = str(error)
    lines = said.getvalue().splitlines()
    return [line.split(": ", 1)[1] for line in lines if line.startswith("FOUND")], end


def test_books_that_agree_are_said_to_and_what_is_under_way_is_no_difference(order, bob):
    assert compared() == ([], "")
    TestCharge.objects.update(refunded=8000)  # the answer to the second refund was lost
    assert compared() == ([], "")
    later = make_purchase(bob, make_drop(1))
    later.reservation.payments.update(status="authorised")
    assert compared() == ([], "")


PLANTED = {
    "refunded too much": ({"refunded": 9000}, "the provider has refunded $90, and the shop $60"),
    "refunded too little": ({"refunded": 0}, "the provider has refunded $0, and the shop $60"),
    "taken less": ({"captured": 17000}, "the provider has taken $170, and the shop has captured $180"),
    "taken nothing": ({"captured": 0, "refunded": 0}, "$180 is captured in the shop, and the provider has taken nothing"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_each_difference_is_named_and_ends_with_1(order, fault):
    change, words = PLANTED[fault]
    TestCharge.objects.update(**change)
    assert compared() == ([words], "The provider's own list differs; payments concerned: 1.")


def test_what_the_provider_has_taken_for_nobody_is_found(order):
    facts = {"amount": 500, "captured": 500, "currency": "USD", "status": "captured", "token": "test_ok"}
    TestCharge.objects.create(key="somebody", **facts)
    assert compared()[0] == ["the provider has taken $5, and the shop has no captured payment"]


def test_a_refund_that_was_made_at_the_provider_differs_until_it_is_reported(order):
    payment = Payment.objects.get()
    reference = gateway().refund(payment.authorisation, Money(5000, "USD"), key="by hand")
    assert compared()[0] == ["the provider has refunded $110, and the shop $60"]
    reports.report_refund(payment, Money(5000, "USD"), reference=reference)
    assert compared() == ([], "")


def test_money_that_is_set_aside_for_nobody_is_found(order):
    facts = {"amount": 500, "currency": "USD", "status": "authorised", "token": "test_ok"}
    TestCharge.objects.create(key="somebody", **facts)
    assert compared()[0] == ["the provider has set $5 aside, and no payment of the shop wants it"]


def test_a_provider_without_a_list_is_said_to_have_none(order, monkeypatch):
    monkeypatch.setattr(audit, "gateway", object)
    assert compared() == ([], "This payment provider offers no list that the shop can read.")


# -- Stripe ---------------------------------------------------------------------------------------


@pytest.fixture
def sale(stripe, alice):
    """An order of $180 that was paid by Stripe, of which $60 are refunded."""
    order = pay(make_reservation(alice, make_drop(1)), "pm_card_visa").purchase
    refund.ask(order.pk, Money(6000, "USD"), by=make_member(is_staff=True), reason="A scratch.")
    send.sweep()
    return order


@pytest.fixture
def impatient(monkeypatch):
    """How long was waited for Stripe, without waiting."""
    waited = []
    monkeypatch.setattr(listing.time, "sleep", waited.append)
    return waited


def test_books_that_agree_with_stripes_are_said_to(stripe, sale, bob):
    pay(make_reservation(bob, make_drop(1)), "pm_card_visa")
    with pytest.raises(PaymentDeclined):
        pay(make_reservation(make_member(), make_drop(1)), "pm_card_visa_chargeDeclined")
    assert compared() == ([], "")


def of_stripe(stripe, **facts):
    (intent,) = stripe.books.intents.values()
    intent.update(facts)


STRIPE = {
    "taken less": (
        lambda stripe: of_stripe(stripe, amount_received=17000),
        "the provider has taken $170, and the shop has captured $180",
    ),
    "not taken yet": (
        lambda stripe: of_stripe(stripe, status="requires_capture", amount_received=0, amount_capturable=18000),
        "$180 is captured in the shop, and the provider has taken nothing",
    ),
    "not there": (
        lambda stripe: stripe.books.intents.clear(),
        "$180 is captured in the shop, and the provider has taken nothing",
    ),
    "refunded at stripe": (
        lambda stripe: stripe.books.refund({"payment_intent": stripe.only_intent()["id"], "amount": 5000}),
        "the provider has refunded $110, and the shop $60",
    ),
    "a refund failed": (
        lambda stripe: next(iter(stripe.books.refunds.values())).update(status="failed"),
        "the provider has refunded $0, and the shop $60",
    ),
    "charged back": (
        lambda stripe: stripe.books.dispute(stripe.only_intent()["id"], 18000),
        "shoppers' banks have taken $180 back at the provider, and $0 in the shop",
    ),
}


@pytest.mark.parametrize("fault", STRIPE)
@pytest.mark.parametrize("age", [0, 40], ids=["new", "begun before the list"])
def test_each_difference_from_stripe_is_named_and_ends_with_1(stripe, sale, fault, age):
    """A payment of long ago is on the list for what went back of it since."""
    plant, words = STRIPE[fault]
    Payment.objects.update(created_at=F("created_at") - timedelta(days=age))
    of_stripe(stripe, created=stripe.only_intent()["created"] - age * 86400)
    plant(stripe)
    assert compared() == ([words], "The provider's own list differs; payments concerned: 1.")


def planted(stripe, status, **metadata):
    """Money at Stripe that no payment of the shop's has asked for."""
    intent = stripe.books.create({"amount": 500, "currency": "usd", "capture_method": "manual", "metadata": metadata})
    stripe.books.confirm(intent, {"payment_method": "pm_card_visa"})
    if status == "succeeded":
        stripe.books.capture(intent, {})


def test_money_at_stripe_that_no_payment_wants_is_found(stripe, sale):
    """A second intent for a payment that has one, say, or one of a row that was lost."""
    planted(stripe, "requires_capture", payment=str(Payment.objects.get().pk))
    planted(stripe, "succeeded", payment=str(uuid4()))
    assert compared() == (
        [
            "the provider has set $5 aside, and no payment of the shop wants it",
            "the provider has taken $5, and the shop has no captured payment",
        ],
        "The provider's own list differs; payments concerned: 2.",
    )


def test_money_of_others_who_use_the_account_is_counted_and_no_difference(stripe, sale):
    planted(stripe, "succeeded")
    planted(stripe, "requires_capture")
    said = io.StringIO()
    call_command("audit", provider=True, stdout=said)
    assert "note   payments at the provider that name none of a shop, with money: 2" in said.getvalue()


def test_what_the_list_and_the_books_say_while_both_move_on_is_looked_at_again(stripe, sale, bob, monkeypatch):
    """A capture between the reading of the list and of the books."""
    hold = make_reservation(bob, make_drop(1))
    real = listing.StripeList.listed_since

    def sold_meanwhile(self, moment):
        yield from list(real(self, moment))
        pay(hold, "pm_card_visa")

    monkeypatch.setattr(listing.StripeList, "listed_since", sold_meanwhile)
    assert compared() == ([], "")


def test_a_list_of_several_pages_is_read_to_its_end(stripe, sale, monkeypatch):
    stripe.page = 2
    for member in make_members(4):
        pay(make_reservation(member, make_drop(1)), "pm_card_visa")
    of_stripe_oldest = next(iter(stripe.books.intents.values()))
    of_stripe_oldest["amount_received"] = 17000
    assert compared()[0] == ["the provider has taken $170, and the shop has captured $180"]
    assert stripe.calls.count("intents") == 3
    monkeypatch.setattr(listing, "MOST_PAGES", 2)
    assert compared() == ([], "Stripe's list goes on after 200 rows. Ask for fewer days (--days).")


def test_fewer_requests_are_made_where_stripe_wants_that(stripe, sale, impatient):
    stripe.misbehave("intents", "429", "429", "500 before")
    assert (compared(), impatient) == (([], ""), [1, 2, 4])


def test_a_stripe_that_stays_away_leaves_nothing_said_of_the_money(stripe, sale, impatient):
    stripe.misbehave("disputes", *["429"] * 6)
    assert compared() == ([], "The provider's own list could not be read to its end; try it again later.")
    assert impatient == [1, 2, 4, 8, 16]


def test_a_key_that_stripe_does_not_know_is_not_tried_again(stripe, sale, impatient, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_mistyped"
    gateway.cache_clear()
    assert compared() == ([], "The provider's own list could not be read to its end; try it again later.")
    assert impatient == []
