"""What goes of orders when their member, or somebody of staff, is erased."""

from dropshop.core.members import Member
from reservations.orders.models import ExportColumns, OrderMove, RecipientWords
from reservations.orders.moves import lock_orders_of
from reservations.purchases.models import Purchase


def forget(member: Member) -> None:
    """Nobody finds this member's orders by name any more, nothing is said of them in words, and no choice of columns stays."""
    orders = lock_orders_of(member)
    Purchase.objects.filter(pk__in=orders).update(found_by_name=True)
    RecipientWords.objects.filter(purchase__in=orders).delete()
    OrderMove.objects.filter(purchase__in=orders).exclude(note="").update(note="")
    ExportColumns.objects.filter(member=member).delete()
