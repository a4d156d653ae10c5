"""What shoppers and staff are told of refunds, in the transaction of what happened."""

from django.contrib.auth import get_user_model
from django.urls import reverse

from drops.labels import size_in_sentence
from dropshop.core import live
from dropshop.core.outbox.write import write_to_member
from dropshop.core.transactions import after_commit
from reservations.payments import news
from reservations.purchases.models import Purchase
from reservations.refunds.models import Refund

MAY_REFUND = "reservations.refund"


def write_sent(order: Purchase, refund: Refund) -> None:
    """The bank has accepted it."""
    _write(order, refund, "refund")


def write_failed(order: Purchase, refund: Refund) -> None:
    """It did not arrive, though the shopper was told that it is on its way."""
    _write(order, refund, "refund_failed")


def tell_staff(order: Purchase, refund: Refund) -> None:
    """Everybody who may give money back: this refund needs another way, and nothing more happens by itself."""
    text = f"{refund.money} for {order.number} did not reach the shopper. {refund.note}"
    address = reverse("admin:reservations_refund_change", args=[refund.pk])
    told = []
    for member in get_user_model().objects.filter(is_staff=True, is_active=True):
        if member.has_perm(MAY_REFUND):
            facts = news.write_down.value(member.pk, "staff-refund", cause=f"refund:{refund.pk}", text=text, url=address)
            told += [] if facts is None else [{"type": "notification", "to": str(member.pk), **facts}]
    after_commit(live.publish, *told)


def _write(order: Purchase, refund: Refund, kind: str) -> None:
    write_to_member(
        order.member_id,
        kind,
        refund.key,
        amount=str(refund.money),
        number=order.number,
        title=order.drop.title,
        size=size_in_sentence(order.size.label),
        path=order.get_absolute_url(),
    )
