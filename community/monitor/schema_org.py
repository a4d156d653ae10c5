"""schema.org's products and their offers in a page, from JSON-LD and microdata alike."""

from collections.abc import Iterator
from typing import Any

from community.monitor.errors import ReadingFailed

DEEPEST = 30  # levels of things in things that are looked at
PRODUCTS = {"product", "productgroup", "individualproduct", "productmodel"}
OFFERS = {"offer", "aggregateoffer"}


def products_of(page: bytes, url: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each offer of the page with its product, properties by schema.org's names; raises ReadingFailed for no page at all."""
    import extruct  # brings RDF along, which only this needs

    try:
        found = extruct.extract(page, base_url=url, syntaxes=["json-ld", "microdata"], errors="ignore")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise ReadingFailed(f"This page cannot be read ({type(error).__name__}).") from None
    things = [*found.get("json-ld", []), *(_flat(thing) for thing in found.get("microdata", []))]
    for product in _all(things, PRODUCTS):
        yield from _offers(product)


def _flat(thing: Any, depth: int = 0) -> Any:
    """Microdata as JSON-LD would say it."""
    if isinstance(thing, list):
        return [_flat(one, depth + 1) for one in thing] if depth < DEEPEST else []
    if not isinstance(thing, dict):
        return thing
    properties = thing.get("properties")
    said = properties if isinstance(properties, dict) else {}
    return {"@type": thing.get("type"), **{name: _flat(value, depth + 1) for name, value in said.items() if depth < DEEPEST}}


def _all(things: Any, types: set[str], depth: int = 0) -> Iterator[dict[str, Any]]:
    """The outermost things of these types, wherever they stand."""
    if depth > DEEPEST:
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
    return {str(one).rpartition("/")[2].lower() for one in (named if isinstance(named, list) else [named])}


def _offers(product: dict[str, Any], group: dict[str, Any] | None = None) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The offers of a product, of its variants where it is a group, and of an aggregate where that names them."""
    merged = {**(group or {}), **product}
    if group is None:
        for variant in _all(product.get("hasVariant"), PRODUCTS):
            yield from _offers(variant, {name: product[name] for name in ("name", "mpn", "url") if name in product})
    for offer in _all(product.get("offers"), OFFERS):
        inner = list(_all(offer.get("offers"), OFFERS))
        for one in inner or [offer]:
            about = one.get("itemOffered")
            yield merged, {**(about if isinstance(about, dict) else {}), **one}
