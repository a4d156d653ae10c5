"""An event as an iCalendar file, for the guests' own calendars (RFC 5545)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from community.events.models import Event


def calendar(event: Event, address: str) -> str:
    """The file's text: lines end with CRLF and have 75 octets at most. `address` is the page's, with its host.

    The same event is the same text: it is known by its id alone (RFC 7986, 5.3), under whatever name the shop was asked, and
    its stamps are of its last change, which a higher SEQUENCE counts.
    """
    place: Any = event.place
    changed = _utc(event.changed_at or event.created_at)
    facts = {
        "UID": str(event.pk),
        "DTSTAMP": changed,
        "CREATED": _utc(event.created_at),
        "LAST-MODIFIED": changed,
        "SEQUENCE": str(event.revision),
        "DTSTART": _utc(event.starts_at),
        "DTEND": _utc(event.ends_at),
        "SUMMARY": _escaped(event.title),
        "DESCRIPTION": _escaped(event.text),
        "LOCATION": _escaped(f"{event.venue}, {event.city}"),
        "GEO": f"{place.latitude:.6f};{place.longitude:.6f}",
        "URL": address,
        "STATUS": "CONFIRMED" if event.cancelled_at is None else "CANCELLED",
    }
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//dropshop//events//EN", "BEGIN:VEVENT"]
    lines += [f"{name}:{value}" for name, value in facts.items() if value]
    return "".join(f"{part}\r\n" for line in [*lines, "END:VEVENT", "END:VCALENDAR"] for part in _folded(line))


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for letter, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(letter, written)
    return text


def _folded(line: str) -> Iterator[str]:
    """In parts of 75 octets at most, each but the first with a space before it; letters stay whole (section 3.1)."""
    part = ""
    for letter in line:
        if len((part + letter).encode()) > 75:
            yield part
            part = " "
        part += letter
    yield part
