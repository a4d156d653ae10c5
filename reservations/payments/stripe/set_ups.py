"""Cards that are set up at Stripe for nothing, and charged later (https://docs.stripe.com/payments/save-and-reuse)."""

import stripe
from django.conf import settings

from reservations.payments.gateways import ConfirmationNeeded, Declined, GatewayTimeout, SetUp, SetUpOutcome
from reservations.payments.stripe.connection import StripeConnection, confirm_address, is_replayed
from reservations.payments.stripe.reasons import UNKNOWN_CARD, reason


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
        customer = self._customers.create(params={"metadata": {"key": key}}, options={"idempotency_key": f"{key}:customer"})
        set_up = self._set_ups.create(
            params={
                "customer": customer.id,
                "payment_method": token,
                "allowed_payment_method_types": ["card"],
                "usage": "off_session",
                "confirm": True,
                "return_url": settings.SITE_URL + return_path,
                "metadata": {"key": key},
            },
            options={"idempotency_key": f"{key}:set_up"},
        )
        return self._set_ups.retrieve(set_up.id) if is_replayed(set_up) else set_up


def _set_up_outcome(set_up: stripe.SetupIntent) -> SetUpOutcome:
    match set_up.status:
        case "succeeded":
            return SetUp(f"{set_up.customer}/{set_up.payment_method}")
        case "requires_action":
            return ConfirmationNeeded(set_up.id, confirm_address(set_up))
        case "processing":
            raise GatewayTimeout
    return Declined(reason(set_up.last_setup_error))
