"""A request's body, read whole before anybody works for the request: within a size, a pace and a deadline.

Whoever sends slowly, or nothing, keeps a connection waiting and nothing else. The shop behind this sees only requests
whose body is there, with its true length.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from dropshop.core.errors import Busy, DropshopError, Gone, Invalid
from dropshop.edge.share import Share

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]

IS_WHOLE = "dropshop.is_whole"  # in `scope["extensions"]`: tells whether the whole body has come already
SMALL_BODY_BYTES = 65_536  # bytes that every request may have without asking for room
ADDRESS_SHARE = 4  # one address may have a quarter of the room


class TooSlow(DropshopError):
    """The body did not come in time."""

    code, status, title = "too_slow", 408, "The request did not come in time."


class Bodies:
    """Reads bodies; one per process. Large ones share a bounded room in memory."""

    def __init__(self) -> None:
        self.room = Share(each=lambda: settings.BODIES_MEMORY // ADDRESS_SHARE, total=lambda: settings.BODIES_MEMORY)

    async def read(self, scope: Scope, receive: Receive, *, most: int, address: str) -> "Body":
        """The whole body, of which the caller says when it is no longer needed (`forget`).

        One of more than `most` bytes is not read to its end; it is empty, and `length` tells what was too much.
        Raises Gone, TooSlow, Invalid for contradictory lengths, Busy while there is no room for large ones.
        """
        promised = _promised(scope)
        if promised == 0:
            return Body(b"", 0)
        if promised is not None and promised > most:
            return Body(b"", promised)
        reading = _Reading(self.room, address, most)
        try:
            await reading.to_the_end(receive, is_whole=_is_whole(scope))
        except BaseException:
            reading.forget()
            raise
        if reading.size > most:
            reading.forget()
            return Body(b"", reading.size)
        if promised is not None and promised != reading.size:
            reading.forget()
            raise Invalid("The body is not as long as Content-Length says.")
        return Body(bytes(reading.content), reading.size, reading.forget)


class Body:
    """What was read."""

    __slots__ = ("_forget", "content", "length")

    def __init__(self, content: bytes, length: int, forget: Callable[[], None] | None = None) -> None:
        self.content, self.length, self._forget = content, length, forget

    def forget(self) -> None:
        """Its room is free again."""
        if self._forget is not None:
            self._forget()

    def described(self, scope: Scope) -> Scope:
        """The scope of a request that came with this body: with its true length, and nothing of how it travelled."""
        headers = [(name, value) for name, value in scope["headers"] if name not in _TRAVEL]
        if self.length:
            headers.append((b"content-length", b"%d" % self.length))
        return scope | {"headers": headers}

    async def receive(self) -> dict[str, Any]:
        """The one message in which ASGI applications get it."""
        return {"type": "http.request", "body": self.content, "more_body": False}


_TRAVEL = (b"content-length", b"transfer-encoding", b"expect", b"trailer")


class _Reading:
    """A body on its way in."""

    def __init__(self, room: Share, address: str, most: int) -> None:
        self.content = bytearray()
        self.size = 0
        self._room, self._address, self._most = room, address, most
        self._reserved = 0

    async def to_the_end(self, receive: Receive, *, is_whole: bool) -> None:
        """Reads until the end, or until it is too much; what has come already needs no deadline."""
        if is_whole:
            await self._read_on(receive)
            return
        begun = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(begun + settings.BODY_SECONDS) as deadline:
                while await self._read_on(receive):
                    deadline.reschedule(begun + settings.BODY_SECONDS + self.size / settings.BODY_PACE)
        except TimeoutError:
            raise TooSlow from None

    async def _read_on(self, receive: Receive) -> bool:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        part = message.get("body", b"")
        self.size += len(part)
        if self.size > self._most:
            return False
        self._make_room()
        self.content += part
        return bool(message.get("more_body", False))

    def _make_room(self) -> None:
        more = self.size - SMALL_BODY_BYTES - self._reserved
        if more > 0:
            if not self._room.take(self._address, more):
                raise Busy("Too many large requests are on their way. Try again in a moment.", retry_after=5)
            self._reserved += more

    def forget(self) -> None:
        """Gives the room back; no-op when that has been done."""
        if self._reserved:
            self._room.give_back(self._address, self._reserved)
            self._reserved = 0


def _is_whole(scope: Scope) -> bool:
    told = scope.get("extensions", {}).get(IS_WHOLE)
    return told is not None and told()


def _promised(scope: Scope) -> int | None:
    """The length by the headers; None where only its end will tell.

    Raises Invalid for what two readers may read in two ways.
    """
    lengths = {value for name, value in scope["headers"] if name == b"content-length"}
    encodings = [value for name, value in scope["headers"] if name == b"transfer-encoding"]
    if encodings:
        if lengths:
            raise Invalid("A request has a Content-Length or a Transfer-Encoding, not both.")
        if [value.strip().lower() for value in encodings] != [b"chunked"] or scope.get("http_version") == "1.0":
            raise Invalid("The only Transfer-Encoding here is chunked.")
        return None
    if not lengths:
        return 0
    length = lengths.pop()
    if lengths or not (length.isdigit() and len(length) < 20):
        raise Invalid("Content-Length is not a number.")
    return int(length)
