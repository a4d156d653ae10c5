"""What staff read of holds, purchases, payments and the ledger. Nothing there can be written: operations do that."""

from reservations.holds.admin import ReservationAdmin
from reservations.payments.admin import PaymentAdmin
from reservations.payments.ledger.admin import LedgerTransferAdmin
from reservations.purchases.admin import PurchaseAdmin

__all__ = ["LedgerTransferAdmin", "PaymentAdmin", "PurchaseAdmin", "ReservationAdmin"]
