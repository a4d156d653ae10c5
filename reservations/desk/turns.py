"""A lock that ends before its block does."""

import threading
from typing import Self


class ReleasableLock:
    """A lock that may be let go before the end of the `with`."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock, self._is_held = lock, False

    def __enter__(self) -> Self:
        self._lock.acquire()
        self._is_held = True
        return self

    def __exit__(self, *exception: object) -> None:
        self.end()

    def end(self) -> None:
        """Let go; no-op when that has been done."""
        if self._is_held:
            self._is_held = False
            self._lock.release()
