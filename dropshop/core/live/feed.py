"""Everybody who watches the feed: what happens goes to all of them, except to those who must not see its author."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from .conflation import Event
from .cpu_budget import CpuBudget
from .feed_source import FeedState, SharedReads, read_feed, read_gate
from .room import MAX_EARLY_MESSAGES, encode
from .viewer import Message, Viewer

FLUSH_EVERY = 0.1  # seconds between two flushes at least
MAX_PER_FLUSH = 10  # items, and changes to items, in one flush; nobody reads more
MAX_CHANGES = 1_000  # that wait for their flush
DELIVERY_SECONDS = 0.5  # seconds in which a message that was not lost has arrived

Hop = Callable[..., Any]
Hidden = frozenset[str]  # ids of authors
NOBODY: Hidden = frozenset()


class FeedQueue:
    """What goes out with the next flushes: the newest items, and of each thing the newest change."""

    def __init__(self) -> None:
        self._items: dict[str, Event] = {}
        self._changes: dict[tuple[str, str], Event] = {}
        self._skipped = 0

    def put(self, event: Event) -> None:
        """Keep the event; of a flood of items the newest."""
        thing = _thing(event)
        if event["type"] == "feed-item":
            self._items.pop(thing, None)
            self._items[thing] = event
            self._skipped += _cut(self._items, MAX_PER_FLUSH)
        else:
            before = self._changes.pop((event["type"], thing), {})
            # An edit says more than a like: of what an item is made of, the newest of each.
            self._changes[event["type"], thing] = before | event if event["type"] == "feed-item-updated" else event
            if event["type"] == "feed-item-hidden":
                self._items.pop(thing, None)
            self._skipped += _cut(self._changes, MAX_CHANGES)

    def take(self) -> list[Event]:
        """What one flush tells: items, then changes; and how many it had to leave out, if any."""
        first = list(self._changes)[:MAX_PER_FLUSH]
        skipped: list[Event] = [{"type": "feed-skipped", "count": self._skipped}] if self._skipped else []
        taken = [*skipped, *self._items.values(), *(self._changes.pop(key) for key in first)]
        self._items, self._skipped = {}, 0
        return taken

    def __len__(self) -> int:
        return len(self._items) + len(self._changes) + self._skipped


class FeedRoom:
    """The watchers of one process. `hop` runs what talks to the database in a thread."""

    def __init__(self, hop: Hop, pace: CpuBudget, on_clock: Callable[[str], None], server_time: Callable[[], str]) -> None:
        self.viewers: dict[Viewer, Hidden | None] = {}  # whom each must not see; None while that is being asked
        self._hop, self._pace, self._on_clock, self._server_time = hop, pace, on_clock, server_time
        self._readings = SharedReads(self._read)
        self._early: dict[Viewer, deque[tuple[Hidden, Message]]] = {}
        self._waiting = FeedQueue()
        self._newest: datetime | None = None  # of what all watchers know
        self._flushing: asyncio.Task[None] | None = None
        self._not_before = 0.0

    # -- who watches

    async def join(self, viewer: Viewer) -> None:
        """Send `feed-joined` with the newest item the viewer may see, and from then on all that happens."""
        if viewer not in self.viewers:
            self.viewers[viewer] = None
            self._early[viewer] = deque(maxlen=MAX_EARLY_MESSAGES)
        try:
            reading = await self._readings.get(_member(viewer))
        except BaseException:
            self.leave(viewer)
            raise
        if viewer not in self.viewers:
            return
        if all(hidden is None for hidden in self.viewers.values()):
            self._know(reading.items)  # for the others this may be news: lost, or still under way
        self.viewers[viewer] = reading.hidden.get(_member(viewer) or "", NOBODY)
        self._greet(viewer, reading)
        for authors, message in self._early.pop(viewer, ()):
            self._send_one(viewer, authors, message)

    def leave(self, viewer: Viewer) -> None:
        """The viewer no longer watches; no-op if they never did."""
        self.viewers.pop(viewer, None)
        self._early.pop(viewer, None)

    def close(self) -> None:
        """Forget everybody; nothing that waits is sent any more."""
        self.viewers.clear()
        self._early.clear()
        self._waiting = FeedQueue()

    async def ask_gate(self) -> None:
        """Whom the watchers have blocked or muted since: one query for all of this process."""
        members = {member for viewer in self.viewers if (member := _member(viewer)) is not None}
        if not members:
            return
        hidden = await self._hop(read_gate, members)
        for viewer, known in self.viewers.items():
            if known is not None and (member := _member(viewer)) in members:
                self.viewers[viewer] = hidden.get(member, NOBODY)

    async def catch_up(self) -> None:
        """Compare with the database, and greet everybody again where messages were lost on their way."""
        if not self.viewers or not self._is_behind(await self._read(())):
            return
        await asyncio.sleep(DELIVERY_SECONDS)
        reading = await self._read(())
        if self._is_behind(reading):
            self._know(reading.items)
            seated = [viewer for viewer, hidden in self.viewers.items() if hidden is not None]
            await self._pace.each(seated, lambda viewer: self._greet(viewer, reading))

    def _know(self, items: list[Event]) -> None:
        if (at := _moment(items)) is not None:
            self._newest = max(self._newest or at, at)

    def _is_behind(self, reading: FeedState) -> bool:
        newest = _moment(reading.items)
        return newest is not None and (self._newest is None or newest > self._newest)

    async def _read(self, members: Collection[str]) -> FeedState:
        reading: FeedState = await self._hop(read_feed, members)
        if reading.server_time is not None:
            self._on_clock(reading.server_time)
        return reading

    def _greet(self, viewer: Viewer, reading: FeedState) -> None:
        hidden = self.viewers.get(viewer) or NOBODY
        seen = (item for item in reading.items if hidden.isdisjoint(_authors(item)))
        newest = next(({"id": item["id"], "at": item["at"]} for item in seen), None)
        viewer.deliver(encode({"type": "feed-joined", "newest": newest, "server_time": self._server_time()}))

    # -- what happens

    def take(self, event: Event) -> None:
        """Let an event in; it goes out with the next flush."""
        self._waiting.put(event)
        if event["type"] == "feed-item":
            self._know([event])
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            while self._waiting:
                await asyncio.sleep(max(0.0, self._not_before - clock()))
                await self._pace.turn()
                self._not_before = clock() + FLUSH_EVERY
                await self._send_all([(_authors(event), encode(event)) for event in self._waiting.take()])
        finally:
            self._flushing = None

    async def _send_all(self, messages: list[tuple[Hidden, Message]]) -> None:
        def tell(viewer: Viewer) -> None:
            for authors, message in messages:
                self._send_one(viewer, authors, message)

        await self._pace.each(list(self.viewers), tell)

    def _send_one(self, viewer: Viewer, authors: Hidden, message: Message) -> None:
        if viewer in self._early:
            self._early[viewer].append((authors, message))
        elif viewer in self.viewers and authors.isdisjoint(self.viewers[viewer] or NOBODY):
            viewer.deliver(message)


def _member(viewer: Viewer) -> str | None:
    return viewer.proof.member if viewer.proof is not None else None


def _authors(event: Event) -> Hidden:
    """Who it is by, and with: the partner of a trade."""
    return frozenset(str(member) for member in (event.get("author_id"), *event.get("with_ids", ())) if member is not None)


def _thing(event: Event) -> str:
    """What the event is about: of one thing the newest fact goes out."""
    about = event.get("id") or event.get("restock") or event.get("item")
    return str(about.get("id")) if isinstance(about, dict) else str(about or id(event))


def _cut(kept: dict[Any, Event], most: int) -> int:
    """Forget the oldest beyond so many; how many that were."""
    surplus = list(kept)[: max(0, len(kept) - most)]
    for key in surplus:
        del kept[key]
    return len(surplus)


def _moment(items: Iterable[Event]) -> datetime | None:
    """When the first of these happened."""
    at = next((item.get("at") for item in items), None)
    return datetime.fromisoformat(at).astimezone(UTC) if isinstance(at, str) else None
