"""One open socket as the hub sees it: a place to put messages, bounded, that never makes the hub wait."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from types import coroutine
from typing import Any

from dropshop.core.members import Member

from .sessions import SessionProof

log = logging.getLogger(__name__)

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
Steps = Generator[Any, None, None]

MAX_OUTBOX = 100  # messages a slow socket may be behind
SEND_TIMEOUT = 5.0  # seconds one message may take to leave
GOING_AWAY, POLICY, FAILED, TRY_LATER = 1001, 1008, 1011, 1013
Gone = (OSError, RuntimeError)  # a server's words for it; RuntimeError is uvicorn's after a ping without a pong
SENT = object()


class Viewer:
    """A socket: who watches, which drops, and what could not be sent yet.

    While a socket keeps up it has no task and no queue: the server's `send` writes at once and returns, so it is run
    here, by hand, up to its first wait. Only where it waits, because the browser takes nothing more, does a task go on
    from there, and what comes meanwhile queues behind it.
    """

    def __init__(self, send: Send, member: Member | None = None, proof: SessionProof | None = None) -> None:
        self.member = member
        self.proof = proof
        self.drops: dict[str, str] = {}  # what the browser called it -> the drop's id
        # How it ends: a close code with its reason, or None when nobody is there any more.
        self.dismissed: asyncio.Future[tuple[int, str] | None] = asyncio.get_running_loop().create_future()
        self._send = send
        self._outbox: deque[Message] = deque()
        self._catching_up: asyncio.Task[None] | None = None
        self._sending_since = 0.0

    def deliver(self, message: Message) -> None:
        """Send `message` (ASGI, shared by all viewers) or queue it. Who is too far behind is dismissed and may come back."""
        if self._catching_up is None and not self.dismissed.done():
            try:
                steps = self._send(message).__await__()
                if (waiting := next(steps, SENT)) is not SENT:
                    self._sending_since = asyncio.get_running_loop().time()
                    self._catching_up = asyncio.create_task(self._catch_up(steps, waiting))
            except Exception as error:  # noqa: BLE001 - told apart and logged there
                self._failed(error)
        elif not self.dismissed.done():
            if len(self._outbox) >= MAX_OUTBOX:
                self.dismiss(TRY_LATER, "too slow")
            else:
                self._outbox.append(message)

    def dismiss(self, code: int, reason: str) -> None:
        """Ask the socket's own task to close it; what waits is forgotten, since whoever returns gets a snapshot."""
        self._end((code, reason))

    async def stop(self) -> None:
        """Send nothing more; returns once nothing is being sent."""
        self._outbox.clear()
        if self._catching_up is not None:
            self._catching_up.cancel()
            await asyncio.wait([self._catching_up])

    @property
    def is_stalled(self) -> bool:
        """Whether a message has been leaving for more than five seconds."""
        return self._catching_up is not None and asyncio.get_running_loop().time() - self._sending_since > SEND_TIMEOUT

    async def _catch_up(self, steps: Steps, waiting: Any) -> None:
        """Finish the message that is leaving, then send what has queued up."""
        try:
            await _rest_of(steps, waiting)
            while self._outbox:
                self._sending_since = asyncio.get_running_loop().time()
                await self._send(self._outbox.popleft())
        except Exception as error:  # noqa: BLE001 - told apart and logged there
            self._failed(error)
        finally:
            self._catching_up = None

    def _failed(self, error: Exception) -> None:
        if isinstance(error, Gone):
            self._end(None)
        else:
            log.error("live: a socket failed", exc_info=error)
            self._end((FAILED, "this went wrong on our side"))

    def _end(self, how: tuple[int, str] | None) -> None:
        self._outbox.clear()
        if not self.dismissed.done():
            self.dismissed.set_result(how)


@coroutine
def _rest_of(steps: Steps, waiting: Any) -> Generator[Any, None, None]:
    """What is left of an awaitable that has been started by hand and now waits for `waiting`."""
    try:
        yield waiting
    except BaseException:
        steps.close()
        raise
    yield from steps
