"""What staff read of holds, purchases and payments. Nothing there can be written: operations do that."""

from reservations.holds.admin import ReservationAdmin
from reservations.payments.admin import PaymentAdmin
from reservations.purchases.admin import PurchaseAdmin

__all__ = ["PaymentAdmin", "PurchaseAdmin", "ReservationAdmin"]
