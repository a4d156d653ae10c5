"""An answer of a host as items: what is offered, in which size, whether it is to be had, and for how much.

Three shapes are read, each hostile until parsed: product JSON ({"products": [{"title", "handle", "variants": [{"title",
"available", "price", "sku"}]}]}), RSS and Atom (with the `g:` names of product feeds), and schema.org offers in a page.
"""

import io
import json
import re
from calendar import timegm
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import feedparser

from community.feed_reader import paging, vocabulary
from community.feed_reader.models import Source
from community.feed_reader.schema_org import price_of, read_page
from community.feed_reader.vocabulary import is_now, text, texts
from dropshop.core.outbound.client import OutboundResponse
from dropshop.core.outbound.errors import ReadingFailed

MAX_ITEMS = 5000
# Tags and entities of an XML or HTML: what parsers spend their time on, a minute for 2 MB of nothing else.
MAX_MARKS = 60_000


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One offer as the host words it. `price` is text in major units, `currency` "" where it did not say."""

    texts: tuple[str, ...]  # where its style code may stand
    size: str
    in_stock: bool | None  # None: that is not said
    price: str = ""
    currency: str = ""
    link: str = ""
    at: datetime | None = None  # when it was announced, where that is said
    is_announcement: bool = False  # that it stands there is all it says: the same again, later, is no news


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What was found, among how many `listed` products or entries. `whole`: all that there is, as far as the host says."""

    items: list[FeedEntry]
    whole: bool
    listed: int = 0


def parse(kind: str, answer: OutboundResponse, moment: datetime | None = None) -> ParsedFeed:
    """The items of this answer, with the prices of that moment (now); raises ReadingFailed for what is no such thing."""
    parser, kinds = PARSERS[Source.Kind(kind)]
    if answer.kind not in kinds and not answer.kind.endswith(("+json", "+xml")):
        raise ReadingFailed(f"This is {answer.kind[:60] or 'of no kind'}, not what was registered.")
    if kind != Source.Kind.PRODUCTS and answer.body.count(b"<") + answer.body.count(b"&") > MAX_MARKS:
        raise ReadingFailed("This has more tags than any feed or page needs.")
    found = parser(answer, moment or datetime.now(UTC))
    items = list(islice(found.items, MAX_ITEMS + 1))
    whole = found.whole and len(items) <= MAX_ITEMS and not paging.is_one_of_several(answer, found.listed)
    return ParsedFeed(items[:MAX_ITEMS], whole, found.listed)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a parser found; the items are made one by one."""

    items: Iterable[FeedEntry]
    listed: int
    whole: bool


def _products(answer: OutboundResponse, _: datetime) -> _Found:
    found = loaded(answer.body)
    products = found.get("products") if isinstance(found, dict) else None
    if not isinstance(products, list):
        raise ReadingFailed('This JSON has no list of "products".')
    items = (_variant(answer, found, one, variant) for one in _objects(products) for variant in _objects(one.get("variants")))
    return _Found(items, len(products), whole=not paging.says_more(found, len(products)))


def _variant(answer: OutboundResponse, found: dict[str, Any], product: dict[str, Any], variant: dict[str, Any]) -> FeedEntry:
    handle = text(product.get("handle"))
    return FeedEntry(
        texts=(text(product.get("title")), text(variant.get("sku")), text(variant.get("mpn"))),
        size=vocabulary.size(variant.get("title")),
        in_stock=vocabulary.availability(variant.get("available")),
        price=text(variant.get("price")),
        currency=text(variant.get("currency") or product.get("currency") or found.get("currency")),
        link=_link(answer.url, f"/products/{quote(handle)}") if product.get("handle") else "",
    )


def loaded(body: bytes) -> Any:
    """The JSON; raises ReadingFailed where it is none, or nested beyond all sense."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ReadingFailed("This is not readable JSON.") from None


