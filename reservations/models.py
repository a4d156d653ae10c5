"""Who gets a pair: holds, sales, and the money that moves with them."""

from reservations.addresses.models import SavedAddress
from reservations.charges.models import ShippingRate, TaxRate
from reservations.draws.models import Draw, DrawAward, DrawEntry, DrawFile, DrawGroup, DrawMove
from reservations.holds.models import Reservation, SweeperRun
from reservations.idempotency.models import IdempotencyKey
from reservations.orders.models import ExportColumns, OrderMove, RecipientWords
from reservations.payment_methods.models import SavedMethod
from reservations.payments.events.models import ProviderEvent
from reservations.payments.ledger.models import LedgerAccount, LedgerEntry, LedgerTransfer
from reservations.payments.models import Payment
from reservations.payments.test_bank.models import TestCharge, TestRefund
from reservations.purchases.models import PickupPlace, Purchase
from reservations.queue.models import DropQueue, QueueDeed, QueuePlace, QueueVerdict
from reservations.refunds.models import Chargeback, Refund
from reservations.requests.models import PageVisitor, PurchaseRequest, RequestMove, RequestRound
from reservations.seeds.models import DropSeed
from reservations.withdrawals.models import Withdrawal

__all__ = [
    "Chargeback",
    "Draw",
    "DrawAward",
    "DrawEntry",
    "DrawFile",
    "DrawGroup",
    "DrawMove",
    "DropQueue",
    "DropSeed",
    "ExportColumns",
    "IdempotencyKey",
    "LedgerAccount",
    "LedgerEntry",
    "LedgerTransfer",
    "OrderMove",
    "PageVisitor",
    "Payment",
    "PickupPlace",
    "ProviderEvent",
    "Purchase",
    "PurchaseRequest",
    "QueueDeed",
    "QueuePlace",
    "QueueVerdict",
    "RecipientWords",
    "Refund",
    "RequestMove",
    "RequestRound",
    "Reservation",
    "SavedAddress",
    "SavedMethod",
    "ShippingRate",
    "SweeperRun",
    "TaxRate",
    "TestCharge",
    "TestRefund",
    "Withdrawal",
]
