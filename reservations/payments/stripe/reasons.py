"""Why a card was not charged, in a sentence for the shopper: https://docs.stripe.com/declines/codes."""

from typing import Any

UNKNOWN_CARD = "The bank does not know this card. Enter it again."
DECLINED = "Your bank declined this card."
REASONS = {
    "authentication_required": "Your bank wants you to confirm this payment.",
    "card_not_supported": "This card cannot be used for this payment.",
    "currency_not_supported": "This card cannot be charged in this currency.",
    "expired_card": "This card has expired.",
    "incorrect_cvc": "The card's security code is wrong.",
    "incorrect_number": "The card's number is wrong.",
    "insufficient_funds": "There is not enough money on this card.",
    "payment_intent_authentication_failure": "The payment was not confirmed.",
    "setup_intent_authentication_failure": "The card was not confirmed.",
}


def reason(error: Any) -> str:
    """For an error of Stripe's. What is said of stolen or suspected cards is the bank's own business, and not told."""
    codes = getattr(error, "decline_code", None), getattr(error, "code", None)
    return next((REASONS[code] for code in codes if code in REASONS), DECLINED)
