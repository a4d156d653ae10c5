"""What goes of orders: at once when their member, or somebody of staff, is erased, and in the end of all that are over.

A purchase is never deleted (M4). Of its address the country stays, by which taxes are reckoned, and the place that handed the
pair out.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, TextField
from django.db.models.functions import Cast

from dropshop.core.members import Member
from dropshop.core.pruning import in_batches
from reservations.orders.models import ExportColumns, OrderMove, RecipientWords
from reservations.orders.moves import lock_orders_of
from reservations.payments.models import Payment
from reservations.purchases.addresses import open_address
from reservations.purchases.models import Purchase

KEPT = ("country", "pickup", "place")  # of an address


def forget(member: Member) -> None:
    """Nobody finds this member's orders by name any more, nothing is said of them in words, and no choice of columns stays.

    Nor does an address of an order that is over. A pair that is still on its way needs it: then it goes with the order's end.
    """
    orders = lock_orders_of(member)
    theirs = Purchase.objects.filter(pk__in=orders)
    theirs.update(found_by_name=True, member_left=True)
    RecipientWords.objects.filter(purchase__in=orders).delete()
    OrderMove.objects.filter(purchase__in=orders).exclude(note="").update(note="")
    _forget_addresses_of(theirs.filter(status__in=Purchase.FINISHED).values_list("pk", flat=True))
    Payment.objects.filter(reservation__member=member, settled_at__isnull=False).update(address=None, place_hash="")
    ExportColumns.objects.filter(member=member).delete()


def forget_with_end(order: Purchase, _: OrderMove) -> None:
    """An order, which is locked, has moved: where that ended it and its member is erased, its address goes."""
    if order.member_left and order.status in Purchase.FINISHED:
        _forget_addresses_of([order.pk])


def forget_old_addresses(before: datetime) -> int:
    """Forgets the addresses of orders that ended before this moment; how many. An order that somebody has locked waits."""
    ended = Purchase.objects.filter(status__in=Purchase.FINISHED, address_forgotten=False, created_at__lt=before)
    moved_since = OrderMove.objects.filter(purchase=OuterRef("pk"), created_at__gte=before)
    return in_batches(ended.exclude(Exists(moved_since)).order_by("created_at"), _forget_addresses_of)


def forget_addresses_of_payments(before: datetime) -> int:
    """Forgets the addresses of payments of which nothing has been left to do since this moment; how many."""
    settled = Payment.objects.filter(settled_at__lt=before, address__isnull=False).order_by("settled_at")
    return in_batches(settled, lambda ids: Payment.objects.filter(pk__in=ids).update(address=None, place_hash=""))


def _forget_addresses_of(ids: Iterable[UUID]) -> None:
    """Of these orders, which are locked, and with them the words by which they are found, and what staff wrote of them."""
    stored = Purchase.objects.filter(pk__in=[*ids], address_forgotten=False).annotate(sealed=Cast("address", TextField()))
    orders = [
        Purchase(pk=pk, address=_left_of(open_address(sealed)), place_hash="", address_forgotten=True, found_by_name=True)
        for pk, sealed in stored.values_list("pk", "sealed")
    ]
    Purchase.objects.bulk_update(orders, ("address", "place_hash", "address_forgotten", "found_by_name"))
    forgotten = [order.pk for order in orders]
    RecipientWords.objects.filter(purchase__in=forgotten).delete()
    OrderMove.objects.filter(purchase__in=forgotten).exclude(note="").update(note="")


def _left_of(address: Mapping[str, str]) -> dict[str, str]:
    return {line: address[line] for line in KEPT if line in address}
