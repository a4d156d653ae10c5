"""A member's name and words in records that the shop keeps for others: notices, and the log of the admin.

Of the ledger of karma and the moderators' trail only the words can be taken away, and only by `words_of_others`.
"""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, Value
from django.db.models.functions import Left, Replace

from community.closet.models import Pair
from community.feed.models import Comment, FeedItem
from community.moderation import complaints
from community.moderation.models import Complaint, ModerationAction
from community.notifications.models import Notice
from community.people.models import Member
from community.trades.models import Dispute, Shipment, Trade

SOMEBODY = "a former member"
CALLED_OFF = "An event you wanted to go to is cancelled: its host has left."


def remove_names(member: Member) -> None:
    """Deletes these records, or removes the name from them. Call it last, when no more notices about the member are written.

    Notices are found by their causes, not by words: a member named “trade” must not change other notices.
    """
    trades = list(Trade.objects.filter(Q(proposer=member) | Q(receiver=member)).values_list("pk", flat=True))
    disputes = list(Dispute.objects.filter(trade__in=trades).values_list("pk", flat=True))
    events = list(member.events.values_list("pk", flat=True))
    named_in = Notice.objects.filter(cause__in=[*_causes_of(trades, disputes), *_causes_of_decisions(member)])
    without = Replace("text", Value(member.username), Value(SOMEBODY))
    named_in.update(
        text=Left(without, Value(Notice._meta.get_field("text").max_length)),
        url=Replace("url", Value(f"/members/{member.username}/"), Value("")),
    )
    Notice.objects.filter(cause__in=_causes_of_words(member)).delete()
    for event in events:
        told = Notice.objects.filter(cause__startswith=f"event:{event}:")
        told.filter(kind="event-cancelled").update(text=CALLED_OFF)
        told.exclude(kind="event-cancelled").delete()
    complained = Complaint.objects.filter(complaints.telling_of(member)).values_list("pk", flat=True)
    _unname(Q(object_id__in=[str(pk) for pk in (member.pk, *trades, *events, *complained)]))
    _unname(Q(content_type=ContentType.objects.get_for_model(Dispute), object_id__in=[str(pk) for pk in disputes]))


def _causes_of(trades: list[Any], disputes: list[Any]) -> list[str]:
    parcels = Shipment.objects.filter(trade__in=trades).values_list("pk", "trade")
    return [
        *(f"trade:{pk}" for pk in trades),
        *(cause for parcel, trade in parcels for cause in (f"trade:{trade}:{parcel}", f"trade-overdue:{parcel}")),
        *(f"trade-dispute:{pk}" for pk in disputes),
    ]


def _causes_of_decisions(member: Member) -> list[str]:
    """Who rated the member was told what moderators decided about that rating, in the moderators' words."""
    decided = ModerationAction.objects.filter(complaints.telling_of(member))
    return [f"moderation:{pk}" for pk in decided.values_list("pk", flat=True)]


def _causes_of_words(member: Member) -> list[str]:
    """What the member wrote or showed: none of it is there any more."""
    mine = (
        ("pair", Pair.objects.filter(Q(owner=member) | Q(moves__giver=member)).distinct()),
        ("item", FeedItem.objects.filter(author=member)),
        ("comment", Comment.objects.filter(author=member)),
    )
    return [f"{name}:{pk}" for name, found in mine for pk in found.values_list("pk", flat=True)]


def _unname(which: Q) -> None:
    LogEntry.objects.filter(which).update(object_repr=SOMEBODY, change_message="")
