"""Everybody who watches one drop: newest facts out, at most ten times a second, never backwards (L1)."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import Any

from .conflation import STOCK, ConflatedQueue, Event
from .cpu_budget import CpuBudget
from .snapshots import Snapshot
from .viewer import Message, Viewer

FLUSH_EVERY = 0.1  # seconds between two flushes at least; more when the process has no time (pace.py)
MAX_EARLY_MESSAGES = 50  # messages kept for a viewer whose snapshot is on its way
COUNTERS = ("total", "available", "reserved", "sold", "version", "next_expiry")

PLAN = ("title", "price", "starts_at", "ends_at", "called_off")  # what staff may change of a drop while it is watched

# What a viewer's snapshot said, size by size; None while the snapshot is on its way.
Floor = dict[str, int] | None


def encode(event: Event) -> Message:
    """`event` as the ASGI message that every viewer shares: written as JSON once."""
    return {"type": "websocket.send", "text": json.dumps(event, separators=(",", ":"))}


class Room:
    """The viewers of one drop and the newest that is known about it."""

    def __init__(self, drop: str, pace: CpuBudget | None = None) -> None:
        self.drop = drop
        self._pace = pace or CpuBudget()
        self.viewers: dict[Viewer, Floor] = {}
        self.phase: str | None = None
        self._plan: dict[str, Any] = {}
        self._outside: set[Viewer] = set()  # who may see the plan alone: visitors of a members-only drop
        self._early: dict[Viewer, deque[tuple[Event, Message]]] = {}  # what happened while a viewer's snapshot was on its way
        self._pending = ConflatedQueue()
        self._refreshes: list[tuple[list[Viewer], Snapshot]] = []
        self._facts: dict[str, Event] = {}
        self._versions: dict[str, int] = {}  # what every viewer was told, or is about to be
        self._flushing: asyncio.Task[None] | None = None
        self._not_before = 0.0

    # -- who watches

    def enter(self, viewer: Viewer) -> None:
        """A viewer has asked for the snapshot: from here on nothing that happens may pass them by."""
        self.viewers[viewer] = None
        self._early[viewer] = deque(maxlen=MAX_EARLY_MESSAGES)

    def seat(self, viewer: Viewer, snapshot: Snapshot) -> None:
        """Deliver the snapshot, no older than anything this room has heard, and then what happened meanwhile."""
        if viewer not in self.viewers:
            return
        fresh = self._overlaid(snapshot)
        self._learn(fresh)
        viewer.deliver(encode(fresh))
        self.viewers[viewer] = versions_of(fresh)
        self._place(viewer, snapshot)
        for event, message in self._early.pop(viewer, ()):
            self._send_one(viewer, event, message)

    def leave(self, viewer: Viewer) -> None:
        """The viewer no longer watches; no-op if they never did."""
        self.viewers.pop(viewer, None)
        self._outside.discard(viewer)
        self._early.pop(viewer, None)

    def close(self) -> None:
        """Forget everything; nothing that waits is sent any more."""
        self.viewers.clear()
        self._outside.clear()
        self._early.clear()
        self._refreshes.clear()
        self._pending.take()

    # -- what happens

    def take(self, event: Event) -> None:
        """Let an event in: facts that are older than what is known stay outside."""
        if event["type"] in STOCK and not self._is_news(event):
            return
        if event["type"] == "drop-updated":
            self.phase = event.get("phase", self.phase)
            self._plan = plan_of(event)
        self._pending.put(event)
        self._flush_soon()

    def is_behind(self, viewers: list[Viewer], snapshot: Snapshot) -> bool:
        """Whether the database knows more than this room was told, as after a message that Redis lost, or these viewers'
        snapshot now holds more or less than theirs did."""
        told = self._versions
        return (
            any((viewer in self._outside) == snapshot.get("complete", True) for viewer in viewers)
            or snapshot["phase"] != self.phase
            or plan_of(snapshot) != self._plan
            or any(version > told.get(size, -1) for size, version in versions_of(snapshot).items())
        )

    def refresh(self, viewers: list[Viewer], snapshot: Snapshot) -> None:
        """Send the snapshot, with the next flush, to viewers who have theirs already, as if they had come back."""
        self._refreshes.append((viewers, snapshot))
        self._flush_soon()

    def _place(self, viewer: Viewer, snapshot: Snapshot) -> None:
        """Inside where the snapshot is complete, else outside."""
        if snapshot.get("complete", True):
            self._outside.discard(viewer)
        else:
            self._outside.add(viewer)

    def _is_news(self, fact: Event) -> bool:
        size, version = fact["size"], fact["version"]
        known = self._versions.get(size, -1)
        if version > known:
            self._facts[size], self._versions[size] = fact, version
        return version > known or (version == known and self._pending.holds(self.drop, size))

    def _learn(self, snapshot: Snapshot) -> None:
        """What every viewer was told is what the least informed was told; snapshots can overtake each other."""
        if self.phase is None:
            self.phase, self._plan = snapshot["phase"], plan_of(snapshot)
        for size, version in versions_of(snapshot).items():
            self._versions[size] = min(version, self._versions.get(size, version))

    def _overlaid(self, snapshot: Snapshot) -> dict[str, Any]:
        """The snapshot, with the counters of any size that a message has meanwhile told better."""
        sizes = []
        for row in snapshot["sizes"]:
            fact = self._facts.get(row["size"])
            newer = fact is not None and fact["version"] > row["version"]
            sizes.append(row | {name: fact[name] for name in COUNTERS if name in fact} if newer and fact else row)
        return {**snapshot, "type": "snapshot", "sizes": sizes}

    # -- telling everybody

    def _flush_soon(self) -> None:
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        """Send what waits; the first message after a quiet time at once, the next 100 ms later (more under load)."""
        clock = asyncio.get_running_loop().time
        try:
            while self._pending or self._refreshes:
                await asyncio.sleep(max(0.0, self._not_before - clock()))
                await self._pace.turn()
                self._not_before = clock() + FLUSH_EVERY
                refreshes, self._refreshes = self._refreshes, []
                for viewers, snapshot in refreshes:
                    await self._show_again(viewers, snapshot)
                await self._send_all([(waiting.event, encode(waiting.event)) for waiting in self._pending.take()])
        finally:
            self._flushing = None

    async def _show_again(self, viewers: list[Viewer], snapshot: Snapshot) -> None:
        fresh = self._overlaid(snapshot)
        message, shown = encode(fresh), versions_of(fresh)
        self.phase, self._plan = snapshot["phase"], plan_of(snapshot)

        def show(viewer: Viewer) -> None:
            floor = self.viewers.get(viewer)
            if floor is not None and all(version >= floor.get(size, -1) for size, version in shown.items()):
                viewer.deliver(message)
                self.viewers[viewer] = shown
                self._place(viewer, snapshot)

        await self._pace.each(viewers, show)
        floors = [floor for floor in self.viewers.values() if floor is not None]
        for size, known in self._versions.items():
            self._versions[size] = max(known, min((floor.get(size, -1) for floor in floors), default=-1))

    async def _send_all(self, messages: list[tuple[Event, Message]]) -> None:
        def tell(viewer: Viewer) -> None:
            for event, message in messages:
                self._send_one(viewer, event, message)

        await self._pace.each(list(self.viewers), tell)

    def _send_one(self, viewer: Viewer, event: Event, message: Message) -> None:
        if viewer not in self.viewers or (viewer in self._outside and event["type"] != "drop-updated"):
            return
        floor, is_stock = self.viewers[viewer], event["type"] in STOCK
        if floor is None:
            if not is_stock:  # the snapshot will know the stock
                self._early[viewer].append((event, message))
        elif not is_stock or event["version"] > floor.get(event["size"], -1):
            viewer.deliver(message)


def plan_of(facts: Event) -> dict[str, Any]:
    """What a snapshot or a `drop-updated` says of title, price and hours, and why it was called off."""
    return {name: facts.get(name) for name in PLAN}


def versions_of(snapshot: Snapshot) -> dict[str, int]:
    """Size label -> version, as this snapshot tells it."""
    return {row["size"]: row["version"] for row in snapshot["sizes"]}
