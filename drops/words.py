"""Stock in words: available, all held and sold out are three states and never mixed up (L2).

`static/js/words.js` says the same.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drops.models import Phase


def seconds_between(moment: str | datetime, later: str | datetime) -> int:
    """Whole seconds, rounded up; 0 when it is past. ISO 8601 texts are read."""
    first, second = (datetime.fromisoformat(at) if isinstance(at, str) else at for at in (moment, later))
    return max(0, -int(-(second - first).total_seconds() // 1))


def span(seconds: int) -> str:
    """ "0:22", "3 h 20 min", "2 d 4 h"."""
    if seconds >= 86400:
        return f"{seconds // 86400} d {seconds % 86400 // 3600} h"
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"
    return f"{seconds // 60}:{seconds % 60:02}"


def pairs(count: int) -> str:
    """ "1 pair", "240 pairs"."""
    return counted(count, "pair")


def counted(count: int, thing: str) -> str:
    """ "1 guest", "20 guests"; of things whose plural only takes an s."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def size_named(label: str) -> str:
    """A size in a sentence: "size 9.5", "One size", "XL"."""
    return f"size {label}" if label[:1].isdigit() else label


def in_words(phase: str, counters: Mapping[str, Any], server_time: str, *, short: bool = False) -> tuple[str, str]:
    """The state (before, available, held, sold, ended) of these counters, and what to say beside the meter."""
    if phase in (Phase.UPCOMING, Phase.DRAFT):
        return "before", pairs(counters["total"])
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
