"""How long this app keeps what it writes down (`dropshop.core.retention`). Purchases and the ledger stay (M4, M5)."""

from datetime import timedelta

from django.conf import settings

from dropshop.core.retention import RetentionRule
from reservations.draws.entries import forget_old as forget_entries
from reservations.holds import origins
from reservations.idempotency import keys
from reservations.orders.forget import forget_addresses_of_payments, forget_old_addresses
from reservations.payment_methods.saved import forget_declined
from reservations.payments.events import handle
from reservations.queue import forget as queues
from reservations.requests import visitors
from reservations.requests.forget import forget_addresses
from reservations.withdrawals.settle import forget_late_receipts

RULES = {
    "idempotency keys": RetentionRule(
        what="what was answered to an Idempotency-Key",
        since="the request came",
        kept=lambda: timedelta(hours=settings.IDEMPOTENCY_HOURS),
        forget=keys.forget_old,
    ),
    "origins of holds": RetentionRule(
        what="from where holds were made, as keyed hashes",
        since="the hold was made",
        kept=lambda: timedelta(days=settings.HOLD_MARKS_DAYS),
        forget=origins.forget_old,
    ),
    "addresses of orders": RetentionRule(
        what="the recipient and the address of an order; the country stays",
        since="it was delivered, or came to another end",
        kept=lambda: timedelta(days=settings.ORDER_ADDRESS_DAYS),
        forget=forget_old_addresses,
    ),
    "addresses of payments": RetentionRule(
        what="the address that a payment was begun with; an order has its own",
        since="nothing was left to do about it",
        kept=lambda: timedelta(days=1),
        forget=forget_addresses_of_payments,
    ),
    "addresses of purchase requests": RetentionRule(
        what="the address of a purchase request, and from where it was filed, as keyed hashes",
        since="it ended",
        kept=lambda: timedelta(days=1),
        forget=forget_addresses,
    ),
    "people at the page": RetentionRule(
        what="who was at the page of a drop when it started",
        since="their pass ran out",
        kept=lambda: timedelta(days=1),
        forget=visitors.forget_old,
    ),
    "receipts of those who left": RetentionRule(
        what="the receipt of a withdrawal by a member who is erased",
        since="it was sent, and the withdrawal is settled",
        kept=lambda: timedelta(0),
        forget=forget_late_receipts,
    ),
    "addresses of draw entries": RetentionRule(
        what="address and card of an entry in a draw; mark and rank stay",
        since="the draw was over",
        kept=lambda: timedelta(days=30),
        forget=forget_entries,
    ),
    "declined cards": RetentionRule(
        what="cards that were to be saved, and that the bank declined",
        since="they were entered",
        kept=lambda: timedelta(hours=settings.IDEMPOTENCY_HOURS),
        forget=forget_declined,
    ),
    "places in queues": RetentionRule(
        what="who stood where in a drop's queue, and which sizes they wanted",
        since="the drop was over",
        kept=lambda: queues.KEPT,
        forget=queues.forget_old,
    ),
    "provider events": RetentionRule(
        what="events of the payment provider",
        since="they were handled, or set aside",
        kept=lambda: timedelta(days=settings.PAYMENT_EVENT_DAYS),
        forget=handle.forget_old,
    ),
}
