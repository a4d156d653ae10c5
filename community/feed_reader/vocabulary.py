"""What hosts' words mean: texts, availability, sizes and dates, however they are wrapped. What is uncertain stays unknown."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from drops.sizes.values import BETWEEN

TEXT_MAX_LENGTH = 300  # characters
MAX_DEPTH = 5  # levels of objects in objects
WRAPPED_IN = ("@value", "@id", "name", "value", "url")  # where an object keeps its text, the most telling first
UNREADABLE = "?"  # a size that is there and cannot be read: never "one size"

# schema.org's ItemAvailability, and as product feeds and shops write it; letters alone. What is in neither is not known.
IN_STOCK = {"instock", "limitedavailability", "onlineonly", "instoreonly", "lowstock", "limitedstock", "available", "true"}
OUT_OF_STOCK = {
    *("outofstock", "soldout", "discontinued", "preorder", "presale", "backorder", "reserved", "notinstock", "nostock"),
    *("notavailable", "unavailable", "temporarilyoutofstock", "currentlyunavailable", "false"),
}

# schema.org's WearableSizeSystemEnumeration and the `size_system` of product feeds, as `drops.sizes.values` reads them.
SIZE_SYSTEMS = {"us": "US", "uk": "UK", "eu": "EU", "europe": "EU", "jp": "JP"}
FOR_WHOM = {
    **dict.fromkeys(("mens", "men", "male"), "men's"),
    **dict.fromkeys(("womens", "women", "female"), "women's"),
    **dict.fromkeys(("boys", "girls", "kids", "youth"), "youth"),
    **dict.fromkeys(("infants", "toddler", "infant", "newborn"), "toddler"),
}


def text(found: Any, longest: int = TEXT_MAX_LENGTH) -> str:
    """A short text of whatever stands there: of strings and numbers alone, without what no column can hold."""
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in str(found)[:1000]).split())[:longest]


def texts(found: Any, depth: int = 0) -> Iterator[str]:
    """Every text that stands there, also in lists, and in objects that hold but one."""
    if isinstance(found, list) and depth < MAX_DEPTH:
        for one in found[:50]:
            yield from texts(one, depth + 1)
    elif isinstance(found, dict) and depth < MAX_DEPTH:
        yield from texts(next((found[name] for name in WRAPPED_IN if found.get(name)), None), depth + 1)
    elif said := text(found):
        yield said


def only_text(found: Any) -> str:
    """The one text that stands there, however it is wrapped; "" for none, and for several that differ."""
    said = set(texts(found))
    return said.pop() if len(said) == 1 else ""


def availability(found: Any) -> bool | None:
    """Whether it is to be had; None where that is not said, or in words we do not know, or both ways."""
    if isinstance(found, bool):
        return found
    words = {_last_word(said) for said in texts(found)}
    says_in, says_out = bool(words & IN_STOCK), bool(words & OUT_OF_STOCK)
    return says_in if says_in != says_out else None


def _last_word(said: str) -> str:
    """ "instock" for "http://schema.org/InStock/", "schema:InStock" and "in-stock"."""
    return re.sub(r"[\W\d_]", "", re.split(r"[/#:]", said.strip().rstrip("/#"))[-1]).lower()


def size(found: Any, system: Any = None, group: Any = None) -> str:
    """The size with the system it is in and for whom it is, where that is said: "9 US women's"; "" where there is none.

    `found` may be schema.org's SizeSpecification, which says all three.
    """
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if isinstance(found, dict):
        system, group = found.get("sizeSystem") or system, found.get("sizeGroup") or group
    named = only_text(found)
    if not named:
        return UNREADABLE if found not in (None, "", [], {}) else ""
    systems = {SIZE_SYSTEMS.get(word, word) for word in _suffixes(system, "wearablesizesystem")}
    people = {FOR_WHOM[word] for word in _suffixes(group, "wearablesizegroup") if word in FOR_WHOM}
    marks = " ".join([*sorted(systems), *sorted(people - {"men's", "women's"} or people)])
    parts = [part.strip() for part in BETWEEN.split(named)]
    return " / ".join(f"{part} {marks}".strip() if re.search(r"\d", part) else part for part in parts) if marks else named


def _suffixes(found: Any, prefix: str) -> list[str]:
    return [_last_word(said).removeprefix(prefix) for said in texts(found)]


def is_now(period: str, moment: datetime) -> bool | None:
    """Whether the moment lies in "start/end" (ISO 8601, either may be left out); None for what is no such period."""
    start, slash, end = (part.strip() for part in period.partition("/"))
    begins, ends = moment_of(start), moment_of(end, last=True)
    if not slash or not (start or end) or (start and begins is None) or (end and ends is None):
        return None
    return (begins is None or begins <= moment) and (ends is None or moment < ends)


def moment_of(said: str, *, last: bool = False) -> datetime | None:
    """The moment that is written so, in UTC where no zone is named; None for none. `last`: of a day alone, its end."""
    try:
        found = datetime.fromisoformat(said)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found + timedelta(days=1) if last and re.fullmatch(r"[\d-]{8,10}", said) else found
    except (ValueError, OverflowError):
        return None
