"""An answer of a host as items: what is offered, in which size, whether it is to be had, and for how much.

Three shapes are read, each hostile until parsed: product JSON ({"products": [{"title", "handle", "variants": [{"title",
"available", "price", "sku"}]}]}), RSS and Atom (with the `g:` names of product feeds), and schema.org offers in a page.
"""

import io
import json
from calendar import timegm
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import feedparser

from community.models import Source
from community.monitor.errors import ReadingFailed
from community.monitor.fetching import Answer
from community.monitor.schema_org import products_of

MOST_ITEMS = 5000
# Tags and entities of an XML or HTML: what parsers spend their time on, a minute for 2 MB of nothing else.
MOST_MARKS = 60_000
LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Item:
    """One offer as the host words it. `price` is text in major units, `currency` "" where it did not say."""

    texts: tuple[str, ...]  # where its style code may stand
    size: str
    in_stock: bool
    price: str = ""
    currency: str = ""
    link: str = ""
    at: datetime | None = None  # when it was announced, where that is said


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found. `whole`: all that there is; else there was more than we read."""

    items: list[Item]
    whole: bool


def parse(kind: str, answer: Answer) -> Reading:
    """The items of this answer; raises ReadingFailed for what is no such thing."""
    parser, kinds = PARSERS[Source.Kind(kind)]
    if answer.kind not in kinds and not answer.kind.endswith(("+json", "+xml")):
        raise ReadingFailed(f"This is {answer.kind[:60] or 'of no kind'}, not what was registered.")
    if kind != Source.Kind.PRODUCTS and answer.body.count(b"<") + answer.body.count(b"&") > MOST_MARKS:
        raise ReadingFailed("This has more tags than any feed or page needs.")
    items: list[Item] = []
    for item in parser(answer):
        if len(items) == MOST_ITEMS:
            return Reading(items, whole=False)
        items.append(item)
    return Reading(items, whole=True)


def text(found: Any, longest: int = LONGEST_TEXT) -> str:
    """A short text of whatever stands there: of strings and numbers alone, without what no column can hold."""
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in str(found)[:1000]).split())[:longest]


def _products(answer: Answer) -> Iterator[Item]:
    found = loaded(answer.body)
    products = found.get("products") if isinstance(found, dict) else None
    if not isinstance(products, list):
        raise ReadingFailed('This JSON has no list of "products".')
    for product in _objects(products):
        link = _link(answer.url, f"/products/{quote(text(product.get('handle')))}") if product.get("handle") else ""
        for variant in _objects(product.get("variants")):
            yield Item(
                texts=(text(product.get("title")), text(variant.get("sku")), text(variant.get("mpn"))),
                size=text(variant.get("title")),
                in_stock=variant.get("available") is True,
                price=text(variant.get("price")),
                currency=text(variant.get("currency") or product.get("currency") or found.get("currency")),
                link=link,
            )


def loaded(body: bytes) -> Any:
    """The JSON; raises ReadingFailed where it is none, or nested beyond all sense."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ReadingFailed("This is no JSON that can be read.") from None


def _objects(found: Any) -> Iterable[dict[str, Any]]:
    return (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def _feed(answer: Answer) -> Iterator[Item]:
    if b"<!ENTITY" in answer.body:  # no feed defines entities, and a billion laughs do
        raise ReadingFailed("This XML defines entities of its own, which no feed needs.")
    # A file, never a string: feedparser would open a string that looks like an address.
    found = feedparser.parse(io.BytesIO(answer.body), sanitize_html=False, resolve_relative_uris=False)
    if not found.version and not found.entries:
        raise ReadingFailed("This is neither RSS nor Atom.")
    for entry in found.entries:
        price, _, currency = text(entry.get("g_sale_price") or entry.get("g_price")).partition(" ")
        yield Item(
            texts=tuple(text(entry.get(name)) for name in ("title", "g_mpn", "g_id")),
            size=text(entry.get("g_size")),
            in_stock=_is_in(text(entry.get("g_availability")) or "in stock"),
            price=price,
            currency=currency,
            link=_link(answer.url, text(entry.get("link"), 1000)),
            at=_moment(entry.get("published_parsed") or entry.get("updated_parsed")),
        )


def _moment(parsed: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None


def _page(answer: Answer) -> Iterator[Item]:
    found = False
    for product, offer in products_of(answer.body, answer.url):
        found = True
        # An offer's own words before its product's: of a group, each variant has its size and number.
        merged = {**product, **{name: said for name, said in offer.items() if said}}
        yield Item(
            texts=tuple(text(thing.get(name)) for thing in (product, offer) for name in ("name", "sku", "mpn", "productID")),
            size=text(merged.get("size")),
            in_stock=_is_in(text(offer.get("availability"))),
            price=text(offer.get("price") or offer.get("lowPrice")),
            currency=text(offer.get("priceCurrency")),
            link=_link(answer.url, text(merged.get("url"), 1000)) or answer.url,
        )
    if not found:
        raise ReadingFailed("There are no schema.org offers on this page.")


# As schema.org's ItemAvailability and as product feeds write it.
IN_STOCK = {"instock", "limitedavailability", "onlineonly", "instoreonly", "lowstock"}


def _is_in(said: str) -> bool:
    return said.rpartition("/")[2].replace(" ", "").replace("_", "").lower() in IN_STOCK


def _link(base: str, said: str) -> str:
    """An address on the web, as a link may be shown; else ""."""
    try:
        link = urljoin(base, said) if said else ""
        return link if urlsplit(link).scheme in ("http", "https") and len(link) <= 500 else ""
    except ValueError:
        return ""


JSON_KINDS = {"application/json", "text/json", "application/javascript"}
XML_KINDS = {"application/xml", "text/xml", "application/rss+xml", "application/atom+xml"}
PARSERS: dict[Source.Kind, tuple[Callable[[Answer], Iterator[Item]], set[str]]] = {
    Source.Kind.PRODUCTS: (_products, JSON_KINDS),
    Source.Kind.FEED: (_feed, XML_KINDS),
    Source.Kind.PAGE: (_page, {"text/html", "application/xhtml+xml"}),
}
