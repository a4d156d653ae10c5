"""The bar on every page: the current section, and the number of unread notices."""

from typing import Any

from django import template

from community.notifications import notices
from community.people.models import Member
from dropshop.core.members import signed_in

register = template.Library()

# What a section is called, where it begins, and what else belongs to it. Below the line only for members.
OPEN = (
    ("Drops", "/", ("/drops/",)),
    ("Community", "/community/", ("/members/",)),
    ("Restocks", "/restocks/", ("/stores/",)),
    ("Trades", "/trades/", ()),
    ("Events", "/events/", ()),
)
OWN = (
    ("Closet", "/closet/", ()),
    ("Karma", "/karma/", ()),
    ("Requests", "/requests/", ()),
    ("Orders", "/orders/", ("/reservations/",)),
)


@register.simple_tag(takes_context=True)
def sections(context: dict[str, Any]) -> list[dict[str, str]]:
    """The parts of the shop for this reader; `current` is "page", "true" within the section, or ""."""
    path = getattr(context.get("request"), "path", "")
    wanted = (*OPEN, *OWN) if _member(context) is not None else OPEN
    return [{"name": name, "url": url, "current": _current(path, url, more)} for name, url, more in wanted]


@register.simple_tag(takes_context=True)
def unread(context: dict[str, Any]) -> int:
    """How many notices the reader has not read, up to 100; one statement, and none for visitors."""
    member = _member(context)
    return 0 if member is None else notices.unread(member)


def _member(context: dict[str, Any]) -> Member | None:
    return signed_in(context.get("user"))


def _current(path: str, url: str, more: tuple[str, ...]) -> str:
    if path == url:
        return "page"
    return "true" if any(path.startswith(place) for place in (*more, *([] if url == "/" else [url]))) else ""
