"""What waits to go out: the newest fact per size, everything else in order, all of it bounded.

Used twice: by the publisher while Redis is slow, and by a room of the hub between two flushes.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any, NamedTuple

Event = dict[str, Any]

STOCK = frozenset({"stock-updated", "stock-recovered"})
# What goes to everybody who watches the feed, whatever it is about.
FEED = frozenset({"feed-item", "feed-item-hidden", "restock-updated"})
MAX_SALES = 20  # newest purchase-created per drop; a ticker shows no more
MAX_EVENTS = 10_000  # that wait for one viewer
MAX_FEED_EVENTS = 1_000  # a flood of posts must not push a member's own messages out


class QueuedEvent(NamedTuple):
    """An event and when it came in (seconds of `time.monotonic`)."""

    event: Event
    since: float


def is_for_the_feed(event: Event) -> bool:
    """Whether this goes to the feed's watchers: it is neither for one member nor about one drop's stock."""
    return event["type"] in FEED or ("to" not in event and "drop" not in event)


def newest(old: Event, new: Event) -> Event:
    """Of two facts about one size the one with the higher version (L1).

    If either says that stock came back, the result says so too: conflation must not hide a return.
    """
    fact = new if new["version"] > old["version"] else old
    if "stock-recovered" in (old["type"], new["type"]) and fact["type"] != "stock-recovered":
        return fact | {"type": "stock-recovered"}
    return fact


class ConflatedQueue:
    """A bounded store of events on their way; not thread-safe, its owner locks."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._facts: dict[tuple[str, str], QueuedEvent] = {}
        self._drops: dict[str, QueuedEvent] = {}
        self._sales: dict[str, deque[QueuedEvent]] = {}
        self._others: deque[QueuedEvent] = deque(maxlen=MAX_EVENTS)
        self._feed: deque[QueuedEvent] = deque(maxlen=MAX_FEED_EVENTS)

    def put(self, event: Event, since: float | None = None) -> None:
        """Keep `event`: a stock fact replaces an older one of its size, a drop's schedule the one before."""
        waiting = QueuedEvent(event, time.monotonic() if since is None else since)
        if event["type"] in STOCK:
            key = (event["drop"], event["size"])
            old = self._facts.get(key)
            self._facts[key] = waiting if old is None else QueuedEvent(newest(old.event, event), waiting.since)
        elif is_for_the_feed(event):
            self._feed.append(waiting)
        elif "to" in event:
            self._others.append(waiting)
        elif event["type"] == "purchase-created":
            self._sales.setdefault(event["drop"], deque(maxlen=MAX_SALES)).append(waiting)
        elif event["type"] == "drop-updated":
            self._drops[event["drop"]] = waiting
        else:
            self._others.append(waiting)

    def holds(self, drop: str, size: str) -> bool:
        """Whether a fact about this size is waiting."""
        return (drop, size) in self._facts

    def take(self) -> list[QueuedEvent]:
        """Everything that waits, which is then forgotten: a member's own first, then schedules, stock, sales and the feed."""
        sales = [waiting for kept in self._sales.values() for waiting in kept]
        taken = [*self._others, *self._drops.values(), *self._facts.values(), *sales, *self._feed]
        self._clear()
        return taken

    def __len__(self) -> int:
        lists = (self._others, self._feed, *self._sales.values())
        return len(self._facts) + len(self._drops) + sum(map(len, lists))
