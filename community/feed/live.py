"""What the live hub asks about those who watch the feed; it imports no app, so `community.apps` registers these."""

from typing import Any

from community.feed.models import FeedItem
from dropshop.core.clock import StatementTimestamp, iso

NEWEST_READ = 20  # of which one is by somebody the viewer may see, most of the time


def newest() -> dict[str, Any]:
    """The newest items, newest first, and the database's clock (None while there is no item)."""
    rows = FeedItem.objects.filter(hidden=False).order_by("-at", "-id").select_related("trade")
    items = list(rows.annotate(clock=StatementTimestamp())[:NEWEST_READ])
    return {"server_time": iso(items[0].clock) if items else None, "items": [_facts(item) for item in items]}


def _facts(item: FeedItem) -> dict[str, Any]:
    return {"id": str(item.pk), "at": iso(item.at), **participants(item)}


def participants(item: FeedItem) -> dict[str, Any]:
    """Who the item is by and with: whoever must not see one of them must not be told of it."""
    partners = [] if item.trade is None else [str(item.trade.receiver_id)]
    return {"author_id": None if item.author_id is None else str(item.author_id), "with_ids": partners}
