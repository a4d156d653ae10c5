"""Publishing: called from operations inside their transaction, done after COMMIT by a thread of the process (L1).

The caller pays for an append to a queue and nothing else. Whether Redis is fast, slow or gone, a won pair stays won.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import socket
import threading
import time
from datetime import datetime, timedelta
from typing import Any

import orjson
from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers

from dropshop.core.transactions import after_commit

from .conflation import STOCK, ConflatedQueue, Event, QueuedEvent, is_for_the_feed

log = logging.getLogger(__name__)

# How an event travels: the member it is for, or None; the drop it is about, or None; and the socket message itself, as
# JSON. A process can tell by the address that none of its screens wants it, and needs not read it.
Envelope = tuple[str | None, str | None, str]

GROUP = "live"
SEND_TIMEOUT = 3.0  # seconds
MAX_EVENTS_PER_MESSAGE = 100  # events in one message of the layer
OPENING_PAUSE = 0.03  # seconds between two messages when a drop opens: each costs every process more than the events in it
STALE_AFTER = 5.0  # seconds after which "it happened" is no news; facts about stock stay true until a newer one
BACKOFF = (0.1, 0.2, 0.5, 1.0)  # seconds before each further attempt


def publish_on_commit(*events: Event) -> None:
    """Send `events` (socket messages of the contract; `to`: one member's id) to every screen once this transaction commits.

    After a rollback nothing is sent. Never raises and never waits for Redis: a publisher thread sends, and while it
    cannot, the newest fact of every size is kept until it can.
    """
    if events:
        after_commit(publish, *map(dict, events))


def publish(*events: Event) -> None:
    """The same at once, for callers that run after COMMIT already."""
    _publisher.put(*events)


def flush(timeout: float = 2.0) -> bool:
    """Wait until everything handed over was sent, `timeout` seconds at most; False if something is still waiting."""
    return _publisher.flush(timeout)


class Publisher:
    """One thread with one event loop and one connection; started by the first event."""

    def __init__(self) -> None:
        self._pending = ConflatedQueue()
        self._changed = threading.Condition()
        self._sending = False
        self._closing = False
        self._failures = 0
        self._is_nudged = False
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None

    def put(self, *events: Event) -> None:
        """Queue `events` for sending; returns at once. No-op after `close`."""
        with self._changed:
            if self._closing:
                return
            for event in events:
                self._pending.put(event)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="live-publisher", daemon=True)
                self._thread.start()
            self._nudge()

    def flush(self, timeout: float) -> bool:
        """Wait until the queue is empty and the last send was answered."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending and not self._sending, timeout)

    def close(self, timeout: float = 2.0) -> bool:
        """Send what waits, `timeout` seconds at most, and end for good; True if everything was sent."""
        is_empty = self.flush(timeout)
        with self._changed:
            self._closing = True
            self._nudge()
        if self._thread is not None:
            self._thread.join(timeout)
        return is_empty

    def _nudge(self) -> None:
        """Once, until it takes: each time costs a call of the system here and a turn of its thread, while whoever has just
        committed is still to be answered."""
        if self._loop is not None and self._wake is not None and not self._is_nudged:
            self._is_nudged = True
            self._loop.call_soon_threadsafe(self._wake.set)

    def _work(self) -> None:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(self._send_until_closed())

    async def _send_until_closed(self) -> None:
        wake = asyncio.Event()
        with self._changed:
            self._wake, self._loop = wake, asyncio.get_running_loop()
        layer = channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)
        while not self._closing:
            wake.clear()
            if batch := self._take():
                await self._send(layer, batch)
                await asyncio.sleep(0 if self._failures else OPENING_PAUSE)
            else:
                await wake.wait()
        with self._changed:
            self._wake = self._loop = None
        await layer.flush()

    def _take(self) -> list[QueuedEvent]:
        with self._changed:
            self._is_nudged = False
            batch = self._pending.take()
            self._sending = bool(batch)
            self._changed.notify_all()
            return batch

    async def _send(self, layer: Any, batch: list[QueuedEvent]) -> None:
        """Many events travel in one message: after a busy commit the layer's own cost would be the dearest part."""
        for place in range(0, len(batch), MAX_EVENTS_PER_MESSAGE):
            letters = [
                letter
                for waiting in batch[place : place + MAX_EVENTS_PER_MESSAGE]
                if (letter := _as_letter(waiting)) is not None
            ]
            if not letters:
                continue
            try:
                async with asyncio.timeout(SEND_TIMEOUT):
                    await layer.group_send(GROUP, {"type": "live.events", "letters": letters})
            except Exception as error:  # noqa: BLE001 - whatever Redis or the layer does, the shop goes on
                await self._failed(layer, batch[place:], error)
                return
            if self._failures:
                log.info("live: Redis takes messages again after %d failures", self._failures)
                self._failures = 0

    async def _failed(self, layer: Any, unsent: list[QueuedEvent], error: Exception) -> None:
        """Put back what was not sent, start over with a new connection, and wait a little longer each time."""
        if not self._failures:
            log.warning("live: Redis does not take messages (%r); keeping the newest facts", error)
        self._put_back(unsent)
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await layer.flush()
        except Exception as another:  # noqa: BLE001
            log.warning("live: closing the old connection failed (%r)", another)
        await asyncio.sleep(BACKOFF[min(self._failures, len(BACKOFF) - 1)])
        self._failures += 1

    def _put_back(self, unsent: list[QueuedEvent]) -> None:
        with self._changed:
            newer = self._pending.take()
            for waiting in [*unsent, *newer]:
                self._pending.put(*waiting)


class _Loop(asyncio.SelectorEventLoop):
    """Looks names up in its own thread, which may wait: while a command ends, Python lends no other."""

    async def getaddrinfo(self, host: Any, port: Any, **hints: Any) -> Any:
        return socket.getaddrinfo(host, port, **hints)


def _as_letter(waiting: QueuedEvent) -> Envelope | None:
    """The event as it travels; None for what is too old or cannot be written as JSON."""
    event, age = waiting.event, time.monotonic() - waiting.since
    if age > STALE_AFTER and event["type"] not in STOCK:
        log.warning("live: %s was %.0f s old and is no longer news", event["type"], age)
        return None
    if age > 1 and "server_time" in event:
        event = event | {"server_time": _later(event["server_time"], age)}
    to, drop = (None, None) if is_for_the_feed(event) else (event.get("to"), event.get("drop"))
    if to is not None:
        event = {name: value for name, value in event.items() if name != "to"}
    try:
        text = orjson.dumps(event).decode()
    except (TypeError, ValueError):
        log.exception("live: an event of type %s cannot be written as JSON", event["type"])
        return None
    return None if to is None else str(to), None if drop is None else str(drop), text


def _later(server_time: str, seconds: float) -> str:
    """The server's clock, `seconds` after it was read: a late message must not set a screen's clock back."""
    moment = datetime.fromisoformat(server_time) + timedelta(seconds=seconds)
    return moment.isoformat().replace("+00:00", "Z" if server_time.endswith("Z") else "+00:00")


_publisher = Publisher()
_parents: list[Publisher] = []


def _start_over_in_child() -> None:
    """A forked child has no publisher thread: it gets its own. The parent's is kept, so that nothing closes its sockets."""
    global _publisher
    _parents.append(_publisher)
    _publisher = Publisher()


def _end() -> None:
    _publisher.close()


os.register_at_fork(after_in_child=_start_over_in_child)
atexit.register(_end)
