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
from stripe.params import PaymentIntentConfirmParams, PaymentIntentCreateParams

from dropshop.core.money import Money
from reservations.payments.gateways import (
    Authorised,
    AuthoriseRequest,
    CaptureRefused,
    ConfirmationNeeded,
    Declined,
    GatewayTimeout,
    MoneyBack,
    MoneyNotTaken,
    Outcome,
    PaymentMethod,
    RefundAboveCapture,
    RefundRefused,
    SetUp,
    SetUpOutcome,
)
from reservations.payments.stripe.amounts import shop_money, stripe_amount
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
        self._intents, self._refunds, self._disputes = client.v1.payment_intents, client.v1.refunds, client.v1.disputes
        self._customers, self._set_ups = client.v1.customers, client.v1.setup_intents

    def methods(self) -> Sequence[PaymentMethod]:
        return ()

    def set_up(self, *, key: str, token: str, return_path: str) -> SetUpOutcome:
        """The token is a customer of its own and the card: Stripe charges a card later only for the customer who has it."""
        with self._asking():
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
        return self._set_ups.retrieve(set_up.id) if _is_replayed(set_up) else set_up

    def authorise(self, *, key: str, token: str, money: Money, return_path: str, shopper_present: bool = True) -> Outcome:
        asked = AuthoriseRequest(key, token, money, return_path, shopper_present)
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
        note: Callable[[str], bool],
    ) -> Outcome | None:
        asked = AuthoriseRequest(key, token, money, return_path, shopper_present)
        amount = stripe_amount(money)
        with self._asking():
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
        if _is_replayed(intent):
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
                if error.code == "charge_disputed":
                    raise RefundRefused("the shopper's bank has taken the payment back") from error
                raise
        return made.id

    def _refund_made(self, reference: str, key: str) -> stripe.Refund | None:
        """The refund of this key, also after a day, when Stripe has forgotten the idempotency key."""
        made = self._refunds.list(params={"payment_intent": reference, "limit": 100}).auto_paging_iter()
        return next((refund for refund in made if _is_of(refund, key) and refund.status not in ("failed", "canceled")), None)

    def money_back(self, reference: str) -> Sequence[MoneyBack]:
        of_it: Any = {"payment_intent": reference, "limit": 100}
        with self._asking():
            refunds = [*self._refunds.list(params=of_it).auto_paging_iter()]
            disputes = [*self._disputes.list(params=of_it).auto_paging_iter()]
        given = [_refunded(refund) for refund in refunds if refund.status not in ("failed", "canceled")]
        # An inquiry ("warning_…") takes no money.
        return given + [_charged_back(dispute) for dispute in disputes if not dispute.status.startswith("warning")]

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


def _set_up_outcome(set_up: stripe.SetupIntent) -> SetUpOutcome:
    match set_up.status:
        case "succeeded":
            return SetUp(f"{set_up.customer}/{set_up.payment_method}")
        case "requires_action":
            return ConfirmationNeeded(set_up.id, _address(set_up))
        case "processing":
            raise GatewayTimeout
    return Declined(reason(set_up.last_setup_error))


def _split(token: str) -> tuple[str, str]:
    """The customer ("" where there is none) and the card of a token."""
    customer, _, card = token.rpartition("/")
    return customer, card


def _is_replayed(thing: Any) -> bool:
    """Whether Stripe has said so before, and this is what was so then: the shopper may have confirmed since."""
    return bool(thing.last_response) and thing.last_response.headers.get("idempotent-replayed") == "true"


def _is_of(refund: stripe.Refund, key: str) -> bool:
    return _key(refund) == key


def _key(refund: stripe.Refund) -> str:
    return str(refund.metadata.to_dict().get("key", "")) if refund.metadata is not None else ""


def _refunded(refund: stripe.Refund) -> MoneyBack:
    return MoneyBack(refund.id, shop_money(refund.amount, refund.currency), key=_key(refund))


def _charged_back(dispute: stripe.Dispute) -> MoneyBack:
    money = shop_money(dispute.amount, dispute.currency)
    return MoneyBack(dispute.id, money, is_chargeback=True, is_ours=dispute.status == "won")


def _address(intent: Any) -> str:
    """Where the shopper confirms: Stripe sends there whoever is to come back to a `return_url`."""
    address: str = intent.next_action.redirect_to_url.url
    return address
