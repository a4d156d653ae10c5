"""The feed: what happened, newest first. Operations announce; pages and API ask for `visible` items and describe
them by `feed_facts`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, prefetch_related_objects

from community.feed import kinds
from community.feed.live import participants
from community.feed.models import Comment, FeedItem, Like
from community.karma import levels
from community.people import relations
from community.people.models import Member
from drops.models import Drop
from dropshop.core.clock import StatementTimestamp, iso
from dropshop.core.errors import NotFound
from dropshop.core.live import publish_on_commit
from dropshop.core.members import Viewer, signed_in

NEWEST = ("-at", "-id")


def add_item(
    kind: str,
    *,
    author: Member | None = None,
    at: datetime | None = None,
    **about: models.Model,
) -> FeedItem:
    """The item about this thing (`about`: the thing by the name of its kind), made and told to every screen that watches the
    feed; the one there is, where it has one.

    `at` is when it happened, where that is not now. Call it inside the operation's transaction.
    """
    with transaction.atomic():
        wanted = FeedItem(kind=kind, author=author, **about, **({"at": at} if at else {}))
        FeedItem.objects.bulk_create([wanted], ignore_conflicts=True)
        item = FeedItem.objects.get(**{kind: about[kind]})
        if item.pk == wanted.pk:
            (facts,) = feed_facts([item])
            del facts["liked"]  # which is each reader's own
            publish_on_commit({"type": "feed-item", **facts, **participants(item)})
    return item


def visible(viewer: Viewer = None) -> QuerySet[FeedItem]:
    """What this viewer may see: nothing hidden, nothing by or with members who are out of their sight."""
    items = FeedItem.objects.filter(hidden=False)
    hidden = relations.hidden_from(viewer)
    if hidden:
        items = items.exclude(author__in=hidden).exclude(trade__receiver__in=hidden)
    return items


def filtered(viewer: Viewer = None, *, kind: str = "", following: bool = False, author: str = "") -> QuerySet[FeedItem]:
    """Of what the viewer may see, one kind, by members they follow, or by one member. Raises NotFound for no such member.

    Whom they follow is asked first: with the ids before it, the planner takes the index that fits them (docs/benchmarks.md).
    """
    items = visible(viewer)
    if kind:
        items = items.filter(kind=kind)
    if following:
        member = signed_in(viewer)
        followed = list(member.follows.exclude(member=None).values_list("member_id", flat=True)) if member else []
        items = items.filter(author__in=followed)
    if author:
        items = items.filter(author=relations.find_member(author, viewer=viewer))
    return items


def find_item(item_id: UUID, *, viewer: Viewer = None) -> FeedItem:
    """The item, as far as this viewer may see it; raises NotFound."""
    item = visible(viewer).filter(pk=item_id).first()
    if item is None:
        raise NotFound("There is no such item, or it was deleted.")
    return item


def counts_event(item: FeedItem) -> dict[str, Any]:
    """The message that says how often the item is liked and commented on now, for everybody."""
    likes, comments = Like.objects.filter(item=item).count(), item.comments.filter(hidden=False).count()
    return {"type": "feed-item-updated", "id": str(item.pk), **participants(item), "likes": likes, "comments": comments}


def hidden_event(item: FeedItem) -> dict[str, Any]:
    """The message that takes the item off every screen."""
    return {"type": "feed-item-hidden", "id": str(item.pk)}


def announce_opened() -> int:
    """An item for every drop that has opened and has none; says how many. Two at once make one each."""
    known = FeedItem.objects.filter(drop=OuterRef("pk"))
    opened = Drop.objects.published().filter(~Exists(known), starts_at__lte=StatementTimestamp()).order_by("starts_at")
    for drop in opened:
        add_item("drop", drop=drop, at=drop.starts_at)
    return len(opened)


def feed_facts(items: Iterable[FeedItem], viewer: Viewer = None) -> list[dict[str, Any]]:
    """The items as API, pages and socket tell them, in their order; as many statements for one as for many.

    `links` says whether addresses in `text` may be links; `liked` is the viewer's own. No key is named `drop`: the socket would
    read such an item as news about a drop.
    """
    items = list(items)
    prefetch_related_objects(items, "author", *(part for kind in kinds.registry for part in kind.parts))
    ids, hidden = [item.pk for item in items], relations.hidden_from(viewer)
    likes = _count(Like.objects.filter(item__in=ids))
    comments = _count(Comment.objects.filter(item__in=ids, hidden=False).exclude(author__in=hidden))
    links = levels.may_post_links(item.author_id for item in items if item.author_id)
    liked: set[UUID] = set()
    if (member := signed_in(viewer)) is not None:
        liked = set(Like.objects.filter(item__in=ids, member=member).values_list("item_id", flat=True))
    return [
        {
            "id": str(item.pk),
            "kind": item.kind,
            "at": iso(item.at),
            "author": relations.display_name(item.author),
            "author_id": str(item.author_id) if item.author_id else None,
            "text": text_of(item),
            "links": item.author_id in links,
            "pictures": kinds.registry[item.kind].pictures(item),
            "about": kinds.registry[item.kind].describe(item),
            "likes": likes.get(item.pk, 0),
            "comments": comments.get(item.pk, 0),
            "liked": item.pk in liked,
            "url": item.get_absolute_url(),
        }
        for item in items
    ]


def _count(rows: QuerySet[Any]) -> dict[UUID, int]:
    return dict(rows.order_by().values_list("item").annotate(number=Count("*")))


def text_of(item: FeedItem) -> str:
    """What its author wrote."""
    return kinds.registry[item.kind].text(item)
