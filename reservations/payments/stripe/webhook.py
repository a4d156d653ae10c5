"""Where Stripe tells what happened: https://docs.stripe.com/webhooks. Stored and answered at once; a worker handles it.

Every process imports this module, so Stripe's SDK, 30 MB of it, is imported by the first request.
"""

import json
import logging
import re
from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from reservations.payments.events.handle import store
from reservations.payments.events.models import ProviderEvent

log = logging.getLogger(__name__)

TOLERANCE = 300  # seconds: an older signature is refused, whoever repeats it
LONGEST = 100  # characters of an id or a kind
# What ends a payment, or what its shopper has answered; what Stripe tells of its own steps in between is no news.
PAYMENT_KINDS = (
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.succeeded",
)

# Money that goes back, whoever asked for it.
MONEY_BACK_KINDS = (
    *("refund.created", "refund.updated", "refund.failed", "charge.refunded", "charge.refund.updated"),
    *("charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated", "charge.dispute.closed"),
)


@csrf_exempt  # Stripe has no session; its signature says who speaks
def receive(request: HttpRequest) -> HttpResponse:
    """200 once the event is stored, also where it was before; 400, and nothing stored, where Stripe has not signed it."""
    if not settings.PAYMENT_GATEWAY.endswith(".StripeGateway"):
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        event = _read(request.body, request.headers.get("Stripe-Signature", ""))
    except ValueError as wrong:
        log.warning("webhook refused", extra={"why": str(wrong)})
        return HttpResponse("This is not signed by Stripe.", status=400, content_type="text/plain")
    store(event)
    return HttpResponse(status=200)


def _read(body: bytes, signature: str) -> ProviderEvent:
    """The event; raises ValueError where it is not one, or not signed, or signed too long ago. A blank secret signs nothing."""
    import stripe

    secret = settings.STRIPE_WEBHOOK_SECRET
    if not secret.strip() or not signature.isascii():
        raise ValueError("no secret, or no signature")
    try:
        text = body.decode()
        stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE)
    except stripe.SignatureVerificationError as error:
        raise ValueError(error.user_message) from None
    return _event(json.loads(text))


def _event(facts: Any) -> ProviderEvent:
    try:
        thing = facts["data"]["object"]
        subject, metadata = _word(thing.get("id")), thing.get("metadata") or {}
        reference = subject if thing.get("object") == "payment_intent" else _word(thing.get("payment_intent"))
        event = ProviderEvent(
            id=_word(facts["id"]),
            kind=_word(facts["type"]),
            subject=subject,
            reference=reference,
            payment_key=_word(metadata.get("payment")),
        )
    except (AttributeError, KeyError, TypeError):
        raise ValueError("no event") from None
    if not event.id or not event.kind:
        raise ValueError("no event")
    if why := _why_not_ours(facts):
        event.status, event.error, event.retry_at, event.settled_at = ProviderEvent.Status.SET_ASIDE, why, None, Now()
    return event


def _why_not_ours(facts: Any) -> str:
    """Why an event that Stripe has signed is not of this shop's things; "" where it may be. Which version of Stripe's API
    wrote it does not matter: nothing but ids is read of it.
    """
    if facts.get("account"):
        return "It is of a connected account, for which this shop does not act."
    mode, is_live = re.match(r"[a-z]+_(live|test)_", settings.STRIPE_SECRET_KEY), facts.get("livemode")
    if mode is None or not isinstance(is_live, bool) or is_live == (mode[1] == "live"):
        return ""
    return f"It is of Stripe's {'live' if is_live else 'test'} mode, and the shop's key of the other."


def _word(found: Any) -> str:
    """An id or a name; "" for whatever else it is."""
    return found if isinstance(found, str) and len(found) <= LONGEST and found.isprintable() else ""
