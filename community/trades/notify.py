"""The notices of a trade: to its two sides, and to the staff who decide about trades."""

from collections.abc import Iterable
from uuid import UUID

from community.notifications import notices
from community.people.models import Member
from community.trades.models import Dispute, Shipment, Trade


def notify_members(trade: Trade, members: Iterable[UUID], kind: str, text: str, *, about: Shipment | None = None) -> None:
    """A notice for these members, given by their ids; each is told once per kind of the trade, or of its shipment `about`."""
    cause = f"trade:{trade.pk}" + (f":{about.pk}" if about else "")
    notices.notify(members, kind, cause=cause, text=text, url=trade.get_absolute_url())


def notify_staff(trade: Trade, kind: str, text: str, *, about: Shipment | Dispute) -> None:
    """A notice for everybody who decides about trades."""
    staff = Member.objects.filter(is_staff=True, is_active=True)
    deciding = [member.pk for member in staff if member.has_perm("community.resolve_dispute")]
    address = f"/admin/community/trade/{trade.pk}/change/"
    notices.notify(deciding, f"staff-{kind}", cause=f"{kind}:{about.pk}", text=text, url=address)
