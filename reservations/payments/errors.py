"""What a payment refuses, or still waits for."""

from dropshop.core.errors import MOMENT, TEXT, ConcurrentUpdate, DropshopError


class PaymentDeclined(DropshopError):
    """The provider said no; the hold stands until it runs out. `expires_at`."""

    code, status, title = "payment_declined", 402, "Your payment was declined."
    brings = {"expires_at": MOMENT}


class AmountNotTaken(DropshopError):
    """The provider cannot take this `total`: too little, too much, or not in its currency. No money has moved."""

    code, status, title = "amount_not_taken", 409, "This sum cannot be paid."
    brings = {"total": {"type": "object", "properties": {"amount": TEXT, "currency": TEXT}}}


class ConfirmationRequired(DropshopError):
    """The provider wants the shopper to confirm at `confirm_url`; then the same purchase is sent again."""

    code, status, title = "confirmation_required", 402, "Your bank wants you to confirm this payment."
    brings = {"confirm_url": TEXT}


class PaymentUnanswered(DropshopError):
    """The provider has not answered in time; the same purchase can be sent again and is charged once.

    The shop asks on by itself: `pinned_until` says how long the pair waits.
    """

    code, status, title = "payment_unanswered", 402, "Your bank has not answered yet. You will not be charged twice."
    brings = {"pinned_until": MOMENT}


class PaymentUnderWay(ConcurrentUpdate):
    """Another payment for the same pair is on its way; wait for its answer."""

    title = "A payment for this pair is on its way. Wait for its answer."
