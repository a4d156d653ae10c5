"""How long tests wait, and how they measure, on a machine that has other things to do."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from httpx._config import DEFAULT_TIMEOUT_CONFIG

# Seconds for what must come, in another process or thread: it ends a test that would wait for ever and judges no speed.
PATIENCE = 60.0
# A request that names no other: httpx gives a busy shop five seconds, and has no setting for that, only this object of its own.
DEFAULT_TIMEOUT_CONFIG.__init__(PATIENCE)  # type: ignore[misc]  # begun anew: all clients share it


async def until(condition: Callable[[], Any]) -> Any:
    """The condition's first true value; TimeoutError if it stays false."""
    async with asyncio.timeout(PATIENCE):
        while not (value := condition()):  # noqa: ASYNC110 - many kinds of conditions, one way to wait
            await asyncio.sleep(0.01)
        return value


@contextmanager
def little_work(seconds: float = 5) -> Iterator[None]:
    """Fails where this thread computes for longer meanwhile. What other programs do at the same time does not count."""
    begun = time.thread_time()
    yield
    took = time.thread_time() - begun
    assert took < seconds, f"This took {took:.1f} s of computing, where {seconds:g} are far more than enough."
