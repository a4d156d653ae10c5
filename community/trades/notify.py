"""The notices of a trade: to its two sides, and to the staff who decide about trades."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from community.notifications import notices
from community.notifications.models import Notice
from community.people.models import Member
from community.trades.models import Dispute, Shipment, Trade

PROPOSALS = {"trade-offer", "trade-counter"}


def still_true(notices_of: dict[Notice, UUID], *, hidden: Mapping[UUID, set[UUID]]) -> Collection[Notice]:
    """Of these notices about trades, by their ids, those that may still be told: a proposal while it is open, and by nobody
    whom its member has blocked or muted (`hidden`, by the member's id); of a trade on its way everything."""
    pending = Trade.objects.filter(pk__in=notices_of.values(), status=Trade.Status.PENDING)
    between = {pk: {*both} for pk, *both in pending.values_list("pk", "proposer_id", "receiver_id")}
    return [
        notice
        for notice, pk in notices_of.items()
        if notice.kind not in PROPOSALS or (pk in between and not between[pk] & hidden[notice.member_id])
    ]


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
