"""What Stripe keeps: the fee of a balance transaction, in the currency in which the account is settled
(https://docs.stripe.com/api/balance_transactions).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from reservations.payments.gateways import Fee
from reservations.payments.stripe.amounts import told_money
from reservations.payments.stripe.connection import StripeConnection


class StripeFees(StripeConnection):
    """The part of the gateway that tells what Stripe has kept of a payment."""

    def takes_fees(self) -> bool:
        return True

    def fee(self, reference: str) -> Fee | None:
        with self.asking():
            intent = self._intents.retrieve(reference, params={"expand": ["latest_charge.balance_transaction"]})
        charge: Any = intent.latest_charge if intent.status == "succeeded" else None
        # Captured and not booked by Stripe yet: https://docs.stripe.com/payments/payment-intents/asynchronous-capture
        transaction = charge and charge.balance_transaction
        return _fee(transaction) if transaction else None


def fees_of(transactions: Iterable[Any]) -> Sequence[Fee]:
    """Of those balance transactions that came in full."""
    return [_fee(transaction) for transaction in transactions if hasattr(transaction, "fee")]


def _fee(transaction: Any) -> Fee:
    return Fee(transaction.id, told_money(transaction.fee, transaction.currency))
