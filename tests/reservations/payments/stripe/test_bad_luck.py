"""Stripe that is silent, down, slow or repeated: money is set aside and taken once, and what nobody needs is given back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic

import pytest
from django.db.models import F

from dropshop.core.errors import ConcurrentUpdate
from dropshop.core.money import Money
from reservations.checkout.costs import collecting_costs, shown_costs
from reservations.holds.errors import HoldExpired
from reservations.models import Payment, PickupPlace, Purchase, Reservation, ShippingRate, TaxRate
from reservations.payments import due, provider
from reservations.payments.errors import AmountNotTaken, PaymentDeclined, PaymentUnanswered
from reservations.payments.gateways import Authorised, CaptureRefused, GatewayTimeout, RefundRefused, gateway
from reservations.purchases import decide, reconcile
from reservations.purchases.costs import costs_of
from tests.make import lapse, make_drop, make_members, make_reservation
from tests.reservations.charges.rates import ship, tax
from tests.reservations.till import asked_again, begin, counters, pay

pytestmark = pytest.mark.django_db
CARD, PRICE = "pm_card_visa", Money(18000, "USD")
UNCERTAIN = ["cut before", "cut after", "500 before", "500 after", "429"]


def sweep():
    """`reconcile_open` as it runs in a minute."""
    minute = timedelta(seconds=60)
    Payment.objects.update(created_at=F("created_at") - minute, retry_at=F("retry_at") - minute)
    return reconcile.reconcile_open()


def stands(hold, stripe):
    """The shop's word and Stripe's for each payment of the hold, oldest first."""
    intents = {intent["metadata"]["payment"]: intent for intent in stripe.books.intents.values()}
    found = [(payment.status, intents.get(str(payment.pk))) for payment in hold.payments.order_by("created_at")]
    return [(status, intent and intent["status"], intent and intent["amount_received"]) for status, intent in found]


def run_out(hold):
    """The hold, and what it was given to wait for the bank."""
    hold.refresh_from_db()
    lapse(hold)
    Reservation.objects.filter(pk=hold.pk).update(pinned_until=F("expires_at"))


def test_a_purchase_is_authorised_sold_and_captured(stripe, hold):
    assert pay(hold, CARD).created
    assert stands(hold, stripe) == [("captured", "succeeded", 18000)]
    assert stripe.calls == ["create", "confirm", "capture"]
    assert stripe.only_intent()["capture_method"] == "manual"


def test_keys_are_derived_from_the_payment(stripe, hold):
    pay(hold, CARD)
    payment = Payment.objects.get()
    assert stripe.keys == [f"payment:{payment.pk}:authorise", f"payment:{payment.pk}:confirm"]
    assert payment.authorisation == stripe.only_intent()["id"]


def test_a_declined_card_leaves_the_hold_for_another_one(stripe, hold):
    with pytest.raises(PaymentDeclined) as declined:
        pay(hold, "pm_card_visa_chargeDeclinedInsufficientFunds")
    assert declined.value.detail == "There is not enough money on this card."
    assert pay(hold, CARD).created
    assert [status for status, *_ in stands(hold, stripe)] == ["declined", "captured"]


@pytest.mark.parametrize("fault", UNCERTAIN)
@pytest.mark.parametrize("operation", ["create", "confirm"])
def test_acceptance_14_an_answer_that_is_lost_ends_in_one_sale_or_none(stripe, hold, operation, fault):
    """Acceptance 14: the shop asks on by itself; money that was set aside becomes the sale, and nothing stays behind."""
    stripe.misbehave(operation, fault)
    with pytest.raises(PaymentUnanswered):
        pay(hold, CARD)
    assert sweep() == 1
    charged = (operation, fault) in [("confirm", "cut after"), ("confirm", "500 after")]
    assert Purchase.objects.count() == charged
    taken = [intent["amount_received"] for intent in stripe.books.intents.values() if intent["status"] == "succeeded"]
    assert taken == [18000] * charged
    assert "requires_capture" not in [intent["status"] for intent in stripe.books.intents.values()]
    assert Payment.objects.get().status == ("captured" if charged else "declined")
    assert pay(hold, CARD).created is not charged, "who was not charged pays with the next try"
    assert counters(hold.drop) == (0, 0, 1)


def test_acceptance_14_charged_but_silent_then_sent_again_is_one_capture_and_one_purchase(stripe, hold):
    """Acceptance 14: the shopper does not wait for the sweep."""
    stripe.misbehave("confirm", "cut after")
    with pytest.raises(PaymentUnanswered):
        pay(hold, CARD)
    assert [pay(hold, CARD).created for _ in range(3)] == [True, False, False]
    assert stands(hold, stripe) == [("captured", "succeeded", 18000)]


def test_a_request_that_arrives_twice_charges_once(stripe, hold):
    for operation in ("create", "confirm", "capture"):
        stripe.misbehave(operation, "twice")
    assert pay(hold, CARD).created
    assert stands(hold, stripe) == [("captured", "succeeded", 18000)]


def test_a_late_confirmation_of_an_attempt_that_was_given_up_sets_nothing_aside(stripe, hold):
    """The attempt is closed at Stripe when the shop decides that nothing came of it."""
    stripe.misbehave("confirm", "cut before")
    with pytest.raises(PaymentUnanswered):
        pay(hold, CARD)
    sweep()
    late = confirm_late(stripe)
    assert (late["error"]["code"], stands(hold, stripe)) == (
        "payment_intent_unexpected_state",
        [("declined", "canceled", 0)],
    )


def test_control_an_attempt_that_is_not_closed_takes_a_late_confirmation(stripe, hold):
    stripe.misbehave("confirm", "cut before")
    with pytest.raises(PaymentUnanswered):
        pay(hold, CARD)
    assert confirm_late(stripe)["status"] == "requires_capture"


def confirm_late(stripe):
    path = f"/v1/payment_intents/{stripe.only_intent()['id']}/confirm"
    return stripe.handle("POST", path, {"payment_method": CARD}, None)[1]


def test_a_payment_that_was_given_up_while_its_intent_was_made_is_not_confirmed(stripe, hold):
    payment = begin(hold, CARD)
    assert Payment.objects.get().move(Payment.Status.DECLINED)
    assert provider.authorise(payment) == provider.NotAsked()
    assert stripe.calls == ["create"]


def test_a_decision_that_has_not_seen_the_reference_changes_nothing(stripe, hold, monkeypatch):
    """Else it would overwrite what finds the money; the next look decides anew."""
    payment = begin(hold, CARD)
    read = decide._Deciding.decide

    def noted_meanwhile(self, attempt):
        due.note_reference(payment, "pi_late")
        return read(self, attempt)

    monkeypatch.setattr(decide._Deciding, "decide", noted_meanwhile)
    with pytest.raises(ConcurrentUpdate):
        asked_again(payment)
    assert Payment.objects.get().status == "started"


@pytest.mark.parametrize("fault", UNCERTAIN)
def test_a_capture_whose_answer_is_lost_is_asked_for_again_and_takes_the_money_once(stripe, hold, fault):
    stripe.misbehave("capture", fault)
    assert pay(hold, CARD).purchase.status == "processing"
    assert sweep() == 1
    assert stands(hold, stripe) == [("captured", "succeeded", 18000)]
    assert Purchase.objects.get().status == "paid"


@pytest.mark.parametrize("fault", UNCERTAIN)
def test_acceptance_13_a_void_whose_answer_is_lost_is_asked_for_again(stripe, hold, fault):
    """Acceptance 13: authorised after expiry: no capture, and what was set aside goes back."""
    payment = begin(hold, CARD)
    outcome = provider.authorise(payment)
    run_out(hold)
    stripe.misbehave("cancel", fault)
    with pytest.raises(HoldExpired):
        asked_again(payment)
    assert isinstance(outcome, Authorised)
    sweep()
    assert stands(hold, stripe) == [("voided", "canceled", 0)]
    assert Payment.objects.get().settled_at is not None


def test_an_authorisation_that_has_lapsed_at_stripe_cannot_be_captured(stripe, hold):
    reference = provider.authorise(begin(hold, CARD)).reference
    stripe.only_intent()["status"] = "canceled"
    with pytest.raises(CaptureRefused, match="canceled"):
        gateway().capture(reference, PRICE)


@pytest.mark.parametrize("fault", UNCERTAIN)
def test_a_refund_whose_answer_is_lost_is_given_once_also_after_stripe_has_forgotten_its_key(stripe, hold, fault):
    pay(hold, CARD)
    reference = stripe.only_intent()["id"]
    stripe.misbehave("refund", fault)
    with pytest.raises(GatewayTimeout):
        gateway().refund(reference, Money(8000, "USD"), key="refund:1:1")
    stripe.forget_keys()
    for _ in range(2):
        gateway().refund(reference, Money(8000, "USD"), key="refund:1:1")
    assert stripe.books.refunded(reference) == 8000


def test_a_silent_stripe_is_waited_for_as_long_as_the_shop_says_and_not_longer(stripe, hold, settings):
    settings.PAYMENT_TIMEOUT = 1
    stripe.misbehave("create", "silent after")
    begun = monotonic()
    with pytest.raises(PaymentUnanswered):
        pay(hold, CARD)
    assert 1 <= monotonic() - begun < 5


@pytest.mark.parametrize("down", [("create", "cut before"), ("create", "500 before")], ids=["no connection", "500"])
def test_a_stripe_that_is_down_for_an_hour_is_asked_again_and_no_pair_is_stranded(stripe, hold, down):
    for operation in ("create", "retrieve", "cancel"):
        stripe.misbehave(operation, *[down[1]] * 5)
    for _ in range(3):
        with pytest.raises(PaymentUnanswered):
            pay(hold, CARD)
    run_out(hold)
    while Payment.objects.filter(settled_at=None).exists():
        assert sweep() == 1
    assert stands(hold, stripe) == [("declined", None, None)]


def test_a_key_that_stripe_does_not_know_says_nothing_of_the_money(stripe, hold, settings):
    """Whoever mends the setting finds the payment as it was."""
    settings.STRIPE_SECRET_KEY = "sk_test_mistyped"
    with pytest.raises(PaymentUnanswered):
        pay(hold, CARD)
    assert Payment.objects.get().status == "started"


@pytest.mark.parametrize(("currency", "price"), [("KWD", 5124), ("USD", 49), ("USD", 10**8), ("IQD", 5000)])
def test_a_total_that_stripe_cannot_take_is_refused_before_a_payment_is_begun(stripe, alice, currency, price):
    hold = make_reservation(alice, make_drop(1, price=price, currency=currency))
    with pytest.raises(AmountNotTaken) as refused:
        pay(hold, CARD)
    assert refused.value.facts["total"] == Money(price, currency).facts
    assert (Payment.objects.count(), stripe.calls) == (0, [])


def test_a_pair_is_sold_for_millions_of_a_small_currency(stripe, alice):
    assert pay(make_reservation(alice, make_drop(1, price=290_000_000, currency="IDR")), CARD).created
    assert stripe.only_intent()["amount_received"] == 290_000_000


def test_shipping_and_tax_that_make_the_total_too_much_are_refused_before_a_payment_is_begun(stripe, alice):
    """And shown before, where the costs are asked for."""
    ship("US", 2000)
    hold = make_reservation(alice, make_drop(1, price=99_998_000))
    for ask in (lambda: pay(hold, CARD), lambda: costs_of(hold, country="US", state="OR")):
        with pytest.raises(AmountNotTaken, match=r"No more than \$999999.99 can be paid at once."):
            ask()
    assert shown_costs(hold, {"country": "US", "state": "OR"}).fault == "No more than $999999.99 can be paid at once."
    assert (Payment.objects.count(), stripe.calls) == (0, [])
    ShippingRate.objects.update(amount=1999)
    assert pay(hold, CARD).created


def test_a_place_where_the_total_cannot_be_paid_is_not_offered(stripe, alice):
    tax("DE", "19")
    hold = make_reservation(alice, make_drop(1, price=99_998_000))
    lines = {"hours": "10 to 18", "street": "1 Quay", "zip_code": "10115", "city": "Anywhere"}
    places = [PickupPlace.objects.create(name=f"Store of {country}", country=country, **lines) for country in ("DE", "US")]
    for place in places:
        place.drops.add(hold.drop)
    assert [(place.name, costs.total.minor) for place, costs in collecting_costs(hold)] == [("Store of US", 99_998_000)]
    TaxRate.objects.all().delete()
    assert [place.name for place, _ in collecting_costs(hold)] == ["Store of DE", "Store of US"]


def test_a_total_that_stripe_itself_refuses_is_refused_in_words(stripe, alice):
    """Its least sum in a currency of which it names none, say."""
    stripe.books.least["kwd"] = 1000
    hold = make_reservation(alice, make_drop(1, price=500, currency="KWD"))
    with pytest.raises(PaymentDeclined) as refused:
        pay(hold, CARD)
    assert (refused.value.detail, stripe.calls) == ("Cards cannot be charged 0.500 KWD.", ["create"])


@pytest.mark.django_db(transaction=True)
def test_threads_share_the_gateway(stripe):
    drop = make_drop(6)
    holds = [make_reservation(member, drop) for member in make_members(6)]
    payments = [begin(hold, CARD) for hold in holds]

    def ask(payment):
        return provider.authorise(payment)

    with ThreadPoolExecutor(6) as threads:
        outcomes = list(threads.map(ask, payments))
    references = {payment.pk: payment.authorisation for payment in Payment.objects.all()}
    assert [outcome.reference for outcome in outcomes] == [references[payment.pk] for payment in payments]
    assert len(set(references.values())) == 6


def test_a_refund_of_what_the_shoppers_bank_has_taken_back_is_refused(stripe, hold):
    pay(hold, CARD)
    intent = stripe.only_intent()
    intent["disputed"] = True
    with pytest.raises(RefundRefused, match="taken the payment back"):
        gateway().refund(intent["id"], PRICE, key="refund:1:1")
