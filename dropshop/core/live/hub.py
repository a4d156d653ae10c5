"""The hub: one per process. It joins the group once; viewers register here and have no channel of their own.

A Channels consumer costs 240-400 µs per socket and message, most of it a hop to a thread. Here a message is decoded
once, conflated per size, encoded once, and written to each socket from the event loop.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from dropshop.core.ids import parse_id
from dropshop.core.members import Member

from .channel import ChannelListener, ConnectionLost, Gone
from .conflation import Event
from .cpu_budget import CpuBudget
from .feed import FeedRoom
from .maintenance import Maintenance, forever
from .room import Room
from .sessions import SessionProof, sign_in
from .snapshots import Snapshot, Snapshots, read_snapshot
from .threads import DatabaseThreads
from .viewer import GOING_AWAY, TRY_LATER, Viewer

log = logging.getLogger(__name__)
T = TypeVar("T")

JOIN_RETRY_SECONDS = 0.5  # seconds between two attempts while Redis is away
START_TIMEOUT = 3.0  # seconds a socket waits for a hub that has just started
MAX_ALIASES = 1_000  # slugs remembered


class NotVisible(Exception):
    """There is no such drop, or not for this viewer."""


class Hub:
    """Who is connected, what they watch, and what they are told."""

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self.rooms: dict[str, Room] = {}
        self.ready = asyncio.Event()
        self.on_news: Callable[[str | None], None] | None = None  # gets the drop's id; None when messages may be missing
        self._members: dict[str, set[Viewer]] = {}
        self._aliases: dict[str, str] = {}
        self._snapshots = Snapshots(self._read_snapshot)
        self._rounds = Maintenance(self)
        self._pulse = ChannelListener(on_letter=self.open_letter, on_ready=self._joined, on_doubt=self._doubt)
        self._threads = DatabaseThreads()
        self._pace = CpuBudget()
        self._is_starting = True
        self._ahead = timedelta(0)  # the database's clock minus ours
        self.feed = FeedRoom(self.hop, self._pace, self._set_clock, self.server_time)
        self._tasks: list[asyncio.Task[None]] = []

    # -- life

    def start(self) -> None:
        """Join the group and keep joined; `ready` is set while messages arrive. No-op when already started."""
        if not self._tasks:
            rounds = self._rounds
            jobs = (self._stay_joined, rounds.check_viewers, rounds.ask_gate, rounds.read_again)
            self._tasks = [asyncio.create_task(forever(job)) for job in jobs]

    async def stop(self) -> None:
        """Send everybody away and leave the group."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self._dismiss_all(GOING_AWAY, "the shop restarts")
        self._threads.stop()

    async def is_open(self) -> bool:
        """Whether messages arrive; while the process starts, after a moment's wait."""
        if self._is_starting and not self.ready.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.ready.wait(), START_TIMEOUT)
        return self.ready.is_set()

    async def hop(self, blocking: Callable[..., T], *args: Any) -> T:
        """Run what talks to the database in one of the hub's few threads."""
        return await self._threads.run(blocking, *args)

    async def _stay_joined(self) -> None:
        try:
            await self._pulse.listen()
        except (ConnectionLost, *Gone) as error:
            if self.ready.is_set():
                log.warning("live: Redis is away (%r); sending %d sockets to polling", error, len(self.viewers))
        finally:
            self.ready.clear()
            self._doubt()
            self._is_starting = False
            self._dismiss_all(TRY_LATER, "no live messages")
        await asyncio.sleep(JOIN_RETRY_SECONDS)

    def _doubt(self) -> None:
        self._rounds.read_soon()
        if self.on_news is not None:
            self.on_news(None)

    def _joined(self) -> None:
        log.info("live: joined")
        self.ready.set()

    def _dismiss_all(self, code: int, reason: str) -> None:
        for room in self.rooms.values():
            room.close()  # nothing of before is sent after: who comes back gets a snapshot
        self.rooms.clear()
        self.feed.close()
        for viewer in self.viewers:
            viewer.dismiss(code, reason)

    # -- viewers

    async def member_of(self, session_key: str) -> tuple[Any, SessionProof] | None:
        """See `membership.sign_in`; one hop to a thread."""
        return await self.hop(sign_in, session_key)

    def add(self, viewer: Viewer) -> None:
        """Register an accepted socket."""
        self.viewers.add(viewer)
        if viewer.proof is not None:
            self._members.setdefault(viewer.proof.member, set()).add(viewer)

    def remove(self, viewer: Viewer) -> None:
        """Forget a socket that has closed."""
        self.viewers.discard(viewer)
        for drop in list(viewer.drops.values()):
            self._leave(viewer, drop)
        viewer.drops.clear()
        self.feed.leave(viewer)
        if viewer.proof is not None:
            group = self._members.get(viewer.proof.member, set())
            group.discard(viewer)
            if not group:
                self._members.pop(viewer.proof.member, None)

    async def join(self, viewer: Viewer, ref: str) -> None:
        """Send the drop's snapshot to the viewer, and from then on all that happens. Raises NotVisible."""
        drop = await self._id_of(ref, viewer)
        room = self.rooms.setdefault(drop, Room(drop, self._pace))
        room.enter(viewer)
        viewer.drops[ref] = drop
        try:
            snapshot = await self.snapshot(drop, viewer.member)
        except BaseException:
            self.leave(viewer, ref)
            raise
        if snapshot is None:
            self.leave(viewer, ref)
            raise NotVisible(ref)
        room.seat(viewer, snapshot)

    def leave(self, viewer: Viewer, ref: str) -> None:
        """Stop telling the viewer about this drop; no-op if they do not watch it."""
        drop = viewer.drops.pop(ref, None)
        if drop is not None and drop not in viewer.drops.values():
            self._leave(viewer, drop)

    def _leave(self, viewer: Viewer, drop: str) -> None:
        room = self.rooms.get(drop)
        if room is not None:
            room.leave(viewer)
            if not room.viewers:
                room.close()
                del self.rooms[drop]

    async def _id_of(self, ref: str, viewer: Viewer) -> str:
        """The drop's id; a slug is looked up once and remembered."""
        if (pk := parse_id(ref)) is not None:
            return str(pk)
        if ref not in self._aliases:
            snapshot = await self.snapshot(ref, viewer.member)
            if snapshot is None:
                raise NotVisible(ref)
            if len(self._aliases) >= MAX_ALIASES:
                self._aliases.clear()
            self._aliases[ref] = snapshot["drop"]
        return self._aliases[ref]

    async def snapshot(self, drop: str, member: Member | None) -> Snapshot | None:
        """The drop as this member, or a visitor, may see it; shared with all who ask now."""
        return await self._snapshots.get(drop, member)

    async def _read_snapshot(self, ref: str, viewer: Viewer) -> Snapshot | None:
        snapshot = await self.hop(read_snapshot, ref, viewer)
        if snapshot is not None:
            self._set_clock(snapshot["server_time"])
        return snapshot

    def _set_clock(self, server_time: str) -> None:
        self._ahead = datetime.fromisoformat(server_time) - datetime.now(UTC)

    def server_time(self) -> str:
        """The database's clock (S3) as the last answer showed it, ISO 8601."""
        return (datetime.now(UTC) + self._ahead).isoformat().replace("+00:00", "Z")

    # -- messages

    def open_letter(self, to: str | None, drop: str | None, text: str) -> None:
        """An event as it was published: to its member at once, to those who watch a drop or the feed with the next flush.

        Most are for members who are not connected here, thousands per second when a drop opens: those are not even read.
        """
        if to is not None:
            for viewer in tuple(self._members.get(to, ())):
                viewer.deliver({"type": "websocket.send", "text": text})
            return
        if drop is None:
            if self.feed.viewers:
                self.feed.take(json.loads(text))
            return
        if self.on_news is not None:
            self.on_news(drop)
        if drop in self.rooms:
            self.take(json.loads(text))

    def take(self, event: Event) -> None:
        """An event about a drop."""
        room = self.rooms.get(event["drop"])
        if room is not None:
            if event["type"] == "drop-updated":
                self._snapshots.forget(room.drop)
            room.take(event)
