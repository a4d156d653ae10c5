"""Cards at Stripe: set up for zero though answers are lost, and one that its form hands over is good for one use."""

import pytest

from reservations.payments.errors import PaymentDeclined
from reservations.payments.gateways import Authorised, Declined, GatewayTimeout, SetUp, gateway
from tests.make import make_drop, make_reservation
from tests.reservations.payments.stripe.test_bad_luck import CARD, PRICE, UNCERTAIN
from tests.reservations.till import pay

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("fault", UNCERTAIN)
@pytest.mark.parametrize("operation", ["customer", "set_up", "confirm_set_up"])
def test_a_set_up_whose_answer_is_lost_is_asked_for_again(stripe, operation, fault):
    stripe.misbehave(operation, fault)
    ask = {"key": "entry:1", "token": CARD, "return_path": "/"}
    with pytest.raises(GatewayTimeout):
        gateway().set_up(**ask)
    saved = gateway().set_up(**ask)
    assert gateway().set_up(**ask) == saved
    assert [card for cards in stripe.books.customers.values() for card in cards] == [CARD]


def test_a_set_up_is_made_though_stripe_repeats_its_500_for_a_day(stripe):
    """Several times over: the key of each try that failed is left behind."""
    ask = {"key": "entry:1", "token": CARD, "return_path": "/"}
    stripe.misbehave("customer", "500 before", "500 after", "500 before")
    stripe.misbehave("set_up", "500 after")
    for _ in range(4):
        with pytest.raises(GatewayTimeout):
            gateway().set_up(**ask)
    saved = gateway().set_up(**ask)
    assert isinstance(saved, SetUp)
    assert gateway().set_up(**ask) == saved


def test_a_declined_set_up_stays_declined_and_is_not_confirmed_again(stripe):
    ask = {"key": "entry:1", "token": "pm_card_visa_chargeDeclined", "return_path": "/"}
    assert [gateway().set_up(**ask) for _ in range(2)] == [Declined("Your bank declined this card.")] * 2
    assert stripe.calls.count("confirm_set_up") == 1


def test_a_card_that_was_not_set_up_pays_once_and_then_has_to_be_entered_again(stripe, hold, bob):
    card = stripe.books.new_card()
    assert pay(hold, card).created
    with pytest.raises(PaymentDeclined) as declined:
        pay(make_reservation(bob, make_drop(1)), card)
    assert declined.value.detail == "The bank does not know this card. Enter it again."
    assert [intent["status"] for intent in stripe.books.intents.values()] == ["succeeded", "canceled"]


def test_a_card_that_was_set_up_pays_again_and_again_with_its_customer_and_not_without(stripe):
    card = stripe.books.new_card()
    saved = gateway().set_up(key="entry:1", token=card, return_path="/")
    later = {"money": PRICE, "return_path": "/", "shopper_present": False}
    outcomes = [gateway().authorise(key=str(n), token=saved.token, **later) for n in range(3)]
    assert [type(outcome) for outcome in outcomes] == [Authorised] * 3
    assert isinstance(gateway().authorise(key="4", token=card, **later), Declined)


def test_a_card_that_was_used_cannot_be_set_up_any_more(stripe, hold):
    card = stripe.books.new_card()
    pay(hold, card)
    assert isinstance(gateway().set_up(key="entry:1", token=card, return_path="/"), Declined)
