"""How long tests wait, and how they measure, on a machine that has other things to do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

# Seconds for what must come, in another process or thread: it ends a test that would wait for ever and judges no speed.
PATIENCE = 60.0


@contextmanager
def little_work(seconds: float = 5) -> Iterator[None]:
    """Fails where this thread computes for longer meanwhile. What other programs do at the same time does not count."""
    begun = time.thread_time()
    yield
    took = time.thread_time() - begun
    assert took < seconds, f"This took {took:.1f} s of computing, where {seconds:g} are far more than enough."
