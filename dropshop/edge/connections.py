"""Connections as the process sees them: those that say nothing, or take nothing, are closed, and one address has not all.

uvicorn has a deadline for idle connections only. Here the head of a request has one too, and a size; what is sent to a
client that does not read is not kept for ever; and where a connection too many comes from one address, the one that has
waited longest there makes room for it.
"""

from __future__ import annotations

import asyncio
import logging
import resource
from functools import partial
from typing import Any, Protocol

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from dropshop.core.client_address import network_of
from dropshop.core.whole_response import EXTENSION, header_lines
from dropshop.edge.bodies import IS_WHOLE

log = logging.getLogger(__name__)

CHECK_EVERY = 1.0  # seconds between two looks at all connections
STALL_TIMEOUT = 20.0  # seconds in which a client that is sent something has to take some of it
MAX_HEAD_BYTES = 65_536  # bytes of a request line with its headers
MAX_HEADERS = 200  # of a request; each costs far more than the bytes of a short one
MAX_PIPELINED = 16  # requests that a connection sends before it has the answer to the first
OWN_FILES = 200  # descriptors the process needs besides: databases, Redis, logs, files that are sent
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Connection(Protocol):
    """What the crowd knows of a connection."""

    transport: asyncio.Transport

    @property
    def waiting_since(self) -> float | None:
        """Since when the shop waits for a request from it, by the loop's clock; None while it has one, or is a socket."""

    @property
    def is_unfinished(self) -> bool:
        """Whether something of its request is still to come."""


class Crowd:
    """All connections of the process."""

    def __init__(self) -> None:
        self._of: dict[str, dict[Connection, float]] = {}  # by peer; when each came
        self._stuck: dict[Connection, tuple[int, float]] = {}  # what waits to be taken, and since when it has been as much
        self._count = 0
        self._looking: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return self._count

    def enter(self, connection: Connection) -> bool:
        """Whether there is room for it; if need be, one that has waited longer is closed."""
        peer = _peer(connection)
        loop = asyncio.get_running_loop()
        if not settings.DROPSHOP_PROXIES and len(self._of.get(peer, ())) >= settings.CONNECTIONS_PER_ADDRESS:
            if not self._make_room(peer):
                return False
        elif self._count >= most_connections() and not self._make_room(max(self._of, key=lambda each: len(self._of[each]))):
            return False
        self._of.setdefault(peer, {})[connection] = loop.time()
        self._count += 1
        if self._looking is None:
            self._looking = loop.call_later(CHECK_EVERY, self._look)
        return True

    def leave(self, connection: Connection) -> None:
        """It has closed, or was never let in."""
        peer = _peer(connection)
        those = self._of.get(peer, {})
        if those.pop(connection, None) is not None:
            self._count -= 1
        if not those:
            self._of.pop(peer, None)
        self._stuck.pop(connection, None)

    def _make_room(self, peer: str) -> bool:
        """Closes the connection of this peer that has waited longest for anything to be said on it."""
        those = self._of[peer]
        unfinished = [connection for connection in those if connection.is_unfinished]
        if not unfinished:
            return False
        longest = min(unfinished, key=lambda each: each.waiting_since or those[each])
        longest.transport.abort()
        self.leave(longest)
        return True

    def _look(self) -> None:
        """Closes those that have said nothing, or taken nothing, for too long."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in [connection for those in self._of.values() for connection in those]:
            if self._is_over(connection, now):
                connection.transport.abort()
        self._looking = loop.call_later(CHECK_EVERY, self._look) if self._count else None

    def _is_over(self, connection: Connection, now: float) -> bool:
        """Whether it has said nothing, or taken nothing, for too long. Who still takes an answer need not say anything."""
        waiting = connection.transport.get_write_buffer_size()
        if waiting:
            return self._is_stuck(connection, waiting, now)
        self._stuck.pop(connection, None)
        since = connection.waiting_since
        return since is not None and now - since > settings.HEAD_SECONDS

    def _is_stuck(self, connection: Connection, waiting: int, now: float) -> bool:
        before, since = self._stuck.get(connection, (0, now))
        if waiting != before:
            self._stuck[connection] = waiting, now
            return False
        return now - since > STALL_TIMEOUT


crowd = Crowd()


class Http(HttpToolsProtocol):
    """uvicorn's, in the crowd; `waiting_since` and `is_unfinished` are what the crowd asks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._since = self.loop.time()
        self._in_head = False
        self._head_size = 0
        self._is_refused = False
        self._parts: list[bytes] = []  # of a body, from what has just been read

    @property
    def waiting_since(self) -> float | None:
        return self._since if self._is_idle else None

    @property
    def is_unfinished(self) -> bool:
        return self._is_idle or self.cycle.more_body

    @property
    def _is_idle(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # None before the first, whatever uvicorn's types say
        return cycle is None or cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if not crowd.enter(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        crowd.leave(self)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        crowd.leave(self)
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head and not self._is_refused:
            self._head_size += len(data)
            if self._head_size > 2 * MAX_HEAD_BYTES:  # of which the parser has not told us yet
                self._refuse()
        self._hand_on()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_size = True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Those before the body. What follows a body in chunks (trailers) would pass for headers that a proxy has set."""
        if self._in_head and len(self.headers) <= MAX_HEADERS:
            self._head_size += len(name) + len(value)
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        is_too_much = self._head_size + len(self.url) > MAX_HEAD_BYTES or len(self.headers) > MAX_HEADERS
        if is_too_much or len(self.pipeline) >= MAX_PIPELINED:
            self._refuse()
        elif not self._is_refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        self._hand_on()
        if not self._is_refused:
            super().on_message_complete()

    def _hand_on(self) -> None:
        """What has come of a body, as one part: uvicorn copies all it has for every part, and a chunk may have one byte."""
        parts, self._parts = self._parts, []
        if parts and not self._is_refused:
            super().on_body(b"".join(parts))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        scope: Any = cycle.scope
        scope["extensions"] = {EXTENSION: partial(_send_whole, cycle), IS_WHOLE: lambda: not cycle.more_body}
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        super().on_response_complete()

    def _refuse(self) -> None:
        if self._is_idle and not self._is_refused:  # else these words would stand in the middle of an answer
            self.transport.write(TOO_LARGE)
        self._is_refused = True
        self.transport.close()


async def _send_whole(cycle: RequestResponseCycle, status: int, lines: bytes, body: bytes) -> None:
    """Head and body in one piece, as uvicorn's `cycle.send` has them in two (see `dropshop.core.whole_response`)."""
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if cycle.disconnected:
        return
    if cycle.response_started:
        raise RuntimeError("This request has been answered.")
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    ends = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
    cycle.transport.write(b"".join((STATUS_LINE[status], header_lines(cycle.default_headers), lines, ends, body)))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()


class Socket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, in the crowd."""

    waiting_since = None
    is_unfinished = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if not crowd.enter(self):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated and self.conn.handshake_exc is not None:  # uvicorn would keep it, and say nothing
            self.transport.write(BAD_REQUEST)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        crowd.leave(self)
        super().connection_lost(exc)


def most_connections() -> int:
    """As many as the process may have files open, less those it needs for other things."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft - OWN_FILES, soft // 2)


def _peer(connection: Connection) -> str:
    """As limits count it: IPv6 by its /64, of which one host has all addresses."""
    peer = connection.transport.get_extra_info("peername")
    return network_of(str(peer[0])) if isinstance(peer, tuple) else ""
