"""How much of its time a process may spend on telling screens: the reservation desk lives on the same event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

CPU_SHARE = 0.15  # of the loop's time; 5,000 screens at 10 µs each are then told every third of a second
BURST_SECONDS = 0.1  # seconds a flush may begin before what was spent is earned back: small rooms need not wait for each other
BUSY_SHARE = 0.2  # of a core, used by everything else: below that nobody minds how much time the screens take
MEASURE_EVERY = 0.05  # seconds over which that is judged
SOCKETS_PER_SLICE = 100  # sockets served before the loop may do something else
MAX_DELAY = 1.0  # seconds a flush may be put off; beyond that screens go before shares

P = TypeVar("P")


class CpuBudget:
    """The rooms' common purse; one per process. A room asks for its turn before a flush and books what the flush costs.

    Seconds of this thread's CPU count and not those on the wall: other work of the loop, which runs in between, must not
    slow the screens down. A process that has nothing else to do owes nothing. `clock`, `used` (this thread's CPU seconds) and
    `used_by_all` (the process's) are for tests.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.thread_time,
        used_by_all: Callable[[], float] = time.process_time,
    ) -> None:
        self._clock, self._used, self._used_by_all = clock, used, used_by_all
        self._earned_back = clock()  # when all that was spent will have been SHARE of the time
        self._since, self._used_then = clock(), used_by_all()  # the end of the last spending
        self._line = asyncio.Lock()

    async def turn(self) -> None:
        """Return when the next flush may begin; who has asked first goes first."""
        since = self._clock()
        async with self._line:
            while (seconds := self.delay(since)) > 0:  # noqa: ASYNC110 - meanwhile others spend, or fall idle
                await asyncio.sleep(min(seconds, MEASURE_EVERY))

    def delay(self, since: float) -> float:
        """Seconds until a flush that has been due `since` then may begin; 0 or less for now."""
        now = self._clock()
        if self._is_idle(now):
            return 0.0
        return min(self._earned_back - BURST_SECONDS, since + MAX_DELAY) - now

    def _is_idle(self, now: float) -> bool:
        seconds = now - self._since
        return seconds >= MEASURE_EVERY and self._used_by_all() - self._used_then < BUSY_SHARE * seconds

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Book the CPU time of this block, which must not await: what others do meanwhile is not ours."""
        before = self._used()
        try:
            yield
        finally:
            now = self._clock()
            earned_back = max(self._earned_back, now) + (self._used() - before) / CPU_SHARE
            self._earned_back = min(earned_back, now + BURST_SECONDS + MAX_DELAY)  # a debt that nobody waits for is forgotten
            self._since, self._used_then = now, self._used_by_all()

    async def each(self, people: list[P], tell: Callable[[P], None]) -> None:
        """`tell` everybody, with a breath for the loop after each hundred; what it costs is booked."""
        for place in range(0, len(people), SOCKETS_PER_SLICE):
            with self.spending():
                for person in people[place : place + SOCKETS_PER_SLICE]:
                    tell(person)
            await asyncio.sleep(0)
