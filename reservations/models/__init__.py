"""Who gets a pair: holds, sales, and the money that moves with them."""

from .idempotency import IdempotencyKey
from .payment import Payment
from .purchase import Purchase
from .reservation import Reservation
from .sweep import SweeperRun
from .testbank import TestCharge

__all__ = ["IdempotencyKey", "Payment", "Purchase", "Reservation", "SweeperRun", "TestCharge"]
