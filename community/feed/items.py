"""The feed: what happened, newest first. Deeds announce; doors ask for `visible` items and describe them by `feed_facts`."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, prefetch_related_objects

from community.feed.live import people_of
from community.feed.models import Comment, FeedItem, Like, Post
from community.karma import levels
from community.people import relations
from community.people.models import Member
from community.restocks.models import Restock
from community.trades.agreed import terms_of
from community.trades.models import Trade, TradeItem
from drops.models import Drop
from dropshop.core.clock import StatementTimestamp, iso
from dropshop.core.errors import NotFound
from dropshop.core.live import publish_on_commit

NEWEST = ("-at", "-id")
# What the description of an item reads; one statement each, and only for kinds that are there.
PARTS = (
    "author",
    "drop__sneaker__pictures",
    "restock__sneaker__pictures",
    "restock__store",
    "trade__items__pair__sneaker__pictures",
    "trade__proposer",
    "trade__receiver",
    "post__pictures",
)


def announce(
    kind: str,
    *,
    author: Member | None = None,
    drop: Drop | None = None,
    restock: Restock | None = None,
    trade: Trade | None = None,
    post: Post | None = None,
    at: datetime | None = None,
) -> FeedItem:
    """The item about this thing, made and told to every screen that watches the feed; the one there is, where it has one.

    `at` is when it happened, where that is not now. Call it inside the deed's transaction.
    """
    about = {"drop": drop, "restock": restock, "trade": trade, "post": post}
    with transaction.atomic():
        wanted = FeedItem(kind=kind, author=author, **about, **({"at": at} if at else {}))
        FeedItem.objects.bulk_create([wanted], ignore_conflicts=True)
        item = FeedItem.objects.get(**{kind: about[kind]})
        if item.pk == wanted.pk:
            (facts,) = feed_facts([item])
            del facts["liked"]  # which is each reader's own
            publish_on_commit({"type": "feed-item", **facts, **people_of(item)})
    return item


def visible(viewer: Any = None) -> QuerySet[FeedItem]:
    """What this viewer may see: nothing hidden, nothing by or with members who are out of their sight."""
    items = FeedItem.objects.filter(hidden=False)
    hidden = relations.hidden_from(viewer)
    if hidden:
        items = items.exclude(author__in=hidden).exclude(trade__receiver__in=hidden)
    return items


def chosen(viewer: Any = None, *, kind: str = "", following: bool = False, author: str = "") -> QuerySet[FeedItem]:
    """Of what the viewer may see, one kind, by members they follow, or by one member. Raises NotFound for no such member.

    Whom they follow is asked first: with the ids before it, the planner takes the index that fits them (docs/benchmarks.md).
    """
    items = visible(viewer)
    if kind:
        items = items.filter(kind=kind)
    if following:
        items = items.filter(author__in=list(viewer.follows.exclude(member=None).values_list("member_id", flat=True)))
    if author:
        items = items.filter(author=relations.find(author, viewer=viewer))
    return items


def find(item_id: UUID, *, viewer: Any = None) -> FeedItem:
    """The item, as far as this viewer may see it; raises NotFound."""
    item = visible(viewer).filter(pk=item_id).first()
    if item is None:
        raise NotFound("There is no such item, or it was taken away.")
    return item


def change(item: FeedItem) -> dict[str, Any]:
    """The message that says how often the item is liked and commented on now, for everybody."""
    likes, comments = Like.objects.filter(item=item).count(), item.comments.filter(hidden=False).count()
    return {"type": "feed-item-updated", "id": str(item.pk), **people_of(item), "likes": likes, "comments": comments}


def gone(item: FeedItem) -> dict[str, Any]:
    """The message that takes the item off every screen."""
    return {"type": "feed-item-hidden", "id": str(item.pk)}


def announce_opened() -> int:
    """An item for every drop that has opened and has none; says how many. Two at once make one each."""
    known = FeedItem.objects.filter(drop=OuterRef("pk"))
    opened = Drop.objects.published().filter(~Exists(known), starts_at__lte=StatementTimestamp()).order_by("starts_at")
    for drop in opened:
        announce("drop", drop=drop, at=drop.starts_at)
    return len(opened)


def feed_facts(items: Iterable[FeedItem], viewer: Any = None) -> list[dict[str, Any]]:
    """The items as API, pages and socket tell them, in their order; as many statements for one as for many.

    `links` says whether addresses in `text` may be links; `liked` is the viewer's own. No key is named `drop`: by that
    the socket would take an item for news about a drop.
    """
    items = list(items)
    prefetch_related_objects(items, *PARTS)
    ids, hidden = [item.pk for item in items], relations.hidden_from(viewer)
    likes = _count(Like.objects.filter(item__in=ids))
    comments = _count(Comment.objects.filter(item__in=ids, hidden=False).exclude(author__in=hidden))
    links = levels.may_post_links(item.author_id for item in items if item.author_id)
    liked: set[UUID] = set()
    if getattr(viewer, "is_authenticated", False):
        liked = set(Like.objects.filter(item__in=ids, member=viewer).values_list("item_id", flat=True))
    return [
        {
            "id": str(item.pk),
            "kind": item.kind,
            "at": iso(item.at),
            "author": relations.name_of(item.author),
            "author_id": str(item.author_id) if item.author_id else None,
            "text": words_of(item),
            "links": item.author_id in links,
            "pictures": _pictures(item),
            "about": DESCRIBED[item.kind](item),
            "likes": likes.get(item.pk, 0),
            "comments": comments.get(item.pk, 0),
            "liked": item.pk in liked,
            "url": item.get_absolute_url(),
        }
        for item in items
    ]


def _count(rows: QuerySet[Any]) -> dict[UUID, int]:
    return dict(rows.order_by().values_list("item").annotate(number=Count("*")))


def words_of(item: FeedItem) -> str:
    """What its author wrote."""
    if item.post is not None:
        return item.post.text
    return item.restock.note if item.restock is not None else ""


def _pictures(item: FeedItem) -> list[dict[str, str]]:
    if item.post is not None:
        return [{"url": picture.image.url, "alt": picture.alt} for picture in item.post.pictures.all()]
    if item.restock is not None and item.restock.picture:
        return [{"url": item.restock.picture.url, "alt": str(item.restock.sneaker)}]
    return []


def _thing(kind: str, thing: Any, title: str, url: str, **facts: Any) -> dict[str, Any]:
    return {"type": kind, "id": str(thing.pk), "title": title, "url": url, **facts}


def _sneaker(sneaker: Any) -> dict[str, Any]:
    picture = next(iter(sneaker.pictures.all()), None)
    return {"name": f"{sneaker.brand} {sneaker.name}", "tint": sneaker.tint, "picture": picture.image.url if picture else None}


def _of_drop(item: Any) -> dict[str, Any]:
    drop = item.drop
    facts = {"price": drop.money.facts, "starts_at": iso(drop.starts_at), "sneaker": _sneaker(drop.sneaker)}
    return _thing("drop", drop, drop.title, drop.get_absolute_url(), **facts)


def _of_restock(item: Any) -> dict[str, Any]:
    restock, sneaker = item.restock, _sneaker(item.restock.sneaker)
    price = restock.money.facts if restock.money else None
    facts = {
        "store": restock.store.name,
        "sizes": restock.sizes,
        "confirmed_sizes": restock.certain_sizes,
        "price": price,
        "status": restock.status,
        "sneaker": sneaker,
    }
    return _thing("restock", restock, f"{sneaker['name']} at {restock.store.name}", restock.get_absolute_url(), **facts)


def _of_trade(item: Any) -> dict[str, Any]:
    trade = item.trade
    names = {side.pk: relations.name_of(side) for side in (trade.proposer, trade.receiver)}
    pairs = [_traded(given, names.get(given.giver_id)) for given in trade.items.all()]
    title = " and ".join(name or "a former member" for name in names.values()) + " traded"
    return _thing("trade", trade, title, trade.get_absolute_url(), members=list(names.values()), pairs=pairs)


def _traded(given: TradeItem, giver: str | None) -> dict[str, Any]:
    """A pair as it was offered."""
    terms = terms_of(given)
    sneaker = {**_sneaker(given.pair.sneaker), "name": f"{terms['sneaker']['brand']} {terms['sneaker']['name']}"}
    return {"giver": giver, "size": terms["size"], "sneaker": sneaker}


def _of_post(item: Any) -> dict[str, Any]:
    return _thing("post", item.post, "", item.get_absolute_url(), edited_at=iso(item.post.edited_at))


DESCRIBED: dict[str, Callable[[Any], dict[str, Any]]] = {
    FeedItem.Kind.DROP: _of_drop,
    FeedItem.Kind.RESTOCK: _of_restock,
    FeedItem.Kind.TRADE: _of_trade,
    FeedItem.Kind.POST: _of_post,
}
