"""`/ws/live/`: a plain ASGI application per socket, which reads requests to watch and never writes to the shop.

Not a Channels consumer: that would hop to a thread for every message of every viewer. This one hops once when it opens
(who is it?) and once per snapshot, shared with everybody who asks at the same time.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError

from dropshop.core.errors import DropshopError

from .hub import Hub, NotVisible
from .origin import Handshake, Scope, is_known_origin
from .room import encode
from .sessions import MemberDisabled
from .viewer import FAILED, POLICY, TRY_LATER, Message, Send, Viewer

log = logging.getLogger(__name__)
Receive = Callable[[], Awaitable[Message]]

MESSAGE_MAX_LENGTH = 4096  # characters
REF_MAX_LENGTH = 200  # characters of an id or slug
MAX_DROPS = 50  # watched at once by one socket
BURST, RATE = 60, 20  # messages at once, and per second thereafter
BUSY = "The shop cannot reach its database. Try again in a moment."
CLOSE_TIMEOUT = 1.0  # seconds a slow socket has to take its close


class RequestRefused(Exception):
    """A request that cannot be served; code, detail and the drop it was about go back to the browser."""

    def __init__(self, code: str, detail: str, drop: str | None = None) -> None:
        super().__init__(detail)
        self.message = {"type": "error", "code": code, "detail": detail} | ({} if drop is None else {"drop": drop})


class Expelled(Exception):
    """The socket misbehaves and is closed with 1008."""


class LiveSocket:
    """The ASGI application; one per process, with the process's hub."""

    def __init__(self) -> None:
        self.hub = Hub()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it closes.

        Refused before it opens: with 403 an unknown origin or a disabled member, with 503 while there are no live messages.
        """
        await receive()  # websocket.connect
        self.hub.start()
        handshake = Handshake(scope)
        if not is_known_origin(handshake):
            await refuse_socket(scope, send, 403)
            return
        if not await self.hub.is_open():
            await refuse_socket(scope, send, 503)
            return
        try:
            signed_in = await self._signed_in(handshake)
        except MemberDisabled:
            await refuse_socket(scope, send, 403)
            return
        except (OperationalError, InterfaceError):
            await refuse_socket(scope, send, 503)
            return
        await send({"type": "websocket.accept"})
        await self._serve(Viewer(send, *(signed_in or ())), receive, send)

    async def _signed_in(self, handshake: Handshake) -> Any:
        session_key = handshake.COOKIES.get(settings.SESSION_COOKIE_NAME)
        return await self.hub.member_of(session_key) if session_key else None

    async def _serve(self, viewer: Viewer, receive: Receive, send: Send) -> None:
        self.hub.add(viewer)
        if not self.hub.ready.is_set():  # lost while this one was opening
            viewer.dismiss(TRY_LATER, "no live messages")
        reading = asyncio.create_task(self._read(viewer, receive))
        ends: list[asyncio.Future[Any]] = [reading, viewer.dismissed]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            reading.cancel()
            self.hub.remove(viewer)
            await viewer.stop()
            (ending,) = await asyncio.gather(reading, return_exceptions=True)
        if isinstance(ending, Exception):
            log.error("live: a socket failed", exc_info=ending)
            viewer.dismiss(FAILED, "this went wrong on our side")
        if viewer.dismissed.done() and (farewell := viewer.dismissed.result()) is not None:
            await _close(send, *farewell)

    async def _read(self, viewer: Viewer, receive: Receive) -> None:
        """Answer the browser's messages until it goes or is dismissed."""
        allowance = Allowance()
        while (message := await receive())["type"] != "websocket.disconnect":
            try:
                allowance.take()
                await self._answer(viewer, _parse(message))
            except RequestRefused as refusal:
                viewer.deliver(encode(refusal.message))
            except Expelled as reason:
                viewer.dismiss(POLICY, str(reason))

    async def _answer(self, viewer: Viewer, request: dict[str, Any]) -> None:
        match request:
            case {"type": "ping"}:
                viewer.deliver(encode({"type": "pong", "server_time": self.hub.server_time()}))
            case {"type": "join-drop", "drop": str(ref)}:
                await self._join(viewer, ref)
            case {"type": "leave-drop", "drop": str(ref)}:
                self.hub.leave(viewer, ref)
            case {"type": "join-feed"}:
                await self._join_feed(viewer)
            case {"type": "leave-feed"}:
                self.hub.feed.leave(viewer)
            case _:
                known = "Known are join-drop and leave-drop, each with a drop, join-feed, leave-feed and ping."
                raise RequestRefused("invalid", known)

    async def _join(self, viewer: Viewer, ref: str) -> None:
        if len(ref) > REF_MAX_LENGTH or not ref.isprintable():
            raise RequestRefused("not_found", "There is no such drop.", ref)
        if ref not in viewer.drops and len(viewer.drops) >= MAX_DROPS:
            raise RequestRefused("limit_reached", f"One socket watches {MAX_DROPS} drops at most.", ref)
        try:
            await self.hub.join(viewer, ref)
        except NotVisible:
            raise RequestRefused("not_found", "There is no such drop.", ref) from None
        except DropshopError as error:
            raise RequestRefused(error.code, error.detail, ref) from None
        except (OperationalError, InterfaceError):
            raise RequestRefused("busy", BUSY, ref) from None

    async def _join_feed(self, viewer: Viewer) -> None:
        try:
            await self.hub.feed.join(viewer)
        except (OperationalError, InterfaceError):
            raise RequestRefused("busy", BUSY) from None


class Allowance:
    """How many messages a socket may still send: a bucket of 60 that refills with 20 per second."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._left, self._since = float(BURST), self._clock()

    def take(self) -> None:
        """Count one message. Raises Expelled."""
        now = self._clock()
        self._left = min(BURST, self._left + (now - self._since) * RATE)
        self._since = now
        if self._left < 1:
            raise Expelled(f"More than {RATE} messages per second.")
        self._left -= 1


def _parse(message: Message) -> dict[str, Any]:
    """The browser's request. Raises RequestRefused for what is no JSON object, Expelled for what no browser of ours sends."""
    text = message.get("text")
    if text is None:
        raise RequestRefused("invalid", "Messages are JSON text.")
    if len(text) > MESSAGE_MAX_LENGTH:
        raise Expelled(f"A message has {MESSAGE_MAX_LENGTH} characters at most.")
    try:
        request = json.loads(text)
    except (ValueError, RecursionError):
        raise RequestRefused("invalid", "This is not JSON.") from None
    if not isinstance(request, dict):
        raise RequestRefused("invalid", "A message is a JSON object.")
    return request


async def refuse_socket(scope: Scope, send: Send, status: int) -> None:
    """Answer the handshake with `status`; servers without that extension say 403."""
    if status == 403 or "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": POLICY})
        return
    headers = [(b"retry-after", b"3"), (b"cache-control", b"no-store")]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b""})


async def _close(send: Send, code: int, reason: str) -> None:
    """Close an open socket; one that is gone or takes nothing any more is left to the server."""
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await send({"type": "websocket.close", "code": code, "reason": reason})
    except Exception as error:  # noqa: BLE001 - servers differ in how they say that nobody is there
        log.debug("live: a socket could not be closed: %r", error)
