"""What staff read of holds, purchases, payments and the ledger. Nothing there can be written: operations do that."""

from reservations.holds.admin import ReservationAdmin
from reservations.orders.admin import OrderAdmin
from reservations.payments.admin import PaymentAdmin
from reservations.payments.events.admin import ProviderEventAdmin
from reservations.payments.ledger.admin import LedgerTransferAdmin

__all__ = ["LedgerTransferAdmin", "OrderAdmin", "PaymentAdmin", "ProviderEventAdmin", "ReservationAdmin"]
