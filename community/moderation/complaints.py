"""Members report content to the moderators; its owner never learns who reported it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from community.closet.models import Pair
from community.events.facts import visible_to
from community.events.models import Event
from community.feed import comments, items
from community.feed.models import Comment, FeedItem
from community.moderation.models import Complaint
from community.people import relations
from community.people.models import Member
from community.restocks.models import Restock
from community.trades.models import PairMove, Rating
from dropshop.core.errors import Invalid, NotFound
from dropshop.core.text import clean_text
from dropshop.core.transactions import retrying

COMPLAINT_MAX_LENGTH = 500  # characters
KINDS: dict[type, str] = {
    FeedItem: "item",
    Comment: "comment",
    Restock: "restock",
    Pair: "pair",
    Event: "event",
    Rating: "rating",
    Member: "person",
}
OWNERS = ("item__author", "comment__author", "restock__reporter", "pair__owner", "event__host", "rating__rater", "person")


@retrying
def file_complaint(by: Member, about: Any, reason: str, text: str = "") -> Complaint:
    """The complaint, with what the thing says now; the open one where this member has complained of it before.

    Raises Invalid about an unknown `reason`, and for one's own.
    """
    if reason not in Complaint.Reason.values:
        raise Invalid(errors={"reason": ["Choose a reason."]})
    text, about = clean_text(text, limit=COMPLAINT_MAX_LENGTH, required=False), the_thing(about)
    owner = owner_of(about)
    if owner is not None and owner.pk == by.pk:
        raise Invalid("That is yours; you can edit or delete it.")
    target = {kind_of(about): about}
    with transaction.atomic():
        wanted = Complaint(by=by, reason=reason, text=text, quote=words_of(about)[:2000], **target)
        Complaint.objects.bulk_create([wanted], ignore_conflicts=True)
        return Complaint.objects.get(by=by, closed_at=None, **target)


def complaints_about(member: Member) -> QuerySet[Complaint]:
    """What anybody complained of that is this member's."""
    return Complaint.objects.filter(owned_by(member))


def owned_by(member: Member) -> Q:
    """The complaints, and the decisions, that are about something of this member's."""
    return Q(*((owner, member.pk) for owner in OWNERS), _connector=Q.OR)


def telling_of(member: Member) -> Q:
    """The complaints, and the decisions, whose words may be about this member: also those about a rating that they got, and
    about a pair that they have given away since.
    """
    traded = PairMove.objects.filter(pair=OuterRef("pair"), giver=member.pk, created_at__gte=OuterRef("created_at"))
    return owned_by(member) | Q(rating__rated=member.pk) | Q(Exists(traded))


def find(kind: str, pk: UUID, *, viewer: Any) -> Any:
    """The thing of this kind, as far as the viewer may see it; raises NotFound."""
    if kind not in FOUND:
        raise NotFound
    thing = FOUND[kind](pk, viewer)
    if thing is None:
        raise NotFound
    return the_thing(thing)


def the_thing(about: Any) -> Any:
    """What is complained of and decided about: of a line of the feed about a report, the report itself, and so one thing."""
    return about.restock if isinstance(about, FeedItem) and about.restock is not None else about


def kind_of(thing: Any) -> str:
    """What the thing is called among the targets of a complaint."""
    return KINDS[type(thing)]


def owner_of(thing: Any) -> Member | None:
    """Whose it is; None for what the shop itself announced."""
    match thing:
        case FeedItem() | Comment():
            return thing.author
        case Restock():
            return thing.reporter
        case Pair():
            return thing.owner
        case Event():
            return thing.host
        case Rating():
            return thing.rater
    owner: Member = thing
    return owner


def words_of(thing: Any) -> str:
    """What its owner wrote there."""
    match thing:
        case FeedItem():
            return items.text_of(thing)
        case Comment() | Rating():
            return thing.text
        case Restock():
            return f"{thing.note} {thing.link}".strip()
        case Pair():
            return thing.notes
        case Event():
            return f"{thing.title}\n{thing.text}".strip()
    return str(thing.bio)


def _pair(pk: UUID, viewer: Any) -> Pair | None:
    open_to = Q(visibility="public") if not viewer.is_authenticated else Q(visibility__in=("public", "members"))
    found = Pair.objects.filter(open_to, pk=pk, removed_at=None, hidden=False).select_related("owner")
    return found.exclude(owner__in=relations.hidden_from(viewer)).first()


def _rating(reference: UUID, viewer: Any) -> Rating | None:
    found = Rating.objects.filter(reference=reference, hidden=False, trade__completed_at__isnull=False).exclude(text="")
    seen = found.exclude(rater__in=relations.hidden_from(viewer)).exclude(rated__in=relations.hidden_from(viewer))
    return seen.select_related("rater", "rated").first()


def _restock(pk: UUID, viewer: Any) -> Restock | None:
    found = Restock.objects.filter(pk=pk, hidden=False).select_related("reporter")
    return found.exclude(reporter__in=relations.hidden_from(viewer)).first()


FOUND: dict[str, Callable[[UUID, Any], Any]] = {
    "item": lambda pk, viewer: items.visible(viewer).filter(pk=pk).select_related("author", "post", "restock").first(),
    "comment": lambda pk, viewer: comments.seen_by(viewer).filter(pk=pk).first(),
    "restock": _restock,
    "pair": _pair,
    "rating": _rating,
    "event": lambda pk, viewer: visible_to(viewer).filter(pk=pk).first(),
    "person": lambda pk, viewer: Member.objects.filter(pk=pk, is_active=True).exclude(blocks__blocked=viewer.pk).first(),
}
