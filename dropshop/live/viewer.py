"""One open socket as the hub sees it: a place to put messages, bounded, that never makes the hub wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from .membership import Proof

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]

OUTBOX = 100  # messages a slow socket may be behind
STALL = 5.0  # seconds one message may take to leave
GOING_AWAY, POLICY, FAILED, TRY_LATER = 1001, 1008, 1011, 1013


class Viewer:
    """A socket: who watches, which drops, and its outbox."""

    def __init__(self, send: Send, member: Any = None, proof: Proof | None = None) -> None:
        self.member = member
        self.proof = proof
        self.drops: dict[str, str] = {}  # what the browser called it -> the drop's id
        self.dismissed: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self._send = send
        self._outbox: deque[Message] = deque()
        self._filled = asyncio.Event()
        self._sending_since: float | None = None

    def deliver(self, message: Message) -> None:
        """Queue `message` (an ASGI message, shared by all viewers). Who is too far behind is dismissed and may come back."""
        if self.dismissed.done():
            return
        if len(self._outbox) >= OUTBOX:
            self.dismiss(TRY_LATER, "too slow")
            return
        self._outbox.append(message)
        self._filled.set()

    def dismiss(self, code: int, reason: str) -> None:
        """Ask the socket's own task to close it; what waits is forgotten, since whoever returns gets a snapshot."""
        self._outbox.clear()
        if not self.dismissed.done():
            self.dismissed.set_result((code, reason))

    async def write(self) -> None:
        """Send what is delivered, for as long as the socket lives; ends when the server says that nobody is there."""
        clock = asyncio.get_running_loop().time
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._outbox:
                self._sending_since = clock()
                try:
                    await self._send(self._outbox.popleft())
                except (OSError, RuntimeError):  # gone; RuntimeError is uvicorn's word for it after a ping without a pong
                    return
                self._sending_since = None

    @property
    def is_stalled(self) -> bool:
        """Whether a message has been leaving for more than five seconds."""
        since = self._sending_since
        return since is not None and asyncio.get_running_loop().time() - since > STALL
