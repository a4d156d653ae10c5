"""A restock as an item of the feed."""

from typing import Any

from community.feed.kinds import Kind, sneaker_facts, thing


def _of_restock(item: Any) -> dict[str, Any]:
    restock, sneaker = item.restock, sneaker_facts(item.restock.sneaker)
    price = restock.money.facts if restock.money else None
    facts = {
        "store": restock.store.name,
        "sizes": restock.sizes,
        "confirmed_sizes": restock.certain_sizes,
        "price": price,
        "status": restock.status,
        "sneaker": sneaker,
    }
    return thing("restock", restock, f"{sneaker['name']} at {restock.store.name}", restock.get_absolute_url(), **facts)


def _note(item: Any) -> str:
    return str(item.restock.note)


def _photo(item: Any) -> list[dict[str, str]]:
    restock = item.restock
    return [{"url": restock.picture.url, "alt": str(restock.sneaker)}] if restock.picture else []


RESTOCK = Kind(("restock__sneaker__pictures", "restock__store"), _of_restock, _note, _photo)
