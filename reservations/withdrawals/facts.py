"""What the API, the pages and the e-mails say of a withdrawal."""

from typing import Any

from django.conf import settings

from drops.labels import size_in_sentence
from dropshop.core.clock import iso
from reservations.purchases.models import Purchase
from reservations.withdrawals.models import Withdrawal
from reservations.withdrawals.period import send_back_by

GONE = (Purchase.Status.SHIPPED, Purchase.Status.DELIVERED)


def withdrawal_facts(withdrawal: Withdrawal) -> dict[str, Any]:
    """The `withdrawal` of the API."""
    return {
        "id": str(withdrawal.pk),
        "purchase": str(withdrawal.purchase_id),
        "created_at": iso(withdrawal.created_at),
        "deadline": iso(withdrawal.deadline),
        "status": withdrawal.status.value,
    }


def contract(order: Purchase) -> dict[str, Any]:
    """What identifies the contract, and nothing of where its pair goes: strangers see it."""
    return {
        "number": order.number,
        "title": order.drop.title,
        "size": size_in_sentence(order.size.label),
        "price": str(order.money),
    }


def next_steps(withdrawal: Withdrawal) -> dict[str, Any]:
    """What happens now: whether the pair has to come back, until when, where to, and at whose cost."""
    return {
        "comes_back": withdrawal.purchase.status in GONE,
        "send_back_by": send_back_by(withdrawal.created_at),
        "return_address": settings.RETURN_ADDRESS,
        "shopper_pays": settings.RETURN_COSTS == "shopper",
    }
