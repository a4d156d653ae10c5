"""Cards, and customers who have them: what is good for one use, and what can be charged later."""

from itertools import count
from typing import Any

Facts = dict[str, Any]

CARDS = {
    "pm_card_visa": None,
    "pm_card_mastercard": None,
    "pm_card_visa_chargeDeclined": "generic_decline",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_chargeDeclinedExpiredCard": "expired_card",
    "pm_card_threeDSecure2Required": None,
    "pm_card_authenticationRequired": None,
}
CONFIRMED_UNLESS_SET_UP, CONFIRMED_EACH_TIME = "pm_card_threeDSecure2Required", "pm_card_authenticationRequired"


SHOWN = {"pm_card_mastercard": ("mastercard", "4444"), CONFIRMED_UNLESS_SET_UP: ("visa", "3220")}


class Refused(Exception):
    """An error as Stripe writes it."""

    def __init__(self, status: int, message: str, *, kind: str = "invalid_request_error", **more: Any) -> None:
        super().__init__(message)
        self.status, self.body = status, {"error": {"type": kind, "message": message, **more}}


class Cards:
    """Set-ups and customers by id."""

    def __init__(self) -> None:
        self.set_ups: dict[str, Facts] = {}
        self.customers: dict[str, set[str]] = {}  # the cards of each
        self.once: dict[str, str] = {}  # cards that are good for one use, and what they are like
        self.used: set[str] = set()
        self._numbers = count(1)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):08}"

    def customer(self, given: Facts) -> Facts:
        customer = self.new_id("cus")
        self.customers[customer] = set()
        return {"id": customer, "object": "customer", "metadata": given.get("metadata", {})}

    def set_up(self, given: Facts) -> Facts:
        made = {
            "id": self.new_id("seti"),
            "object": "setup_intent",
            "customer": given["customer"],
            "payment_method": self._card(given["payment_method"]),
            "status": "requires_confirmation",
            "last_setup_error": None,
            "next_action": None,
            "usage": given["usage"],
        }
        self.set_ups[made["id"]] = made
        return made

    def confirm_set_up(self, made: Facts, given: Facts) -> Facts:
        if made["status"] not in ("requires_confirmation", "requires_payment_method"):
            said = f"This SetupIntent's status is {made['status']}."
            raise Refused(400, said, code="setup_intent_unexpected_state", setup_intent=dict(made))
        kind = self._use(made["payment_method"], made["customer"])
        if CARDS[kind]:
            codes = {"code": "card_declined", "decline_code": CARDS[kind]}
            made.update(status="requires_payment_method", last_setup_error={"type": "card_error", **codes})
            raise Refused(402, "Your card was declined.", kind="card_error", **codes)
        if kind in (CONFIRMED_UNLESS_SET_UP, CONFIRMED_EACH_TIME):
            address = {"url": f"https://hooks.stripe.test/confirm/{made['id']}", "return_url": given["return_url"]}
            next_action = {"type": "redirect_to_url", "redirect_to_url": address}
            made.update(status="requires_action", next_action=next_action)
        else:
            self._end_set_up(made, agreed=True)
        return made

    def cancel_set_up(self, made: Facts, given: Facts) -> Facts:
        if made["status"] not in ("requires_confirmation", "requires_payment_method", "requires_action"):
            raise Refused(400, "It has come to an end.", code="setup_intent_unexpected_state", setup_intent=dict(made))
        made["status"] = "canceled"
        return made

    def forget_customer(self, customer: str) -> Facts:
        if customer not in self.customers:
            raise Refused(404, f"No such customer: '{customer}'", code="resource_missing", param="id")
        self.used |= self.customers.pop(customer)
        return {"id": customer, "object": "customer", "deleted": True}

    def shown_card(self, card: str) -> Facts:
        brand, last_four = SHOWN.get(self.once.get(card, card), ("visa", "4242"))
        facts = {"brand": brand, "last4": last_four, "exp_month": 9, "exp_year": 2039}
        return {"id": card, "object": "payment_method", "card": facts}

    def new_card(self, kind: str = "pm_card_visa") -> str:
        """A card as Stripe's form hands it over: good for one use, unless it is set up for a customer."""
        card = self.new_id("pm")
        self.once[card] = kind
        return card

    def _use(self, card: str, customer: str | None) -> str:
        """What kind of card it is; those of `CARDS` are for tests, and good for any number of uses."""
        if card not in self.once:
            return card
        owner = next((each for each, cards in self.customers.items() if card in cards), None)
        if card in self.used and owner is None:
            raise Refused(400, "It was used before without a customer and may not be used again.", param="payment_method")
        if owner not in (None, customer):
            raise Refused(400, "It belongs to a customer, who must be named.", param="payment_method")
        self.used.add(card)
        return self.once[card]

    def _end_set_up(self, made: Facts, *, agreed: bool) -> None:
        made["status"] = "succeeded" if agreed else "requires_payment_method"
        if agreed:
            self.customers[made["customer"]].add(made["payment_method"])
        else:
            made["last_setup_error"] = {"type": "card_error", "code": "setup_intent_authentication_failure"}

    def _is_set_up(self, customer: str | None, card: str) -> bool:
        return customer is not None and card in self.customers[customer]

    def _card(self, token: str) -> str:
        if token not in CARDS and token not in self.once:
            raise Refused(400, f"No such PaymentMethod: '{token}'", code="resource_missing", param="payment_method")
        return token
