"""What goes of refunds when their member, or somebody of staff, is erased."""

from dropshop.core.members import Member
from reservations.orders.moves import lock_orders_of
from reservations.refunds.models import Refund


def forget(member: Member) -> None:
    """No reason is left for the refunds of this member's orders, and none that was called off says this member's name."""
    Refund.objects.filter(purchase__in=lock_orders_of(member)).exclude(reason="").update(reason="")
    named = Refund.objects.filter(status=Refund.Status.CALLED_OFF, note=Refund.called_off_by(member.get_username()))
    named.update(note=Refund.called_off_by("a former member"))
