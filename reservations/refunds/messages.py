"""What shoppers and staff are told of refunds, in the transaction of what happened."""

from django.contrib.auth import get_user_model
from django.urls import reverse

from drops.labels import size_in_sentence
from dropshop.core import live
from dropshop.core.outbox.write import write_to_member
from dropshop.core.transactions import after_commit
from reservations.payments import news
from reservations.purchases.models import Purchase
from reservations.refunds.models import Chargeback, Refund

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
    _tell_staff(text, reverse("admin:reservations_refund_change", args=[refund.pk]), cause=f"refund:{refund.pk}")


def tell_staff_of_chargeback(order: Purchase, chargeback: Chargeback) -> None:
    """The same of what a bank has taken in another currency: the books do not have it."""
    text = (
        f"A bank has taken {chargeback.money} back for {order.number}, which was paid in {order.currency}. It is not booked: "
        "look at the provider how much that is."
    )
    _tell_staff(text, reverse("admin:reservations_chargeback_change", args=[chargeback.pk]), cause=chargeback.cause)


def _tell_staff(text: str, address: str, *, cause: str) -> None:
    told = []
    for member in get_user_model().objects.filter(is_staff=True, is_active=True):
        if member.has_perm(MAY_REFUND):
            facts = news.write_down.value(member.pk, "staff-refund", cause=cause, text=text, url=address)
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
