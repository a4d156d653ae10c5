"""Messages between two processes of the shop on one machine: JSON in frames over a Unix socket.

What one turn of the event loop has to say travels in one frame. An empty frame asks whether the other is there, or says so.
"""

from __future__ import annotations

import asyncio
import select
import struct
from typing import Any, cast

import orjson

LENGTH = struct.Struct(">I")  # bytes of the frame that follows
MAX_FRAME_BYTES = 16_000_000  # bytes; the wishes that one process may have under way at another are far fewer


class Frames(asyncio.Protocol):
    """One end of a connection. Belongs to the event loop."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None  # before it is connected
        self._loop = asyncio.get_running_loop()
        self._read = bytearray()
        self._said: list[Any] = []
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = True

    def data_received(self, data: bytes) -> None:
        self._read += data
        while len(self._read) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._read)
            if length > MAX_FRAME_BYTES:
                self.hang_up()
                return
            end = LENGTH.size + length
            if len(self._read) < end:
                return
            frame = bytes(self._read[LENGTH.size : end])
            del self._read[:end]
            self.heard(orjson.loads(frame))

    def heard(self, messages: list[Any]) -> None:
        """The messages of one frame."""
        raise NotImplementedError

    def say(self, message: Any) -> None:
        """In one frame with what else is said in this turn of the loop; nothing happens once the connection is lost."""
        if not self._said:
            self._loop.call_soon(self._send)
        self._said.append(message)

    def show_life(self) -> None:
        """Send an empty frame at once."""
        self._write([])

    def hang_up(self) -> None:
        """Close the connection at once."""
        if self.transport is not None:
            self.transport.abort()

    def has_hung_up(self) -> bool:
        """Whether the other end is closed by now, as the kernel knows it, also where there is more to read. For any thread."""
        socket = None if self.transport is None else self.transport.get_extra_info("socket")
        if self.is_lost or socket is None or (end := socket.fileno()) < 0:
            return True
        look = select.poll()
        look.register(end, select.POLLRDHUP)
        return bool(look.poll(0))

    def _send(self) -> None:
        said, self._said = self._said, []
        self._write(said)

    def _write(self, messages: list[Any]) -> None:
        if self.transport is not None and not self.is_lost:
            text = orjson.dumps(messages)
            self.transport.write(LENGTH.pack(len(text)) + text)
