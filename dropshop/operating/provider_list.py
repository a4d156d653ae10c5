"""The payment provider's own list beside the shop's books: what the one has and the other has not."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, Sum

from dropshop.core.money import Money
from reservations.models import Chargeback, Payment, Refund
from reservations.payments.gateways import ListedPayment, ListingGateway

Status = Refund.Status


class Comparison:
    """What was begun, given back or taken back since a moment. `foreign`: payments at the provider that name none of a shop's,
    once `differences` has ended; where others use the same account, those are theirs.
    """

    def __init__(self, bank: ListingGateway, since: datetime) -> None:
        self.bank, self.since, self.foreign = bank, since, 0

    def differences(self) -> Iterator[str]:
        """A sentence for each payment of which the two tell in different ways. Raises GatewayTimeout and ListTooLong.

        What is under way is none: a payment that is not settled here yet, and a refund that the bank may have given already.
        Both books move on while they are read, so that what differs is looked at again, alone, before it is said.
        """
        listed = {payment.reference: payment for payment in self.bank.listed_since(self.since)}
        ours = self._ours(Q(authorisation__in=listed) | self._concerned())
        for reference in sorted(listed.keys() | ours.keys()):
            if _difference(listed.get(reference), ours.get(reference)) and (said := self._still(reference)):
                yield f"{reference}: {said}"

    def _still(self, reference: str) -> str:
        listed, payment = self.bank.listed(reference), self._ours(Q(authorisation=reference)).get(reference)
        said = _difference(listed, payment)
        if said and payment is None and listed is not None and not listed.key:
            self.foreign += 1
            return ""
        return said

    def _concerned(self) -> Q:
        """Ours of which the provider should have something to tell, whether or not its list does."""
        order = "reservation__purchase__"
        moved = Q(**{f"{order}refunds__settled_at__gte": self.since}) | Q(
            **{f"{order}chargebacks__created_at__gte": self.since}
        )
        return Q(status=Payment.Status.CAPTURED) & (Q(created_at__gte=self.since) | moved)

    def _ours(self, which: Q) -> dict[str, Payment]:
        found = Payment.objects.filter(which).exclude(authorisation="").defer("address").order_by().distinct()
        return {payment.authorisation: payment for payment in found}


def _difference(listed: ListedPayment | None, payment: Payment | None) -> str:
    if payment is not None and (payment.status in Payment.OPEN or payment.settled_at is None):
        return ""
    if payment is None or payment.status != Payment.Status.CAPTURED:
        return _unwanted(listed) if listed else ""
    if listed is None or not listed.captured.minor:
        return f"{payment.money} is captured in the shop, and the provider has taken nothing"
    if listed.captured != payment.money:
        return f"the provider has taken {listed.captured}, and the shop has captured {payment.money}"
    return _difference_of_money_back(listed, payment)


def _unwanted(listed: ListedPayment) -> str:
    if listed.captured.minor:
        return f"the provider has taken {listed.captured}, and the shop has no captured payment"
    return (
        f"the provider has set {listed.set_aside} aside, and no payment of the shop wants it" if listed.set_aside.minor else ""
    )


def _difference_of_money_back(listed: ListedPayment, payment: Payment) -> str:
    refunds = Refund.objects.filter(purchase__reservation=payment.reservation_id).order_by()
    chargebacks = Chargeback.objects.filter(purchase__reservation=payment.reservation_id).order_by()
    sums = dict(refunds.values_list("status").annotate(minor=Sum("amount")))
    sent = sums.get(Status.SENT, 0) + sums.get(Status.ABOVE, 0)
    if not sent <= listed.refunded.minor <= sent + sums.get(Status.APPROVED, 0):
        return f"the provider has refunded {listed.refunded}, and the shop {Money(sent, payment.currency)}"
    taken = chargebacks.filter(status__in=(Chargeback.Status.TAKEN, Chargeback.Status.ABOVE))
    lost = taken.aggregate(minor=Sum("amount"))["minor"] or 0
    if lost != listed.charged_back.minor:
        known = Money(lost, payment.currency)
        return f"shoppers' banks have taken {listed.charged_back} back at the provider, and {known} in the shop"
    return ""
