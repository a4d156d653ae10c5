"""How much of a payment is promised back, or was taken back: never more than was captured, however many ask at once.

The caller has locked the order. The database refuses the rest itself (`payment_money_back_within_capture`).
"""

from dropshop.core.sql import rows
from reservations.payments.models import Payment

MOVE = """
UPDATE {payment} SET refunded = refunded + %(refunded)s, charged_back = charged_back + %(charged_back)s
 WHERE id = %(id)s AND status = 'captured' AND refunded + %(refunded)s + charged_back + %(charged_back)s <= amount
RETURNING refunded, charged_back
"""


def move(payment: Payment, *, refunded: int = 0, charged_back: int = 0) -> bool:
    """Adds minor units to what is promised back, or was charged back; below zero takes them away.

    False, and nothing is changed, where less is left of what was captured.
    """
    moved = rows(MOVE, id=payment.pk, refunded=refunded, charged_back=charged_back)
    if moved:
        ((payment.refunded, payment.charged_back),) = moved
    return bool(moved)