def _objects(found: Any) -> Iterable[dict[str, Any]]:
    return (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def _feed(answer: OutboundResponse, moment: datetime) -> _Found:
    if b"<!ENTITY" in answer.body:  # no feed defines entities, and a billion laughs do
        raise ReadingFailed("This XML defines entities of its own, which no feed needs.")
    # A file, never a string: feedparser would open a string that looks like an address.
    found = feedparser.parse(io.BytesIO(answer.body), sanitize_html=False, resolve_relative_uris=False)
    if not found.version and not found.entries:
        raise ReadingFailed("This is neither RSS nor Atom.")
    names = (name for name, address in found.namespaces.items() if name and "base.google.com/ns/1.0" in address)
    prefix = f"{next(names, 'g')}_"
    items = (_entry(answer, entry, prefix, moment) for entry in found.entries)
    # A feed that broke off in the middle is half of one.
    whole = not (found.bozo and found.entries) and not paging.says_more(found.feed, len(found.entries))
    return _Found(items, len(found.entries), whole)


def _entry(answer: OutboundResponse, entry: Any, prefix: str, moment: datetime) -> FeedEntry:
    offer = {name.removeprefix(prefix): said for name, said in entry.items() if name.startswith(prefix)}
    return FeedEntry(
        texts=(text(entry.get("title")), text(offer.get("mpn")), text(offer.get("id"))),
        size=vocabulary.size(offer.get("size"), offer.get("size_system"), _for_whom(offer)),
        in_stock=vocabulary.availability(offer.get("availability")) if offer else True,
        price=_price(offer, moment),
        link=_link(answer.url, text(entry.get("link"), 1000)),
        at=_moment(entry.get("published_parsed") or entry.get("updated_parsed")),
        is_announcement=not offer,
    )


def _for_whom(offer: dict[str, Any]) -> str:
    age = text(offer.get("age_group"))
    return text(offer.get("gender")) if age.lower() in ("", "adult") else age


def _price(offer: dict[str, Any], moment: datetime) -> str:
    """The sale's price while the sale lasts, where it has one; "" where nobody can know whether it lasts."""
    regular, sale = text(offer.get("price")), text(offer.get("sale_price"))
    if not re.search("[1-9]", sale):
        return regular
    period = text(offer.get("sale_price_effective_date"))
    lasts = is_now(period, moment) if period else True
    return {True: sale, False: regular}.get(lasts, "")  # type: ignore[arg-type]  # None is in neither


def _moment(parsed: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None


CODES = ("name", "sku", "mpn", "productID", "productGroupID", "inProductGroupWithID", "model")


def _page(answer: OutboundResponse, moment: datetime) -> _Found:
    found = read_page(answer.body, answer.url)
    if not found.offers:
        raise ReadingFailed("There are no schema.org offers on this page.")
    items = (_offer(answer, product, offer, moment) for product, offer in found.offers)
    return _Found(items, found.listed, whole=not found.broken)


def _offer(answer: OutboundResponse, product: dict[str, Any], offer: dict[str, Any], moment: datetime) -> FeedEntry:
    # An offer's own words before its product's: of a group, each variant has its size and number.
    merged = {**product, **{name: said for name, said in offer.items() if said}}
    price, currency = price_of(offer, moment)
    return FeedEntry(
        texts=tuple(said for thing in (product, offer) for name in CODES for said in texts(thing.get(name))),
        size=vocabulary.size(merged.get("size")),
        in_stock=vocabulary.availability(offer.get("availability")),
        price=price,
        currency=currency,
        link=_link(answer.url, text(merged.get("url"), 1000)) or answer.url,
    )


def _link(base: str, said: str) -> str:
    """An address on the web, as a link may be shown; else ""."""
    try:
        link = urljoin(base, said) if said else ""
        return link if urlsplit(link).scheme in ("http", "https") and len(link) <= 500 else ""
    except ValueError:
        return ""


JSON_KINDS = {"application/json", "text/json", "application/javascript"}
XML_KINDS = {"application/xml", "text/xml", "application/rss+xml", "application/atom+xml"}
PARSERS: dict[Source.Kind, tuple[Callable[[OutboundResponse, datetime], _Found], set[str]]] = {
    Source.Kind.PRODUCTS: (_products, JSON_KINDS),
    Source.Kind.FEED: (_feed, XML_KINDS),
    Source.Kind.PAGE: (_page, {"text/html", "application/xhtml+xml"}),
}
