"""Both providers as the behaviour suite asks them: the same words for tokens, answers and books."""

from typing import NamedTuple

from dropshop.core import money
from reservations.models import TestCharge
from reservations.payments.test_bank.gateway import TestGateway


class Money(NamedTuple):
    """What the provider's books say of one attempt, in its own units."""

    state: str
    amount: int
    captured: int
    refunded: int


class TestBank:
    """The built-in one."""

    __test__ = False
    ok, declined, confirm, unknown = "test_ok", "test_declined", "test_confirm", "test_nonsense"
    units = {"USD": 1, "JPY": 1, "KWD": 1, "ISK": 1}

    def __init__(self, settings):
        self.settings = settings

    def charge_fees(self, *, free=False):
        """From now on this provider keeps some, or nothing; what that is of $180."""
        self.settings.TEST_BANK_FEE = 0 if free else 307
        return money.Money(553, "USD")

    def books(self):
        """Of all attempts of which money was asked, oldest first."""
        charges = TestCharge.objects.filter(amount__gt=0).order_by("created_at")
        return [Money(charge.status, charge.amount, charge.captured, charge.refunded) for charge in charges]

    def answer(self, reference, *, agreed):
        TestGateway().confirm(reference, agreed=agreed)


class Stripe:
    """By the double."""

    ok, declined, confirm = "pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_threeDSecure2Required"
    unknown = "pm_nonsense"
    units = {"USD": 1, "JPY": 1, "KWD": 1, "ISK": 100}
    states = {
        "requires_action": "confirming",
        "requires_capture": "authorised",
        "succeeded": "captured",
        "canceled": "voided",
        "requires_payment_method": "declined",
    }

    def __init__(self, double):
        self.double = double

    def charge_fees(self, *, free=False):
        if free:
            self.double.books.fee = lambda amount, currency: (0, currency)
        return money.Money(552, "USD")

    def books(self):
        books = self.double.books
        return [
            Money(self.states[intent["status"]], intent["amount"], intent["amount_received"], books.refunded(intent["id"]))
            for intent in books.intents.values()
        ]

    def answer(self, reference, *, agreed):
        self.double.answer(reference, agreed=agreed)
