"""What every part of the gateway shares: Stripe's client, and how it is asked."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import stripe
from django.conf import settings

from reservations.payments.gateways import GatewayTimeout
from reservations.payments.stripe.http import BoundedClient

log = logging.getLogger(__name__)

SURE = (stripe.CardError, stripe.InvalidRequestError)  # Stripe has understood, and done nothing


class StripeConnection:
    """Threads may share it. It repeats no request: whoever asks does so."""

    def __init__(self) -> None:
        self._http = BoundedClient()
        client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            base_addresses={"api": settings.STRIPE_API_BASE},
            http_client=self._http,
            max_network_retries=0,
        )
        self._intents, self._refunds, self._disputes = client.v1.payment_intents, client.v1.refunds, client.v1.disputes
        self._customers, self._set_ups = client.v1.customers, client.v1.setup_intents

    @contextmanager
    def asking(self) -> Iterator[None]:
        """What is asked in this block is answered in time and for certain, or raises GatewayTimeout."""
        try:
            with self._http.within(settings.PAYMENT_TIMEOUT):
                yield
        except SURE:
            raise
        except stripe.StripeError as error:
            log.warning("Stripe gave no certain answer", extra={"said": str(error)})
            raise GatewayTimeout from error


def is_replayed(thing: Any) -> bool:
    """Whether Stripe has said so before, and this is what was so then: the shopper may have confirmed since."""
    return bool(thing.last_response) and thing.last_response.headers.get("idempotent-replayed") == "true"


def confirm_address(intent: Any) -> str:
    """Where the shopper confirms: Stripe sends there whoever is to come back to a `return_url`."""
    address: str = intent.next_action.redirect_to_url.url
    return address
