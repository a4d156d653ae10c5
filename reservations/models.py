"""Who gets a pair: holds, sales, and the money that moves with them."""

from reservations.holds.models import Reservation, SweeperRun
from reservations.idempotency.models import IdempotencyKey
from reservations.orders.models import OrderMove
from reservations.payments.ledger.models import LedgerAccount, LedgerEntry, LedgerTransfer
from reservations.payments.models import Payment
from reservations.payments.test_bank.models import TestCharge
from reservations.purchases.models import Purchase

__all__ = [
    "IdempotencyKey",
    "LedgerAccount",
    "LedgerEntry",
    "LedgerTransfer",
    "OrderMove",
    "Payment",
    "Purchase",
    "Reservation",
    "SweeperRun",
    "TestCharge",
]
