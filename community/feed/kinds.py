"""What an item of the feed may be about. Each kind is described by the room that knows it; drops and posts here."""

from collections.abc import Callable
from typing import Any, NamedTuple

from community.feed.models import FeedItem
from dropshop.core.clock import iso
from dropshop.core.hooks import Registry


def _nothing_written(item: FeedItem) -> str:
    return ""


def _no_pictures(item: FeedItem) -> list[dict[str, str]]:
    return []


class Kind(NamedTuple):
    """How items of one kind are told.

    `parts`: what the description reads, one statement each, and only where such items are there. `describe`: the facts of the
    thing, by `thing`. `text`: what its author wrote. `pictures`: addresses and descriptions.
    """

    parts: tuple[str, ...]
    describe: Callable[[Any], dict[str, Any]]
    text: Callable[[Any], str] = _nothing_written
    pictures: Callable[[Any], list[dict[str, str]]] = _no_pictures


registry: Registry[Kind] = Registry("community.feed.kinds", must_hold=FeedItem.Kind.values)


def thing(kind: str, about: Any, title: str, url: str, **facts: Any) -> dict[str, Any]:
    """The facts of what an item is about."""
    return {"type": kind, "id": str(about.pk), "title": title, "url": url, **facts}


def sneaker_facts(sneaker: Any) -> dict[str, Any]:
    """Its name, tint and first picture."""
    picture = next(iter(sneaker.pictures.all()), None)
    return {"name": f"{sneaker.brand} {sneaker.name}", "tint": sneaker.tint, "picture": picture.image.url if picture else None}


def _of_drop(item: Any) -> dict[str, Any]:
    drop = item.drop
    facts = {"price": drop.money.facts, "starts_at": iso(drop.starts_at), "sneaker": sneaker_facts(drop.sneaker)}
    return thing("drop", drop, drop.title, drop.get_absolute_url(), **facts)


def _of_post(item: Any) -> dict[str, Any]:
    return thing("post", item.post, "", item.get_absolute_url(), edited_at=iso(item.post.edited_at))


def _written(item: Any) -> str:
    return str(item.post.text)


def _shown(item: Any) -> list[dict[str, str]]:
    return [{"url": picture.image.url, "alt": picture.alt} for picture in item.post.pictures.all()]


DROP = Kind(("drop__sneaker__pictures",), _of_drop)
POST = Kind(("post__pictures",), _of_post, _written, _shown)
