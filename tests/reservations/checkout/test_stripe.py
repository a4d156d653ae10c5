"""The whole shop with Stripe as its provider: from the form or the API to the order, also with bad luck on the way."""

from datetime import timedelta

import pytest
from django.db.models import F

from dropshop.machine.processes import wait_until
from reservations.models import Payment, Purchase
from reservations.purchases import reconcile
from tests.harness.patience import PATIENCE
from tests.make import ADDRESS, make_drop, make_reservation

pytestmark = pytest.mark.django_db(transaction=True)
CARD, WITH_CONFIRMATION, DECLINED = "pm_card_visa", "pm_card_threeDSecure2Required", "pm_card_visa_chargeDeclined"


@pytest.fixture
def buy(alice, hold, sign_in):
    """Buys with this card, as the page does or the API; the answer."""
    client = sign_in(alice)

    def bought(token, by="page"):
        if by == "page":
            return client.post(f"{hold.get_absolute_url()}purchase/", {**ADDRESS, "payment_method": token})
        body, ask = {"address": ADDRESS, "payment_method": token}, {"content_type": "application/json"}
        return client.post(f"/api/v1{hold.get_absolute_url()}purchase", body, headers={"Idempotency-Key": "k"}, **ask)

    bought.client = client
    return bought


def paid():
    return wait_until(Purchase.objects.filter(status="paid").exists, PATIENCE)


def stands(status):
    return wait_until(Payment.objects.filter(status=status).exists, PATIENCE)


def asked(stripe, operation):
    """The bank threads have asked, and noted what they heard."""
    return wait_until(lambda: operation in stripe.calls, PATIENCE)


def sweep():
    minute = timedelta(seconds=60)
    Payment.objects.update(created_at=F("created_at") - minute, retry_at=F("retry_at") - minute)
    reconcile.reconcile_open()


def taken(stripe):
    return [(intent["status"], intent["amount_received"]) for intent in stripe.books.intents.values()]


@pytest.mark.parametrize("by", ["page", "api"])
def test_a_pair_is_authorised_sold_and_captured(stripe, buy, by):
    buy(CARD, by)
    assert paid()
    assert taken(stripe) == [("succeeded", 18000)]
    again = buy(CARD, by)
    order = Purchase.objects.get()
    assert order.number in again.content.decode() or str(order.pk) in again["Location"]
    assert stripe.calls.count("capture") == 1


def test_a_declined_card_is_told_and_another_one_pays(stripe, hold, buy):
    buy(DECLINED)
    assert stands("declined")
    assert "Your bank declined this card." in buy.client.get(hold.get_absolute_url()).content.decode()
    buy(CARD)
    assert paid()
    assert taken(stripe) == [("requires_payment_method", 0), ("succeeded", 18000)]


@pytest.mark.parametrize("agreed", [True, False], ids=["agreed", "refused"])
def test_a_shopper_comes_back_from_the_confirmation(stripe, hold, buy, agreed):
    buy(WITH_CONFIRMATION)
    assert stands("confirming")
    intent = stripe.only_intent()
    to = intent["next_action"]["redirect_to_url"]
    assert to["return_url"].endswith(hold.get_absolute_url())
    assert to["return_url"].startswith("http")
    stripe.answer(intent["id"], agreed=agreed)
    buy.client.get(f"{hold.get_absolute_url()}?payment_intent={intent['id']}&redirect_status=succeeded")
    assert paid() if agreed else stands("declined")
    assert taken(stripe) == [("succeeded", 18000) if agreed else ("requires_payment_method", 0)]


def test_acceptance_14_silence_after_charging_is_reconciled_to_one_capture_and_one_purchase(stripe, buy):
    """Acceptance 14: by the API, whose request is repeated, and by the sweep, whoever comes first."""
    stripe.misbehave("confirm", "cut after")
    assert buy(CARD, "api").json()["code"] == "payment_unanswered"
    assert asked(stripe, "confirm")
    sweep()
    assert paid()
    answers = {buy(CARD, "api").json()["purchase"]["status"] for _ in range(2)}
    assert (answers, taken(stripe), Purchase.objects.count()) == ({"paid"}, [("succeeded", 18000)], 1)


def test_a_provider_that_is_down_is_said_to_be_asked_and_the_pair_waits(stripe, hold, buy):
    stripe.misbehave("create", "cut before")
    buy(CARD)
    assert asked(stripe, "create")
    page = buy.client.get(hold.get_absolute_url()).content.decode()
    assert "We do not know yet and will tell you" in page
    sweep()
    assert (Payment.objects.get().status, taken(stripe)) == ("declined", [])
    buy(CARD)
    assert paid()


def test_the_checkout_shows_stripes_form_and_no_list_of_cards(stripe, hold, buy, settings):
    settings.STRIPE_PUBLISHABLE_KEY = "pk_test_1"
    page = buy.client.get(hold.get_absolute_url()).content.decode()
    assert '<stripe-card key="pk_test_1" amount="18000" currency="usd">' in page
    assert ("To pay by card, turn JavaScript on." in page, "Test card" in page) == (True, False)


def test_a_price_that_stripe_cannot_take_has_no_form(stripe, alice, sign_in):
    hold = make_reservation(alice, make_drop(1, price=5124, currency="KWD"))
    page = sign_in(alice).get(hold.get_absolute_url()).content.decode()
    assert ("This price cannot be paid by card here." in page, "<stripe-card" in page) == (True, False)


def test_a_purchase_without_a_card_is_asked_for_one(stripe, buy):
    answer = buy("")
    assert (answer.status_code, "Choose how to pay." in answer.content.decode(), stripe.calls) == (400, True, [])
