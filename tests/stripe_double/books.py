"""What Stripe keeps and refuses, as far as the shop asks: https://docs.stripe.com/api and https://docs.stripe.com/testing."""

from collections.abc import Callable, Iterable
from time import time

from tests.stripe_double.cards import CARDS, CONFIRMED_EACH_TIME, CONFIRMED_UNLESS_SET_UP, Cards, Facts, Refused

CURRENCIES = {"usd", "eur", "gbp", "jpy", "kwd", "isk", "ugx", "mga", "idr"}
CAN_BE_CANCELED = {"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture", "processing"}


EXPANDABLE = ("latest_charge", "balance_transaction", "failure_balance_transaction")


def shown(thing: Facts, expand: Iterable[str] = ()) -> Facts:
    """As Stripe answers: of what can be expanded the id alone, but where the whole is asked for (`latest_charge.…`)."""
    found = dict(thing)
    for name in EXPANDABLE:
        below = [path.partition(".")[2] for path in expand if path.partition(".")[0] == name]
        if isinstance(found.get(name), dict):
            found[name] = shown(found[name], below) if below else found[name]["id"]
    return found


class Books(Cards):
    """Intents, set-ups, customers and refunds by id; and an event for each thing that happened, oldest first."""

    def __init__(self) -> None:
        super().__init__()
        self.intents: dict[str, Facts] = {}
        self.refunds: dict[str, Facts] = {}
        self.disputes: dict[str, Facts] = {}
        self.events: list[Facts] = []
        # What Stripe keeps of so much: sum and currency; None where it is not known yet.
        self.fee: Callable[[int, str], tuple[int, str] | None] = lambda amount, currency: (amount * 29 // 1000 + 30, currency)
        self.least = {"usd": 50, "jpy": 50}
        self.refund_fee, self.refund_status, self.settled_in = 0, "succeeded", "usd"

    def note(self, kind: str, thing: Facts) -> None:
        """An event; it holds the thing as it was then."""
        event = {"id": self.new_id("evt"), "object": "event", "type": kind, "data": {"object": shown(thing)}}
        self.events.append(
            {**event, "created": 1_700_000_000 + len(self.events), "livemode": False, "api_version": "2026-10-28.endive"}
        )

    # -- Payments

    def create(self, given: Facts) -> Facts:
        if "payment_method_types" in given:
            raise Refused(400, "No longer supported.", code="payment_method_types_no_longer_supported")
        amount, currency = int(given["amount"]), given["currency"]
        if currency not in CURRENCIES:
            raise Refused(400, f"Invalid currency: {currency}.", param="currency")
        if amount < self.least.get(currency, 1):
            raise Refused(400, "Amount must convert to at least 50 cents.", code="amount_too_small", param="amount")
        if amount >= 10 ** {"inr": 9, "cop": 10, "huf": 10, "jpy": 10, "lbp": 11, "idr": 12}.get(currency, 8):
            raise Refused(400, "Amount must be no more than $999,999.99.", code="amount_too_large", param="amount")
        if (currency == "kwd" and amount % 10) or (currency in {"isk", "ugx"} and amount % 100):
            raise Refused(400, "Invalid amount for this currency.", param="amount")
        if given.get("customer", None) not in {None, *self.customers}:
            raise Refused(400, "No such customer.", code="resource_missing", param="customer")
        intent = {
            "customer": given.get("customer"),
            "setup_future_usage": given.get("setup_future_usage"),
            "id": self.new_id("pi"),
            "object": "payment_intent",
            "amount": amount,
            "amount_received": 0,
            "amount_capturable": 0,
            "created": int(time()),
            "currency": currency,
            "capture_method": given.get("capture_method", "automatic"),
            "metadata": given.get("metadata", {}),
            "payment_method": None,
            "status": "requires_payment_method",
            "next_action": None,
            "last_payment_error": None,
            "latest_charge": None,
        }
        self.intents[intent["id"]] = intent
        return intent

    def confirm(self, intent: Facts, given: Facts) -> Facts:
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            raise self._unexpected(intent)
        card = self._card(given["payment_method"])
        intent["payment_method"] = card
        kind = self._use(card, intent["customer"])
        if CARDS[kind]:
            self._fail(intent, code="card_declined", decline_code=CARDS[kind])
            raise Refused(402, "Your card was declined.", kind="card_error", **self._of(intent))
        asks = kind == CONFIRMED_EACH_TIME or (
            kind == CONFIRMED_UNLESS_SET_UP and not self._is_set_up(intent["customer"], card)
        )
        if asks and given.get("off_session") == "true":
            self._fail(intent, code="authentication_required", decline_code="authentication_required")
            raise Refused(402, "Your card was declined.", kind="card_error", **self._of(intent))
        if asks:
            address = {"url": f"https://hooks.stripe.test/confirm/{intent['id']}", "return_url": given["return_url"]}
            intent.update(status="requires_action", next_action={"type": "redirect_to_url", "redirect_to_url": address})
            self.note("payment_intent.requires_action", intent)
            return intent
        return self._set_aside(intent)

    def answer(self, intent: Facts, *, agreed: bool) -> None:
        """The shopper's, on the bank's page."""
        if intent["status"] != "requires_action":
            return
        intent["next_action"] = None
        if intent["object"] == "setup_intent":
            self._end_set_up(intent, agreed=agreed)
        elif agreed:
            self._set_aside(intent)
        else:
            self._fail(intent, code="payment_intent_authentication_failure")

    def capture(self, intent: Facts, given: Facts) -> Facts:
        amount = int(given.get("amount_to_capture", intent["amount"]))
        if intent["status"] != "requires_capture":
            raise self._unexpected(intent)
        if amount > intent["amount"]:
            raise Refused(400, "More than is set aside.", code="amount_too_large", param="amount_to_capture")
        intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
        intent["latest_charge"]["balance_transaction"] = self._transaction(*(self.fee(amount, intent["currency"]) or ()))
        self.note("payment_intent.succeeded", intent)
        return intent

    def book_late(self, intent: Facts) -> None:
        """The fee that was not known at the capture."""
        fee = self.fee(intent["amount_received"], intent["currency"])
        intent["latest_charge"]["balance_transaction"] = self._transaction(*(fee or ()))

    def _transaction(self, fee: int | None = None, currency: str = "usd") -> Facts | None:
        made = {"id": self.new_id("txn"), "object": "balance_transaction", "fee": fee, "currency": currency}
        return None if fee is None else made

    def cancel(self, intent: Facts, given: Facts) -> Facts:
        if intent["status"] not in CAN_BE_CANCELED:
            raise self._unexpected(intent)
        intent.update(status="canceled", amount_capturable=0)
        self.note("payment_intent.canceled", intent)
        return intent

    def refund(self, given: Facts) -> Facts:
        intent = self.intents[given["payment_intent"]]
        if intent.get("disputed"):
            raise Refused(400, "This charge has been charged back.", code="charge_disputed")
        amount, left = int(given["amount"]), intent["amount_received"] - self.refunded(intent["id"])
        if amount > left:
            code = {} if left else {"code": "charge_already_refunded"}
            raise Refused(400, f"Refund amount ({amount}) is greater than what is left ({left}).", param="amount", **code)
        refund = {
            "id": self.new_id("re"),
            "object": "refund",
            "created": int(time()),
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": given.get("metadata", {}),
            "status": self.refund_status,
            "failure_balance_transaction": None,
            "balance_transaction": self._transaction(self.refund_fee, intent["currency"]),
        }
        self.refunds[refund["id"]] = refund
        self.note("refund.created", refund)
        return refund

    def refunded(self, intent: str) -> int:
        given = [refund for refund in self.refunds.values() if refund["payment_intent"] == intent]
        return sum(refund["amount"] for refund in given if refund["status"] not in ("failed", "canceled"))

    def fail_refund(self, refund: Facts, status: str = "failed") -> None:
        """The shopper's bank sends it back: https://docs.stripe.com/refunds#failed-refunds."""
        refund.update(
            status=status, failure_reason="expired_or_canceled_card", failure_balance_transaction=self._transaction(0)
        )
        for kind in ("refund.failed", "refund.updated", "charge.refund.updated"):
            self.note(kind, refund)

    def dispute(
        self, intent: str, amount: int, status: str = "needs_response", *, fee: int | None = None, currency: str = ""
    ) -> Facts:
        """The shopper's bank takes so much back, in the currency of the charge or its own."""
        dispute = {
            "id": self.new_id("dp"),
            "object": "dispute",
            "created": int(time()),
            "amount": amount,
            "currency": currency or self.intents[intent]["currency"],
            "payment_intent": intent,
            "metadata": {},
            "status": status,
            "balance_transactions": [] if fee is None else [self._transaction(fee, self.settled_in)],
        }
        self.disputes[dispute["id"]] = dispute
        self.note("charge.dispute.created", dispute)
        return dispute

    def withdraw_funds(self, dispute: Facts, amount: int, currency: str) -> None:
        """The account loses so much by it, in the currency in which it is settled."""
        dispute["balance_transactions"].append({**(self._transaction(0, currency) or {}), "amount": -amount})
        self.note("charge.dispute.funds_withdrawn", dispute)

    def close_dispute(self, dispute: Facts, status: str, *, fee: int | None = None) -> None:
        dispute["status"] = status
        if fee is not None:
            dispute["balance_transactions"].append(self._transaction(fee, self.settled_in))
        self.note("charge.dispute.closed", dispute)

    def _set_aside(self, intent: Facts) -> Facts:
        charge = {"id": self.new_id("ch"), "object": "charge", "balance_transaction": None}
        intent.update(
            status="requires_capture", amount_capturable=intent["amount"], last_payment_error=None, latest_charge=charge
        )
        if intent["setup_future_usage"]:
            self.customers[intent["customer"]].add(intent["payment_method"])
        self.note("payment_intent.amount_capturable_updated", intent)
        return intent

    def _fail(self, intent: Facts, **codes: str) -> None:
        error = {"type": "card_error", "message": "Not paid.", **codes}
        intent.update(status="requires_payment_method", last_payment_error=error)
        self.note("payment_intent.payment_failed", intent)

    def _of(self, intent: Facts) -> Facts:
        error = intent["last_payment_error"]
        return {name: error[name] for name in ("code", "decline_code") if name in error} | {"payment_intent": dict(intent)}

    def _unexpected(self, intent: Facts) -> Refused:
        said = f"This PaymentIntent's status is {intent['status']}."
        return Refused(400, said, code="payment_intent_unexpected_state", payment_intent=dict(intent))
