"""Stock in words: available, all held and sold out are three states and never mixed up (L2).

`static/js/drops/words.js` says the same.
"""

from collections.abc import Mapping
from typing import Any

from drops.models import Phase
from dropshop.core.clock import seconds_between, span
from dropshop.core.text import counted


def count_pairs(count: int) -> str:
    """ "1 pair", "240 pairs"."""
    return counted(count, "pair")


def size_in_sentence(label: str) -> str:
    """A size in a sentence: "size 9.5", "One size", "XL"."""
    return f"size {label}" if label[:1].isdigit() else label


def stock_label(phase: str, counters: Mapping[str, Any], server_time: str, *, short: bool = False) -> tuple[str, str]:
    """The state (before, available, held, sold, ended) of these counters, and what to say beside the meter."""
    if phase in (Phase.UPCOMING, Phase.DRAFT):
        return "before", count_pairs(counters["total"])
    if counters["sold"] >= counters["total"]:
        return "sold", "sold out"
    if phase == Phase.ENDED:
        return "ended", "ended"
    if counters["available"] > 0:
        return "available", f"{counters['available']} left"
    first = counters["next_expiry"]
    until = span(seconds_between(server_time, first)) if first else ""
    if short:
        return "held", f"held {until}".strip()
    return "held", f"all held · may return {until}" if until else "all held"
