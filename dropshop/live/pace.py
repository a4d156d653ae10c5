"""How much of its time a process may spend on telling screens: the reservation desk lives on the same event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SHARE = 0.15  # of the loop's time; 5,000 screens at 10 µs each are then told every third of a second
BURST = (
    0.1  # seconds a flush may start before all that was spent is earned back: a quiet drop's first message waits for nothing
)
LATEST = 1.0  # seconds a flush may be put off; beyond that screens go before shares


class Pace:
    """The rooms' common purse; one per process. A room asks for its turn before a flush and books what the flush costs.

    Seconds of this thread's CPU count and not those on the wall: other work of the loop, which runs in between, must not
    slow the screens down. `clock` and `used` are for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.thread_time) -> None:
        self._clock, self._used = clock, used
        self._earned_back = clock()  # when all that was spent will have been SHARE of the time
        self._line = asyncio.Lock()

    async def turn(self) -> None:
        """Return when the next flush may begin; who has asked first goes first."""
        since = self._clock()
        async with self._line:
            while (seconds := self.delay(since)) > 0:  # noqa: ASYNC110 - while we sleep, a flush under way goes on spending
                await asyncio.sleep(seconds)

    def delay(self, since: float) -> float:
        """Seconds until a flush that has been due `since` then may begin; 0 or less for now."""
        return min(self._earned_back - BURST, since + LATEST) - self._clock()

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Book the CPU time of this block, which must not await: what others do meanwhile is not ours."""
        before = self._used()
        try:
            yield
        finally:
            now = self._clock()
            earned_back = max(self._earned_back, now) + (self._used() - before) / SHARE
            self._earned_back = min(earned_back, now + BURST + LATEST)  # a debt that nobody waits for is forgotten
