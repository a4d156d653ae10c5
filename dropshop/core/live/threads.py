"""The few threads in which the sockets' process talks to the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.conf import settings
from django.db import close_old_connections

T = TypeVar("T")


class DatabaseThreads:
    """A small pool of threads, however many browsers come back at once.

    Connections go back after each use, as at the end of a request.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(settings.THREADS["sockets"], thread_name_prefix="live")

    async def run(self, blocking: Callable[..., T], *args: Any) -> T:
        """The answer of `blocking(*args)`, called in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _with_connection, blocking, *args)

    def stop(self) -> None:
        """Take no more work; what waits is cancelled."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _with_connection(blocking: Callable[..., T], *args: Any) -> T:
    close_old_connections()
    try:
        return blocking(*args)
    finally:
        close_old_connections()
