"""What Stripe tells of money that has gone back: booked once, whatever comes how often and in whatever order."""

import json

import pytest
from django.db.models import F

from dropshop.core.money import Money
from dropshop.core.outbox.models import Email
from reservations.models import Chargeback, Payment, ProviderEvent, Purchase, Refund
from reservations.payments.events import handle
from reservations.payments.gateways import gateway
from reservations.payments.stripe.webhook import _event
from reservations.refunds import refund, send
from reservations.refunds.cancel import cancel
from tests.make import make_drop, make_member, make_reservation
from tests.reservations.refunds.giving_back import dollars, found, statuses
from tests.reservations.till import pay

pytestmark = pytest.mark.django_db
CARD = "pm_card_visa"


@pytest.fixture
def sale(stripe, alice):
    """An order that was paid by Stripe."""
    return pay(make_reservation(alice, make_drop(1)), CARD).purchase


@pytest.fixture
def intent(sale):
    return Payment.objects.get().authorisation


def told(stripe):
    """Everything that Stripe has to tell is told, and handled."""
    for event in stripe.books.events:
        handle.store(_event(json.loads(json.dumps(event))))
    ProviderEvent.objects.filter(status="waiting").update(retry_at=F("received_at"))
    handle.handle_due()


def sums():
    payment = Payment.objects.get()
    return payment.refunded, payment.charged_back


def test_acceptance_58_refunds_of_the_shop_and_of_stripe_and_a_chargeback_are_booked_once_each(stripe, sale, intent, chance):
    """Acceptance 58: events shuffled and repeated; the ledger says what Stripe says."""
    refund.ask(sale.pk, dollars(60), by=make_member(is_staff=True), reason="A scratch.")
    send.sweep()
    stripe.books.refund({"payment_intent": intent, "amount": 4000})
    stripe.books.dispute(intent, 5000)
    for _ in range(3):
        chance.shuffle(stripe.books.events)
        told(stripe)
    assert statuses() == [("sent", 6000), ("sent", 4000)]
    assert (sums(), stripe.books.refunded(intent), found()) == ((10000, 5000), 10000, [])
    assert [*Refund.objects.order_by("n").values_list("source", flat=True)] == ["staff", "provider"]


def test_a_refund_of_ours_whose_answer_was_lost_is_settled_by_stripes_event(stripe, sale):
    refund.ask(sale.pk, dollars(60), by=make_member(is_staff=True), reason="A scratch.")
    stripe.misbehave("refund", "500 after")
    send.sweep()
    assert statuses() == [("approved", 6000)]
    told(stripe)
    assert (statuses(), Refund.objects.get().reference) == ([("sent", 6000)], next(iter(stripe.books.refunds)))


def test_a_chargeback_that_is_won_is_ours_again_and_an_inquiry_takes_nothing(stripe, sale, intent):
    stripe.books.dispute(intent, 18000, status="warning_needs_response")
    told(stripe)
    assert sums() == (0, 0)
    taken = stripe.books.dispute(intent, 18000)
    told(stripe)
    assert (sums(), Chargeback.objects.get().reference) == ((0, 18000), taken["id"])
    stripe.books.close_dispute(taken, "won")
    for _ in range(2):
        told(stripe)
    assert (sums(), Chargeback.objects.get().status, found()) == ((0, 0), "won", [])


@pytest.mark.parametrize(("currency", "price"), [("JPY", 24000), ("KWD", 55120), ("ISK", 9000)])
def test_sums_come_back_in_the_shops_own_minor_units(stripe, alice, currency, price):
    pay(make_reservation(alice, make_drop(1, currency=currency, price=price)), CARD)
    reference = Payment.objects.get().authorisation
    gateway().refund(reference, Money(price, currency), key="by hand")
    (back,) = gateway().money_back(reference)
    assert (back.money, back.key, back.is_chargeback) == (Money(price, currency), "by hand", False)


def emails(kind):
    return Email.objects.filter(kind=kind).count()


def test_a_refund_that_the_shoppers_bank_sends_back_is_ours_again_and_the_shopper_is_told(stripe, sale, intent):
    cancel(sale.pk, by=make_member(is_staff=True), reason="Sold by mistake.", refund=True)
    send.sweep()
    assert (statuses(), Purchase.objects.get().status, sums()) == ([("sent", 18000)], "refunded", (18000, 0))
    stripe.books.fail_refund(next(iter(stripe.books.refunds.values())))
    for _ in range(2):
        told(stripe)
    assert (statuses(), Purchase.objects.get().status, sums()) == ([("failed", 18000)], "cancelled", (0, 0))
    assert (found(), emails("refund"), emails("refund_failed")) == ([], 1, 1)
    refund.ask(sale.pk, dollars(180), by=make_member(is_staff=True), reason="To another card.")
    send.sweep()
    assert (statuses(), Purchase.objects.get().status) == ([("failed", 18000), ("sent", 18000)], "refunded")
    assert (stripe.books.refunded(intent), found()) == (18000, [])


def test_a_refund_that_fails_before_the_shop_knows_its_answer_is_refused_and_nobody_was_told_otherwise(stripe, sale):
    refund.ask(sale.pk, dollars(60), by=make_member(is_staff=True), reason="A scratch.")
    stripe.misbehave("refund", "500 after")
    send.sweep()
    stripe.books.fail_refund(next(iter(stripe.books.refunds.values())))
    told(stripe)
    assert (statuses(), sums(), emails("refund"), emails("refund_failed")) == ([("refused", 6000)], (0, 0), 0, 0)
    send.sweep()
    assert statuses() == [("refused", 6000)]


def test_a_refund_that_has_failed_at_once_was_never_sent(stripe, sale):
    stripe.books.refund_status = "failed"
    refund.ask(sale.pk, dollars(60), by=make_member(is_staff=True), reason="A scratch.")
    send.sweep()
    assert (statuses(), sums(), emails("refund")) == ([("refused", 6000)], (0, 0), 0)
    assert Refund.objects.get().note == "The bank refused it: failed"


@pytest.mark.parametrize(("currency", "minor"), [("KWD", 1005), ("MGA", 550)])
def test_a_sum_that_stripe_cannot_give_back_is_refused_once_and_not_asked_for_ever(stripe, alice, currency, minor):
    sale = pay(make_reservation(alice, make_drop(1, currency=currency, price=55000)), CARD).purchase
    asked = refund.ask(sale.pk, Money(minor, currency), by=make_member(is_staff=True), reason="A scratch.")
    refund.approve(asked.pk, by=make_member(is_staff=True))
    send.sweep()
    assert (statuses(), sums()) == ([("refused", minor)], (0, 0))


def test_a_refund_of_stripes_own_that_did_not_fit_and_failed_was_never_booked(stripe, sale, intent):
    refund.ask(sale.pk, dollars(180), by=make_member(is_staff=True), reason="Lost.")
    by_hand = stripe.books.refund({"payment_intent": intent, "amount": 4000})
    told(stripe)
    stripe.books.fail_refund(by_hand)
    told(stripe)
    assert (statuses(), sums(), found()) == ([("approved", 18000), ("failed", 4000)], (18000, 0), [])


def test_an_event_of_a_payment_that_is_not_ours_is_set_aside(stripe, sale):
    refund_of_others = {"id": "re_9", "object": "refund", "payment_intent": "pi_of_others", "metadata": {}}
    handle.store(_event({"id": "evt_9", "type": "refund.created", "data": {"object": refund_of_others}}))
    handle.handle_due()
    assert (ProviderEvent.objects.get().status, statuses(), Purchase.objects.get().status) == ("waiting", [], "paid")
