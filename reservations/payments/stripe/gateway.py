"""Stripe: a PaymentIntent for each attempt, captured after the sale (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).

An intent is created first, which moves no money, and its id is stored with the payment; only then is it confirmed. Stripe
charges an intent once, however often and late it is confirmed. Creating and confirming in one request would leave a lost
answer to be found by its idempotency key, which Stripe forgets after a day and which repeats a 500 for as long, or by
searching, which Stripe does not answer from its newest data.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import stripe
from django.conf import settings

from dropshop.core.money import Money
from reservations.payments.gateways import (
    Authorised,
    CaptureRefused,
    ConfirmationNeeded,
    Declined,
    GatewayTimeout,
    MoneyNotTaken,
    Outcome,
    PaymentMethod,
    RefundAboveCapture,
)
from reservations.payments.stripe.amounts import stripe_amount
from reservations.payments.stripe.http import BoundedClient
from reservations.payments.stripe.reasons import UNKNOWN_CARD, reason

log = logging.getLogger(__name__)

SURE = (stripe.CardError, stripe.InvalidRequestError)  # Stripe has understood, and done nothing
WRONG_MONEY = ("amount_too_small", "amount_too_large", "invalid_currency")


class StripeGateway:
    """See `reservations.payments.gateways.Gateway`; threads may share it. It repeats no request: whoever asks does so."""

    template = "reservations/payments/_stripe.html"

    def __init__(self) -> None:
        self._http = BoundedClient()
        client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            base_addresses={"api": settings.STRIPE_API_BASE},
            http_client=self._http,
            max_network_retries=0,
        )
        self._intents, self._refunds = client.v1.payment_intents, client.v1.refunds

    def methods(self) -> Sequence[PaymentMethod]:
        return ()

    def authorise(self, *, key: str, token: str, money: Money, return_path: str) -> Outcome:
        outcome = self.authorise_noted(key=key, token=token, money=money, return_path=return_path, note=lambda _: True)
        if outcome is None:
            raise GatewayTimeout
        return outcome

    def authorise_noted(
        self, *, key: str, token: str, money: Money, return_path: str, note: Callable[[str], bool]
    ) -> Outcome | None:
        amount = stripe_amount(money)
        with self._asking():
            reference = self._open(key, amount, money)
            return self._confirm(reference, key, token, return_path) if note(reference) else None

    def _open(self, key: str, amount: int, money: Money) -> str:
        """A new intent, or the one that was made for this key within a day."""
        try:
            intent = self._intents.create(
                params={
                    "amount": amount,
                    "currency": money.currency.lower(),
                    "capture_method": "manual",
                    "allowed_payment_method_types": ["card"],
                    "metadata": {"payment": key},
                },
                options={"idempotency_key": f"payment:{key}:authorise"},
            )
        except stripe.InvalidRequestError as error:
            if error.code in WRONG_MONEY or error.param in ("amount", "currency"):
                raise MoneyNotTaken(f"Cards cannot be charged {money}.") from error
            raise
        return intent.id

    def _confirm(self, reference: str, key: str, token: str, return_path: str) -> Outcome:
        try:
            intent = self._intents.confirm(
                reference,
                params={"payment_method": token, "return_url": settings.SITE_URL + return_path},
                options={"idempotency_key": f"payment:{key}:confirm"},
            )
        except stripe.CardError as error:
            return Declined(reason(error.error))
        except stripe.InvalidRequestError as error:  # no such card, or it was confirmed before
            log.info("confirmation refused", extra={"payment": key, "said": error.user_message})
            return self._standing(reference) or Declined(UNKNOWN_CARD)
        if intent.last_response and intent.last_response.headers.get("idempotent-replayed") == "true":
            intent = self._intents.retrieve(reference)  # the answer of then; the shopper may have confirmed since
        return _outcome(intent) or self._standing(reference) or Declined(UNKNOWN_CARD)

    def lookup(self, key: str) -> Outcome | None:
        """`key` is the reference. An attempt that is not decided yet is closed: no late request can confirm it any more."""
        with self._asking():
            return self._standing(key)

    def _standing(self, reference: str) -> Outcome | None:
        return _outcome(self._intents.retrieve(reference)) or _outcome(self._cancel(reference))

    def capture(self, reference: str, money: Money) -> None:
        amount = stripe_amount(money)
        with self._asking():
            try:
                self._intents.capture(reference, params={"amount_to_capture": amount})
            except SURE as error:
                intent = self._intents.retrieve(reference)
                if intent.status != "succeeded" or intent.amount_received != amount:
                    raise CaptureRefused(f"{error.user_message} ({intent.status})") from error

    def void(self, reference: str) -> None:
        with self._asking():
            intent = self._cancel(reference)
        if intent.status != "canceled":
            log.error("nothing to void", extra={"reference": reference, "status": intent.status})

    def _cancel(self, reference: str) -> stripe.PaymentIntent:
        """The intent, which is cancelled now, or was ended before."""
        try:
            return self._intents.cancel(reference)
        except stripe.InvalidRequestError as error:
            if error.code != "payment_intent_unexpected_state":
                raise
            return self._intents.retrieve(reference)

    def refund(self, reference: str, money: Money, *, key: str) -> str:
        amount = stripe_amount(money)
        with self._asking():
            known = self._refund_made(reference, key)
            if known is not None:
                return known.id
            try:
                made = self._refunds.create(
                    params={"payment_intent": reference, "amount": amount, "metadata": {"key": key}},
                    options={"idempotency_key": key},
                )
            except stripe.InvalidRequestError as error:
                if error.code == "charge_already_refunded" or error.param == "amount":
                    raise RefundAboveCapture(error.user_message or "nothing is left of what was captured") from error
                raise
        return made.id

    def _refund_made(self, reference: str, key: str) -> stripe.Refund | None:
        """The refund of this key, also after a day, when Stripe has forgotten the idempotency key."""
        made = self._refunds.list(params={"payment_intent": reference, "limit": 100}).auto_paging_iter()
        return next((refund for refund in made if _is_of(refund, key) and refund.status not in ("failed", "canceled")), None)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """What is asked in this block is answered in time and for certain, or raises GatewayTimeout."""
        try:
            with self._http.within(settings.PAYMENT_TIMEOUT):
                yield
        except SURE:
            raise
        except stripe.StripeError as error:
            log.warning("Stripe gave no certain answer", extra={"said": str(error)})
            raise GatewayTimeout from error


def _outcome(intent: stripe.PaymentIntent) -> Outcome | None:
    """What an intent has come to; None where it was not confirmed. Raises GatewayTimeout where Stripe does not know yet."""
    error = intent.last_payment_error
    match intent.status:
        case "requires_capture" | "succeeded":
            return Authorised(intent.id)
        case "requires_action":
            return ConfirmationNeeded(intent.id, _address(intent))
        case "processing":
            raise GatewayTimeout
        case "requires_payment_method" | "canceled" if error:
            return Declined(reason(error))
    return None


def _is_of(refund: stripe.Refund, key: str) -> bool:
    return refund.metadata is not None and refund.metadata.to_dict().get("key") == key


def _address(intent: Any) -> str:
    """Where the shopper confirms: Stripe sends there whoever is to come back to a `return_url`."""
    address: str = intent.next_action.redirect_to_url.url
    return address
