"""Money that goes back at Stripe: refunds that the shop asks for, and all that has gone back of a payment."""

from collections.abc import Iterable, Sequence
from typing import Any

import stripe

from dropshop.core.money import Money
from reservations.payments.gateways import MoneyBack, MoneyNotTaken, RefundAboveCapture, RefundRefused
from reservations.payments.stripe.amounts import shop_money, stripe_amount, told_money
from reservations.payments.stripe.connection import StripeConnection, is_replayed
from reservations.payments.stripe.fees import fees_of

FAILED = ("failed", "canceled")


class StripeRefunds(StripeConnection):
    """The part of the gateway that gives money back, and tells what has gone back."""

    def refund(self, reference: str, money: Money, *, key: str) -> str:
        try:
            amount = stripe_amount(money)
        except MoneyNotTaken as error:
            raise RefundRefused(f"it cannot give back {money}") from error
        with self.asking():
            made = self._refund_made(reference, key)
            try:
                made = made or self._make_refund(reference, amount, key)
            except stripe.InvalidRequestError as error:
                if error.code == "charge_already_refunded" or error.param == "amount":
                    raise RefundAboveCapture(error.user_message or "nothing is left of what was captured") from error
                if error.code == "charge_disputed":
                    raise RefundRefused("the shopper's bank has taken the payment back") from error
                raise
        if made.status in FAILED:
            raise RefundRefused(_why(made))
        return made.id

    def _make_refund(self, reference: str, amount: int, key: str) -> stripe.Refund:
        made = self._refunds.create(
            params={"payment_intent": reference, "amount": amount, "metadata": {"key": key}}, options={"idempotency_key": key}
        )
        return self._refunds.retrieve(made.id) if is_replayed(made) else made

    def _refund_made(self, reference: str, key: str) -> stripe.Refund | None:
        """The one refund of this key, failed or not; also after a day, when Stripe has forgotten the idempotency key."""
        made = self._refunds.list(params={"payment_intent": reference, "limit": 100}).auto_paging_iter()
        return next((refund for refund in made if _key(refund) == key), None)

    def money_back(self, reference: str) -> Sequence[MoneyBack]:
        of_it: Any = {"payment_intent": reference, "limit": 100}
        with_fees: Any = {**of_it, "expand": ["data.balance_transaction", "data.failure_balance_transaction"]}
        with self.asking():
            refunds = [*self._refunds.list(params=with_fees).auto_paging_iter()]
            disputes = [*self._disputes.list(params=of_it).auto_paging_iter()]
        return [*map(_refunded, refunds), *map(charged_back, taken_by_banks(disputes))]


def refunds_that_count(refunds: Iterable[Any]) -> list[Any]:
    """Those that give money back, as far as Stripe knows."""
    return [refund for refund in refunds if refund.status not in FAILED]


def taken_by_banks(disputes: Iterable[Any]) -> list[Any]:
    """Those that take money, or took it until they were won: an inquiry ("warning_…") takes none."""
    return [dispute for dispute in disputes if not dispute.status.startswith("warning")]


def _key(refund: stripe.Refund) -> str:
    return str(refund.metadata.to_dict().get("key", "")) if refund.metadata is not None else ""


def _refunded(refund: stripe.Refund) -> MoneyBack:
    money = shop_money(refund.amount, refund.currency)
    has_failed = refund.status in FAILED
    why = _why(refund) if has_failed else ""
    fees = fees_of(getattr(refund, name, None) for name in ("balance_transaction", "failure_balance_transaction"))
    return MoneyBack(refund.id, money, is_ours=has_failed, key=_key(refund), why=why, fees=fees)


def _why(refund: stripe.Refund) -> str:
    said = getattr(refund, "failure_reason", None) or refund.status or ""  # Stripe leaves out what it has nothing to say of
    return said.replace("_", " ")


def charged_back(dispute: Any) -> MoneyBack:
    """A dispute. Its sum is in the charge's currency or in the cardholder's; what left the account, in the account's
    (https://docs.stripe.com/api/disputes/object#dispute_object-balance_transactions).
    """
    moved = getattr(dispute, "balance_transactions", None) or ()
    left = [each for each in moved if getattr(each, "amount", 0) < 0]
    return MoneyBack(
        dispute.id,
        told_money(dispute.amount, dispute.currency),
        is_chargeback=True,
        is_ours=dispute.status == "won",
        fees=fees_of(moved),
        settled=[told_money(-each.amount, each.currency) for each in left],
    )
