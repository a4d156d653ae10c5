"""What staff read of holds, purchases, payments and the ledger, which only operations write; and the rates that staff write."""

from reservations.charges.admin import ShippingRateAdmin, TaxRateAdmin
from reservations.draws.admin import DrawAdmin
from reservations.holds.admin import ReservationAdmin
from reservations.payments.admin import PaymentAdmin
from reservations.payments.events.admin import ProviderEventAdmin
from reservations.payments.ledger.admin import LedgerTransferAdmin
from reservations.purchases.admin import PickupPlaceAdmin
from reservations.queue.admin import DropQueueAdmin
from reservations.refunds.admin import ChargebackAdmin, RefundAdmin
from reservations.requests.admin import PurchaseRequestAdmin
from reservations.withdrawals.admin import OrderWithdrawalAdmin, WithdrawalAdmin

__all__ = [
    "ChargebackAdmin",
    "DrawAdmin",
    "DropQueueAdmin",
    "LedgerTransferAdmin",
    "OrderWithdrawalAdmin",
    "PaymentAdmin",
    "PickupPlaceAdmin",
    "ProviderEventAdmin",
    "PurchaseRequestAdmin",
    "RefundAdmin",
    "ReservationAdmin",
    "ShippingRateAdmin",
    "TaxRateAdmin",
    "WithdrawalAdmin",
]
