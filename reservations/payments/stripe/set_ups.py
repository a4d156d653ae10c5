"""Cards that are set up at Stripe for nothing, and charged later (https://docs.stripe.com/payments/save-and-reuse)."""

from collections.abc import Callable
from typing import Any, TypeVar

import stripe
from django.conf import settings

from reservations.payments.gateways import Card, ConfirmationNeeded, Declined, GatewayTimeout, SetUp, SetUpOutcome
from reservations.payments.stripe.connection import StripeConnection, confirm_address, is_replayed
from reservations.payments.stripe.reasons import UNKNOWN_CARD, reason

Made = TypeVar("Made", stripe.Customer, stripe.SetupIntent)
MOST_NUMBERS = 20  # of keys that have failed with a 500
WITH_ITS_CARD: Any = {"expand": ["payment_method"]}
TAKEN_AWAY = "The card was taken away before it was set up."


class StripeSetUps(StripeConnection):
    """The part of the gateway that sets cards up, and forgets them."""

    def set_up(
        self, *, key: str, token: str, return_path: str, reference: str = "", note: Callable[[str], bool] = lambda _: True
    ) -> SetUpOutcome:
        """The token is a customer of its own and the card: Stripe charges a card later only for the customer who has it."""
        with self.asking():
            try:
                made = self._set_ups.retrieve(reference, params=WITH_ITS_CARD) if reference else self._set_up(key, token)
                if not note(made.id):
                    return Declined(TAKEN_AWAY)
                return _set_up_outcome(self._confirmed(made, return_path))
            except stripe.CardError as error:
                return Declined(reason(error.error))
            except stripe.InvalidRequestError as error:
                if error.param != "payment_method":
                    raise
                return Declined(UNKNOWN_CARD)

    def _set_up(self, key: str, token: str) -> stripe.SetupIntent:
        """Asks no bank yet."""
        customer = self.make_customer(key)
        wanted = {
            "customer": customer.id,
            "payment_method": token,
            "allowed_payment_method_types": ["card"],
            "usage": "off_session",
            "metadata": {"key": key},
        }
        made = _make(self._set_ups.create, wanted, key=f"{key}:set_up:{customer.id}")
        return self._set_ups.retrieve(made.id, params=WITH_ITS_CARD) if is_replayed(made) else made

    def make_customer(self, key: str) -> stripe.Customer:
        """Of whom Stripe knows nothing but this key."""
        return _make(self._customers.create, {"metadata": {"key": key}}, key=f"{key}:customer")

    def _confirmed(self, made: stripe.SetupIntent, return_path: str) -> stripe.SetupIntent:
        """By its id, and not twice."""
        if made.status != "requires_confirmation":
            return made
        try:
            params: Any = {"return_url": settings.SITE_URL + return_path, **WITH_ITS_CARD}
            return self._set_ups.confirm(made.id, params=params)
        except stripe.InvalidRequestError as error:
            if error.code != "setup_intent_unexpected_state":  # it was confirmed meanwhile
                raise
            return self._set_ups.retrieve(made.id, params=WITH_ITS_CARD)

    def forget_card(self, *, token: str, reference: str) -> None:
        """The card's customer is deleted, and with them all that Stripe has of them but their payments."""
        customer = token.rpartition("/")[0]
        with self.asking():
            if not customer and reference:
                customer = str(self._ended(reference).customer or "")
            if not customer:
                return
            try:
                self._customers.delete(customer)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":  # it is gone
                    raise

    def _ended(self, reference: str) -> stripe.SetupIntent:
        try:
            return self._set_ups.cancel(reference)
        except stripe.InvalidRequestError as error:
            if error.code != "setup_intent_unexpected_state":  # it has come to an end by itself
                raise
            return self._set_ups.retrieve(reference)


def _make(create: Callable[..., Made], params: Any, *, key: str) -> Made:
    """What was made for this key, now or before.

    Under a key with which it has failed Stripe repeats its 500 for a day: then the next number is asked under. What the 500 may
    have left behind is a customer without a card, or a set-up that nobody confirms.
    """
    for number in range(MOST_NUMBERS):
        try:
            return create(params=params, options={"idempotency_key": f"{key}:{number}" if number else key})
        except stripe.APIError as error:
            if (error.headers or {}).get("idempotent-replayed") != "true":
                raise
    raise GatewayTimeout


def _set_up_outcome(set_up: stripe.SetupIntent) -> SetUpOutcome:
    match set_up.status:
        case "succeeded":
            found: Any = set_up.payment_method
            return SetUp(f"{set_up.customer}/{found.id}", shown_card(found))
        case "requires_action":
            return ConfirmationNeeded(set_up.id, confirm_address(set_up))
        case "processing":
            raise GatewayTimeout
        case "canceled":
            return Declined(TAKEN_AWAY)
    return Declined(reason(set_up.last_setup_error))


def shown_card(method: Any) -> Card:
    """What Stripe tells of a card that a shopper may know it by."""
    card = method.card
    brand, fingerprint = (card.brand or "card").replace("_", " ").title(), getattr(card, "fingerprint", None)
    return Card(brand, card.last4 or "", card.exp_month, card.exp_year, fingerprint or "")
