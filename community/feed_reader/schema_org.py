"""schema.org's products and their offers in a page, from JSON-LD and microdata alike."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from community.feed_reader.vocabulary import is_now, only_text, texts
from dropshop.core.outbound.errors import ReadingFailed

MAX_DEPTH = 30  # levels of things in things that are looked at
PRODUCTS = {"product", "productgroup", "individualproduct", "productmodel"}
OFFERS = {"offer", "aggregateoffer", "offerforpurchase"}
OF_GROUP = ("name", "mpn", "url", "productGroupID", "productID")  # what a group says for each of its variants
OTHER_PRICES = ("list", "strikethrough", "srp", "msrp", "regular", "invoice")  # kinds of prices that are not to be paid


class ReadPage(NamedTuple):
    """Each offer with its product, properties by schema.org's names; `listed` products; `broken`: a part was unreadable."""

    offers: list[tuple[dict[str, Any], dict[str, Any]]]
    listed: int
    broken: bool


def read_page(page: bytes, url: str) -> ReadPage:
    """The offers of the page; raises ReadingFailed for no page at all."""
    # extruct brings RDF along, which only this needs
    from extruct.utils import parse_html
    from extruct.w3cmicrodata import MicrodataExtractor

    from community.feed_reader.json_ld import Scripts

    scripts, broken = Scripts(), False
    try:
        tree = parse_html(page, encoding="UTF-8")
        things = list(scripts.extract_items(tree))
    except Exception as error:  # noqa: BLE001 - the errors of lxml, which extruct hands through, have no base but this
        raise ReadingFailed(f"This page cannot be read ({type(error).__name__}).") from None
    try:
        things += [_flat(thing) for thing in MicrodataExtractor().extract_items(tree, base_url=url)]
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        broken = True
    products = list(_all(things, PRODUCTS))
    offers = [offer for product in products for offer in _offers(product)]
    return ReadPage(offers, len(products), broken or scripts.broken > 0)


def price_of(offer: dict[str, Any], moment: datetime) -> tuple[str, str]:
    """The price to be paid at that moment and its currency, as text; "" where none is said, or several that differ."""
    for name in ("price", "lowPrice"):
        if _stands(offer.get(name)):
            return only_text(offer[name]), only_text(offer.get("priceCurrency"))
    found = offer.get("priceSpecification")
    listed = [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]
    prices = {
        (only_text(one.get("price") or one.get("minPrice")), only_text(one.get("priceCurrency") or offer.get("priceCurrency")))
        for one in listed
        if _is_paid(one, moment)
    }
    return prices.pop() if len(prices) == 1 else ("", "")


def _stands(found: Any) -> bool:
    return any(texts(found))


def _is_paid(specification: dict[str, Any], moment: datetime) -> bool:
    """Whether everybody pays this now, as far as the specification says."""
    kind = only_text(specification.get("priceType")).rpartition("/")[2].lower()
    if kind.startswith(OTHER_PRICES) or specification.get("validForMemberTier"):
        return False
    start, end = (only_text(specification.get(name)) for name in ("validFrom", "validThrough"))
    return not (start or end) or is_now(f"{start}/{end}", moment) is not False


def _flat(thing: Any, depth: int = 0) -> Any:
    """Microdata as JSON-LD would say it."""
    if isinstance(thing, list):
        return [_flat(one, depth + 1) for one in thing] if depth < MAX_DEPTH else []
    if not isinstance(thing, dict):
        return thing
    properties = thing.get("properties")
    said = properties if isinstance(properties, dict) else {}
    return {"@type": thing.get("type"), **{name: _flat(value, depth + 1) for name, value in said.items() if depth < MAX_DEPTH}}


def _all(things: Any, types: set[str], depth: int = 0) -> Iterator[dict[str, Any]]:
    """The outermost things of these types, wherever they stand."""
    if depth > MAX_DEPTH:
        return
    for thing in things if isinstance(things, list) else [things]:
        if isinstance(thing, dict):
            if _types(thing) & types:
                yield thing
            else:
                for value in thing.values():
                    yield from _all(value, types, depth + 1)
        elif isinstance(thing, list):
            yield from _all(thing, types, depth + 1)


def _types(thing: dict[str, Any]) -> set[str]:
    named = thing.get("@type")
    return {re.split("[/#:]", str(one))[-1].lower() for one in (named if isinstance(named, list) else [named])}


def _offers(product: dict[str, Any], group: dict[str, Any] | None = None) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The offers of a product, of its variants where it is a group, and of an aggregate where that names them."""
    merged = {**(group or {}), **product}
    if group is None:
        for variant in _all(product.get("hasVariant"), PRODUCTS):
            yield from _offers(variant, {name: product[name] for name in OF_GROUP if name in product})
    for offer in _all(product.get("offers"), OFFERS):
        inner = list(_all(offer.get("offers"), OFFERS))
        for one in inner or [offer]:
            about = one.get("itemOffered")
            yield merged, {**(about if isinstance(about, dict) else {}), **one}
