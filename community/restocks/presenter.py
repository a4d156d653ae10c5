"""A restock in the words of the pages; the socket tells the same, so that a screen need not know how to say it."""

from typing import Any

from community.restocks.models import Restock
from dropshop.core.money import Money

STATUS = {"reported": "Reported", "confirmed": "Confirmed", "disputed": "Disputed", "gone": "Gone"}


def restock_words(facts: dict[str, Any]) -> dict[str, str]:
    """From `restock_facts`: where, which sizes, the price, who says so, how it stands and by how many."""
    store, price = facts["store"], facts["price"]
    return {
        "where": f"{store['name']}, {store['city']}" if store["city"] else store["name"],
        "sizes": sizes_in_words(facts["sizes"], facts["confirmed_sizes"]),
        "price": str(Money.parse(price["amount"], price["currency"])) if price else "",
        "who": _who(facts),
        "status": _status(facts),
        "votes": _votes(facts),
    }


def sizes_in_words(sizes: list[str], confirmed: list[str]) -> str:
    """ "size 9, 9.5"; where only some are confirmed, which: "size 9 confirmed, 9.5 not yet"; or that nobody said."""
    if not sizes:
        return "sizes not known"
    waiting = [size for size in sizes if size not in confirmed]
    if not confirmed or not waiting:
        return f"size {', '.join(sizes)}"
    return f"size {', '.join(confirmed)} confirmed, {', '.join(waiting)} not yet"


def _status(facts: dict[str, Any]) -> str:
    """The standing; a report of which only some sizes are confirmed is not "confirmed"."""
    if facts["status"] == Restock.Status.CONFIRMED and set(facts["sizes"]) - set(facts["confirmed_sizes"]):
        return "Partly confirmed"
    return STATUS[facts["status"]]


def record_in_words(record: dict[str, int]) -> str:
    """How the reporter's reports have fared: "12 reports, 9 confirmed, 1 disputed"."""
    if record["reports"] <= 1 and not (record["confirmed"] or record["disputed"]):
        return "first report"
    parts = [f"{record['reports']} report{'s' * (record['reports'] != 1)}", f"{record['confirmed']} confirmed"]
    return ", ".join([*parts, f"{record['disputed']} disputed"] if record["disputed"] else parts)


def _who(facts: dict[str, Any]) -> str:
    reporter = facts["reporter"]
    if reporter is None:
        return "seen in the store's own feed"
    return f"{reporter['username'] or 'somebody'}: {record_in_words(reporter['record'])}"


def _votes(facts: dict[str, Any]) -> str:
    by, against = facts["confirmations"], facts["disputes"]
    if facts["status"] == Restock.Status.CONFIRMED and not by:
        return "by the store's feed" if facts["source"] else "by staff"
    parts = []
    if by:
        parts.append(f"{by} saw it too")
    if against:
        parts.append(f"{against} did not find it")
    return ", ".join(parts)
