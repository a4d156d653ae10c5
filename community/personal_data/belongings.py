"""A member's data in the community: exported in full, and forgotten when the account is erased.

What they wrote, showed and chose is forgotten. What others rely on stays without their name: the ledger, votes that
carried a verdict, trades with the provenance of their pairs.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Case, Q, QuerySet, Value, When

from community.closet.models import Pair, PairPicture
from community.events import hosting
from community.feed.models import Comment, FeedItem, Post, PostPicture
from community.karma.models import KarmaAccount, KarmaEntry
from community.moderation import complaints
from community.moderation.models import Complaint, ModerationAction
from community.people.models import Member
from community.personal_data import names, words_of_others
from community.places.fields import Place
from community.restocks.models import Restock
from community.trades import agreed
from community.trades.finding import trades_of
from community.trades.models import Dispute, PairMove, Rating, Shipment, Trade, TradeItem
from community.trades.offers import reject, withdraw
from community.trades.terms import lock_pairs
from dropshop.core.clock import database_time, iso
from dropshop.core.transactions import after_commit

EVENT = ("id", "title", "text", "starts_at", "ends_at", "time_zone", "venue", "city", "place", "capacity", "cancelled_at")
NOT_HIDDEN = Case(When(hidden=False, then="text"), default=Value(""))
NO_TITLE = "A former member's event"
# What to tell: under which name, where it is found, and which of its columns.
TOLD: dict[str, tuple[Any, tuple[str, ...]]] = {
    "karma": (
        lambda member: KarmaEntry.objects.filter(account__member=member).order_by("pk"),
        ("points", "balance", "transfer__rule", "transfer__source", "transfer__note", "transfer__created_at"),
    ),
    "karma_account": (lambda member: KarmaAccount.objects.filter(member=member), ("balance", "owed")),
    "restocks": (
        lambda member: member.restocks.all(),
        (
            "id",
            "store__name",
            "sneaker__style_code",
            "sizes",
            "price",
            "currency",
            "link",
            "picture",
            "note",
            "status",
            "created_at",
        ),
    ),
    "votes": (lambda member: member.restock_votes.order_by("pk"), ("restock", "kind", "weight", "created_at")),
    "pairs": (
        lambda member: member.pairs.all(),
        (
            *("id", "sneaker__style_code", "size", "condition", "price", "currency", "notes", "folder__name", "visibility"),
            *("for_trade", "purchase", "removed_at", "created_at"),
        ),
    ),
    "pair_pictures": (lambda member: PairPicture.objects.filter(pair__owner=member), ("pair", "image", "alt")),
    "folders": (lambda member: member.folders.all(), ("name",)),
    "wants": (
        lambda member: member.wants.all(),
        ("sneaker__style_code", "sizes", "worst_condition", "highest_price", "currency", "created_at"),
    ),
    "trades": (
        lambda member: Trade.objects.filter(Q(proposer=member) | Q(receiver=member)),
        ("id", "proposer__username", "receiver__username", "status", "message", "created_at", "decided_at", "completed_at"),
    ),
    "pair_moves": (
        lambda member: PairMove.objects.filter(Q(giver=member) | Q(taker=member)).order_by("pk"),
        ("pair", "giver__username", "taker__username", "trade", "created_at"),
    ),
    "trade_pairs": (lambda member: TradeItem.objects.filter(giver=member).order_by("pk"), ("trade", "pair", "terms")),
    "shipments": (
        lambda member: Shipment.objects.filter(sender=member).order_by("pk"),
        ("trade", "due_at", "carrier", "tracking", "sent_at", "received_at"),
    ),
    "disputes": (lambda member: Dispute.objects.filter(opened_by=member).order_by("pk"), ("trade", "reason", "opened_at")),
    "ratings_given": (
        lambda member: Rating.objects.filter(rater=member).order_by("pk"),
        ("trade", "stars", "text", "created_at"),
    ),
    "ratings_received": (
        lambda member: Rating.objects.filter(rated=member).annotate(said=NOT_HIDDEN).order_by("pk"),
        ("trade", "stars", "said", "created_at"),
    ),
    "posts": (lambda member: member.posts.order_by("-created_at"), ("id", "text", "created_at", "edited_at")),
    "post_pictures": (lambda member: PostPicture.objects.filter(post__author=member), ("post", "image", "alt")),
    "comments": (lambda member: member.comments.all(), ("item", "text", "created_at")),
    "likes": (lambda member: member.likes.order_by("pk"), ("item", "created_at")),
    "follows": (
        lambda member: member.follows.order_by("pk"),
        ("member__username", "store__name", "sneaker__style_code", "size", "created_at"),
    ),
    "blocks": (lambda member: member.blocks.order_by("pk"), ("blocked__username", "created_at")),
    "mutes": (lambda member: member.mutes.order_by("pk"), ("muted__username", "created_at")),
    "events": (lambda member: member.events.all(), EVENT),
    "attendances": (lambda member: member.attendances.order_by("pk"), ("event", "status", "since")),
    "complaints": (lambda member: member.complaints.all(), ("reason", "text", "created_at", "closed_at")),
    # What staff decided about them and theirs; who complained is not told.
    "decisions": (
        lambda member: ModerationAction.objects.filter(complaints.owned_by(member)),
        ("action", "reason", "created_at"),
    ),
    "silenced": (lambda member: Member.objects.filter(pk=member.pk).exclude(silenced_until=None), ("silenced_until",)),
    "notices": (lambda member: member.notices.all(), ("kind", "text", "url", "created_at", "read_at")),
    "sightings": (lambda member: member.sightings.order_by("pk"), ("kind", "first_at", "last_at")),
}


def told(member: Member) -> dict[str, list[dict[str, Any]]]:
    """Everything of the community that is this member's, one statement per kind."""
    return {name: list(_rows(found(member), columns)) for name, (found, columns) in TOLD.items()}


