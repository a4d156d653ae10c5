"""What others wrote about a member who leaves: deleted where it is about them alone; elsewhere their name is removed.

What staff of the shop wrote about others stays when they leave: it is the shop's own record (K1, S5).
"""

import re
from typing import Any

from django.db.models import F, Func, Q, Value
from django.db.models.functions import Left

from community.closet.models import Pair
from community.events.models import Event
from community.feed.models import Comment, Post
from community.karma.models import KarmaTransfer
from community.moderation import complaints
from community.moderation.models import Complaint, ModerationAction
from community.people.models import Member
from community.personal_data.names import SOMEBODY
from community.restocks.models import Restock
from community.trades.finding import trades_of
from community.trades.models import Dispute, Rating, Trade

# Where members write what others read, and may name each other with an @.
NAMED_IN: tuple[tuple[type[Any], str], ...] = (
    *((Post, "text"), (Comment, "text"), (Event, "text"), (Restock, "note"), (Pair, "notes"), (Member, "bio")),
    *((Rating, "text"), (Complaint, "text"), (Complaint, "quote")),
)


def forget(member: Member) -> None:
    """Deletes it; part of the transaction that erases the member. The ledger and the trail keep everything but the words."""
    Rating.objects.filter(rated=member).update(text="")
    Complaint.objects.filter(complaints.telling_of(member)).update(quote="", text="")
    decided = Dispute.objects.filter(trade__in=trades_of(member)).exclude(resolution="")
    decided.update(reason="", note="")  # of one that is open the words are needed until it is decided
    decisions = ModerationAction.objects.filter(complaints.telling_of(member)).values("pk")
    ModerationAction.objects.filter(pk__in=decisions).exclude(reason="").update(reason="")
    KarmaTransfer.objects.filter(member=member).exclude(note="").update(note="")
    _unname(member)


def _unname(member: Member) -> None:
    """Their name goes from what was written to them or names them with an @; a word that is only spelled like it stays."""
    name = re.escape(member.username)
    mention = rf"(?<![\w/@.+-])@{name}(?![\w+-]|\.\w)"
    for model, field in NAMED_IN:
        _replace(model.objects.all(), field, mention)
    own = rf"(?<![\w.+-])@?{name}(?![\w+-]|\.\w)"
    _replace(Trade.objects.filter(pk__in=trades_of(member).values("pk")), "message", own)
    _replace(Dispute.objects.filter(trade__in=trades_of(member)), "reason", own)


def _replace(rows: Any, field: str, pattern: str) -> None:
    without = Func(F(field), Value(pattern), Value(SOMEBODY), Value("gi"), function="regexp_replace")
    longest = rows.model._meta.get_field(field).max_length  # a name may be shorter than what stands for it
    rows.filter(Q((f"{field}__iregex", pattern))).update(**{field: Left(without, longest)})
