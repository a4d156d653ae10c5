"""The payment provider's own list beside the shop's books: what the one has and the other has not."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, Sum

from dropshop.core.money import Money
from reservations.models import Payment, Refund
from reservations.payments.gateways import ListingGateway, TakenPayment

Status = Refund.Status


def differences(bank: ListingGateway, since: datetime) -> Iterator[str]:
    """A sentence for each payment begun since then that the two tell of in different ways.

    What is under way is none: a payment that is not settled here yet, and a refund that the bank may have given already.
    """
    listed = {taken.reference: taken for taken in bank.taken_since(since)}
    concerned = Payment.objects.filter(Q(authorisation__in=listed) | Q(created_at__gte=since, status="captured"))
    ours = {payment.authorisation: payment for payment in concerned.defer("address")}
    for reference in sorted(listed.keys() | ours.keys()):
        if said := _difference(listed.get(reference), ours.get(reference)):
            yield f"{reference}: {said}"


def _difference(taken: TakenPayment | None, payment: Payment | None) -> str:
    if payment is None or payment.status not in (*Payment.OPEN, Payment.Status.CAPTURED):
        return f"the provider has taken {taken.captured}, and the shop has no captured payment" if taken else ""
    if payment.status != Payment.Status.CAPTURED:
        return ""
    if taken is None:
        return f"{payment.money} is captured in the shop, and the provider has taken nothing"
    if taken.captured != payment.money:
        return f"the provider has taken {taken.captured}, and the shop has captured {payment.money}"
    sent, promised = _given_back(payment)
    if taken.refunded.currency == payment.currency and sent.minor <= taken.refunded.minor <= promised.minor:
        return ""
    return f"the provider has refunded {taken.refunded}, and the shop {sent}"


def _given_back(payment: Payment) -> tuple[Money, Money]:
    """What the bank has given back as the shop knows it, and with what it was asked for and may have given."""
    refunds = Refund.objects.filter(purchase__reservation=payment.reservation_id).order_by()
    sums = dict(refunds.values_list("status").annotate(minor=Sum("amount")))
    sent = sums.get(Status.SENT, 0)
    return Money(sent, payment.currency), Money(sent + sums.get(Status.APPROVED, 0), payment.currency)
