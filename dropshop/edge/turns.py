"""Who may use one of a few threads next: the addresses that wait take turns, whatever each of them asks for."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dropshop.core.errors import RateLimited

UNBOUNDED = 1_000_000


class Turns:
    """A few places, and one line per address before them; belongs to the event loop."""

    def __init__(self, places: int, *, waiting: int = UNBOUNDED, each: int = UNBOUNDED) -> None:
        """At most `waiting` wait, and `each` of one address: who comes then is refused at once."""
        self._free, self._most, self._each = places, waiting, each
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.waiting = 0

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[bool]:
        """Has a place meanwhile; yields whether it was waited for. Raises RateLimited where the line is full."""
        waited = self._free <= 0
        if waited:
            await self._wait(address)
        else:
            self._free -= 1
        try:
            yield waited
        finally:
            self._next()

    async def _wait(self, address: str) -> None:
        line = self._lines.get(address)
        if self.waiting >= self._most or (line is not None and len(line) >= self._each):
            raise RateLimited(retry_after=2)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(address, deque()).append(turn)
        self.waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._next()  # it was this one's turn already
            raise

    def _next(self) -> None:
        """The place goes to whoever waits longest at the address that is next."""
        while self._lines:
            address, line = next(iter(self._lines.items()))
            turn = line.popleft()
            self.waiting -= 1
            if line:
                self._lines.move_to_end(address)
            else:
                del self._lines[address]
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