def _rows(found: QuerySet, columns: tuple[str, ...]) -> Iterable[dict[str, Any]]:
    for row in found.values(*columns):
        yield {name.replace("__", "_"): _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return iso(value)
        case UUID() | Place():
            return str(value)
    return value


def lock_circle(member: Member) -> None:
    """Locks the rows of the member and of all who have traded with them, whose notices change: of two who leave at once, and
    have traded, one waits for the other here.
    """
    sides = {pk for two in trades_of(member).values_list("proposer", "receiver") for pk in two}
    list(Member.objects.select_for_update(no_key=True).filter(pk__in={member.pk, *sides}).order_by("pk").values_list("pk"))


def forget(member: Member) -> None:
    """Deletes what the member wrote, showed and chose; part of the transaction that erases them.

    Their pictures' files go when it commits. The member's row is locked; then their folders and pairs in the order in which a
    closet is changed, and pairs before trades as everywhere: whoever makes them an offer meanwhile finds the pairs gone, or has
    made it, and it ends here.
    """
    list(member.folders.select_for_update().order_by("pk").values_list("pk"))
    given = TradeItem.objects.filter(giver=member)
    pairs = {*Pair.objects.filter(owner=member).values_list("pk", flat=True), *given.values_list("pair", flat=True)}
    lock_pairs(pairs)
    for trade in trades_of(member).filter(status=Trade.Status.PENDING).order_by("pk"):
        (withdraw if trade.proposer_id == member.pk else reject)(trade.pk, by=member)
    pictures: list[Any] = [
        *PairPicture.objects.filter(pair__owner=member),
        *PostPicture.objects.filter(post__author=member),
    ]
    files = {picture.image.name for picture in pictures} | agreed.files_of(given)
    files |= {report.picture.name for report in member.restocks.exclude(picture="")}
    for picture in pictures:
        picture.delete()
    agreed.forget(given)
    # Photographs go on with a traded pair, and who described one is not written down: better none than theirs.
    PairPicture.objects.filter(pair__moves__giver=member).update(alt="")
    Restock.objects.filter(reporter=member).update(note="", link="", picture="")
    mine = Pair.objects.filter(owner=member)
    mine.update(notes="", price=None, visibility="private", for_trade=False, folder=None)
    mine.filter(promised_in=None).update(removed_at=database_time())
    FeedItem.objects.filter(author=member, kind=FeedItem.Kind.POST).update(hidden=True)
    Post.objects.filter(author=member).update(text="")
    Comment.objects.filter(author=member).update(text="", hidden=True)
    Trade.objects.filter(proposer=member).update(message="")
    Shipment.objects.filter(sender=member).update(carrier="", tracking="")
    Dispute.objects.filter(opened_by=member).update(reason="")
    Rating.objects.filter(rater=member).update(text="")
    Complaint.objects.filter(by=member).update(text="")
    words_of_others.forget(member)
    hosting.forget(member)
    for event in member.events.all():
        where = Place(round(event.place.latitude), round(event.place.longitude))  # it may have been their home
        member.events.filter(pk=event.pk).update(title=NO_TITLE, text="", venue="", city="", place=where)
    for kept in ("folders", "wants", "likes", "follows", "followers", "blocks", "blocked_by", "mutes", "notices", "sightings"):
        getattr(member, kept).all().delete()
    Member.objects.filter(pk=member.pk).update(bio="", geohash="")
    names.remove_names(member)
    for file in agreed.unused(files, pairs):
        after_commit(default_storage.delete, file)
