"""Stripe: a PaymentIntent for each attempt, captured after the sale (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).

An intent is created first, which moves no money, and its id is stored with the payment; only then is it confirmed. Stripe
charges an intent once, however often and late it is confirmed. Creating and confirming in one request would leave a lost
answer to be found by its idempotency key, which Stripe forgets after a day and which repeats a 500 for as long, or by
searching, which Stripe does not answer from its newest data.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import stripe
from django.conf import settings
from stripe.params import PaymentIntentConfirmParams, PaymentIntentCreateParams

from dropshop.core.money import Money
from reservations.payments.gateways import (
    Authorised,
    AuthoriseRequest,
    CaptureRefused,
    ConfirmationNeeded,
    Declined,
    GatewayTimeout,
    Limits,
    MoneyNotTaken,
    Outcome,
    PaymentMethod,
    SetUp,
)
from reservations.payments.stripe.amounts import limits_of, stripe_amount
from reservations.payments.stripe.connection import SURE, confirm_address, is_replayed
from reservations.payments.stripe.fees import StripeFees
from reservations.payments.stripe.listing import StripeList
from reservations.payments.stripe.reasons import UNKNOWN_CARD, reason
from reservations.payments.stripe.set_ups import StripeSetUps, shown_card

log = logging.getLogger(__name__)

WRONG_MONEY = ("amount_too_small", "amount_too_large", "invalid_currency")


class StripeGateway(StripeSetUps, StripeFees, StripeList):
    """See `reservations.payments.gateways.Gateway`; threads may share it. It repeats no request: whoever asks does so."""

    name = "stripe"
    template, set_up_template = "reservations/payments/_stripe.html", "reservations/payments/_stripe_set_up.html"

    def limits(self, currency: str) -> Limits | None:
        return limits_of(currency)

    def methods(self) -> Sequence[PaymentMethod]:
        return ()

    def authorise(
        self, *, key: str, token: str, money: Money, return_path: str, shopper_present: bool = True, keep: bool = False
    ) -> Outcome:
        asked = AuthoriseRequest(key, token, money, return_path, shopper_present, keep)
        outcome = self.authorise_noted(**asked._asdict(), note=lambda _: True)
        if outcome is None:
            raise GatewayTimeout
        return outcome

    def authorise_noted(
        self,
        *,
        key: str,
        token: str,
        money: Money,
        return_path: str,
        shopper_present: bool = True,
        keep: bool = False,
        note: Callable[[str], bool],
    ) -> Outcome | None:
        asked = AuthoriseRequest(key, token, money, return_path, shopper_present, keep)
        amount = stripe_amount(money)
        with self.asking():
            try:
                reference = self._open(asked, amount)
            except stripe.InvalidRequestError as error:
                if error.param != "customer":
                    raise
                return Declined(UNKNOWN_CARD)
            return self._confirm(reference, asked) if note(reference) else None

    def _open(self, asked: AuthoriseRequest, amount: int) -> str:
        """A new intent, or the one that was made for this key within a day."""
        customer, _ = _split(asked.token)
        params: PaymentIntentCreateParams = {
            "amount": amount,
            "currency": asked.money.currency.lower(),
            "capture_method": "manual",
            "allowed_payment_method_types": ["card"],
            "metadata": {"payment": asked.key},
        }
        if not customer and asked.keep:
            customer = self.make_customer(f"payment:{asked.key}").id
            params["setup_future_usage"] = "off_session"
        if customer:
            params["customer"] = customer
        try:
            intent = self._intents.create(params=params, options={"idempotency_key": f"payment:{asked.key}:authorise"})
        except stripe.InvalidRequestError as error:
            if error.code in WRONG_MONEY or error.param in ("amount", "currency"):
                raise MoneyNotTaken(f"Cards cannot be charged {asked.money}.") from error
            raise
        return intent.id

    def _confirm(self, reference: str, asked: AuthoriseRequest) -> Outcome:
        params: PaymentIntentConfirmParams = {"payment_method": _split(asked.token)[1]}
        if asked.shopper_present:
            params["return_url"] = settings.SITE_URL + asked.return_path
        else:
            params["off_session"] = True
        try:
            intent = self._intents.confirm(
                reference, params=params, options={"idempotency_key": f"payment:{asked.key}:confirm"}
            )
        except stripe.CardError as error:
            return Declined(reason(error.error))
        except stripe.InvalidRequestError as error:  # no such card, or it was confirmed before
            log.info("confirmation refused", extra={"payment": asked.key, "said": error.user_message})
            return self._standing(reference) or Declined(UNKNOWN_CARD)
        if is_replayed(intent):
            intent = self._intents.retrieve(reference)  # the answer of then; the shopper may have confirmed since
        return _outcome(intent) or self._standing(reference) or Declined(UNKNOWN_CARD)

    def kept_card(self, reference: str) -> SetUp | None:
        with self.asking():
            intent = self._intents.retrieve(reference, params={"expand": ["payment_method"]})
        card: Any = intent.payment_method
        return SetUp(f"{intent.customer}/{card.id}", shown_card(card)) if intent.customer and card else None

    def lookup(self, key: str) -> Outcome | None:
        """`key` is the reference. An attempt that is not decided yet is closed: no late request can confirm it any more."""
        with self.asking():
            return self._standing(key)

    def _standing(self, reference: str) -> Outcome | None:
        return _outcome(self._intents.retrieve(reference)) or _outcome(self._cancel(reference))

    def capture(self, reference: str, money: Money) -> None:
        amount = stripe_amount(money)
        with self.asking():
            try:
                self._intents.capture(reference, params={"amount_to_capture": amount})
            except SURE as error:
                intent = self._intents.retrieve(reference)
                if intent.status != "succeeded" or intent.amount_received != amount:
                    raise CaptureRefused(f"{error.user_message} ({intent.status})") from error

    def void(self, reference: str) -> None:
        with self.asking():
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


def _outcome(intent: stripe.PaymentIntent) -> Outcome | None:
    """What an intent has come to; None where it was not confirmed. Raises GatewayTimeout where Stripe does not know yet."""
    error = intent.last_payment_error
    match intent.status:
        case "requires_capture" | "succeeded":
            return Authorised(intent.id)
        case "requires_action":
            return ConfirmationNeeded(intent.id, confirm_address(intent))
        case "processing":
            raise GatewayTimeout
        case "requires_payment_method" | "canceled" if error:
            return Declined(reason(error))
    return None


def _split(token: str) -> tuple[str, str]:
    """The customer ("" where there is none) and the card of a token."""
    customer, _, card = token.rpartition("/")
    return customer, card
