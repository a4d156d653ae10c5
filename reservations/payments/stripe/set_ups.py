"""Cards that are set up at Stripe for nothing, and charged later (https://docs.stripe.com/payments/save-and-reuse)."""

from collections.abc import Callable
from typing import Any, TypeVar

import stripe
from django.conf import settings

from reservations.payments.gateways import ConfirmationNeeded, Declined, GatewayTimeout, SetUp, SetUpOutcome
from reservations.payments.stripe.connection import StripeConnection, confirm_address, is_replayed
from reservations.payments.stripe.reasons import UNKNOWN_CARD, reason

Made = TypeVar("Made", stripe.Customer, stripe.SetupIntent)
MOST_NUMBERS = 20  # of keys that have failed with a 500


class StripeSetUps(StripeConnection):
    """The part of the gateway that sets cards up."""

    def set_up(self, *, key: str, token: str, return_path: str) -> SetUpOutcome:
        """The token is a customer of its own and the card: Stripe charges a card later only for the customer who has it."""
        with self.asking():
            try:
                set_up = self._set_up(key, token, return_path)
            except stripe.CardError as error:
                return Declined(reason(error.error))
            except stripe.InvalidRequestError as error:
                if error.param != "payment_method":
                    raise
                return Declined(UNKNOWN_CARD)
        return _set_up_outcome(set_up)

    def _set_up(self, key: str, token: str, return_path: str) -> stripe.SetupIntent:
        """Made first, which asks no bank, and then confirmed: by its id, and not twice."""
        customer = _make(self._customers.create, {"metadata": {"key": key}}, key=f"{key}:customer")
        wanted = {
            "customer": customer.id,
            "payment_method": token,
            "allowed_payment_method_types": ["card"],
            "usage": "off_session",
            "metadata": {"key": key},
        }
        made = _make(self._set_ups.create, wanted, key=f"{key}:set_up:{customer.id}")
        set_up = self._set_ups.retrieve(made.id) if is_replayed(made) else made
        if set_up.status != "requires_confirmation":
            return set_up
        try:
            return self._set_ups.confirm(set_up.id, params={"return_url": settings.SITE_URL + return_path})
        except stripe.InvalidRequestError as error:
            if error.code != "setup_intent_unexpected_state":  # it was confirmed meanwhile
                raise
            return self._set_ups.retrieve(set_up.id)


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
            return SetUp(f"{set_up.customer}/{set_up.payment_method}")
        case "requires_action":
            return ConfirmationNeeded(set_up.id, confirm_address(set_up))
        case "processing":
            raise GatewayTimeout
    return Declined(reason(set_up.last_setup_error))
