"""The desk: reserving at the bell faster than the database's own row lock, by group commit.

A size's row is locked until its commit is flushed, so one transaction per shopper can never beat 1 / (execute + flush).
Here the requests that arrive while a batch is being committed wait together and are the next batch: one lock, one
decision in the order of arrival, one insert, one flush, and only then the answers. There is no timer: a lone
shopper is a batch of one and waits for nobody. Several processes simply queue at the row lock.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from django.db import close_old_connections, connection

from dropshop.errors import Busy, DropshopError, translate

log = logging.getLogger(__name__)

BATCH_MAX = 256  # wishes in one transaction: more would make those at its head wait for those at its end
WAITING_MIN = 512  # so many may always wait, however slow the last batches were
PATIENCE = 1.0  # seconds of work that may wait; whoever would wait longer is told "busy" at once
DROPS_AT_ONCE = 2  # batches of different drops that are committed side by side; a database connection each


# Answers all wishes of one drop in their order, in one transaction, blocking: a value or a refusal for each.
Serve = Callable[[UUID, Sequence[Any]], Sequence[Any]]


class Desk:
    """One per process: a line for every drop that somebody is asking about."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._lines: dict[UUID, Line] = {}
        self._threads = ThreadPoolExecutor(DROPS_AT_ONCE, thread_name_prefix="desk")

    async def ask(self, drop_id: UUID, wish: Any) -> Any:
        """What `serve` answers to this wish, after the commit of its batch. Raises Busy at once when the line is too long.

        A client that hangs up takes nothing back: its wish is decided with the others.
        """
        line = self._lines.get(drop_id)
        if line is None:
            line = self._lines[drop_id] = Line(drop_id, self._hop)
        return await line.join(wish)

    def stop(self) -> None:
        """Finish what is being committed and take no more."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def _hop(self, drop_id: UUID, wishes: Sequence[Any]) -> Sequence[Any]:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._in_thread, drop_id, wishes)

    def _in_thread(self, drop_id: UUID, wishes: Sequence[Any]) -> Sequence[Any]:
        """All together; if that fails, one by one, so that a poisonous wish harms only itself.

        A commit whose outcome is unknown is resolved in the same way: asking again finds the hold that the first
        attempt left, under the lock (H3), and never makes a second one.
        """
        try:
            return self._attempt(drop_id, wishes)
        except Exception as error:
            if len(wishes) == 1:
                return [_refusal(error)]
            log.warning("desk: a batch of %d failed, now one by one", len(wishes), exc_info=error)
        return [self._alone(drop_id, wish) for wish in wishes]

    def _alone(self, drop_id: UUID, wish: Any) -> Any:
        try:
            (answer,) = self._attempt(drop_id, [wish])
        except Exception as error:  # noqa: BLE001 - named or logged in _refusal
            return _refusal(error)
        return answer

    def _attempt(self, drop_id: UUID, wishes: Sequence[Any]) -> Sequence[Any]:
        close_old_connections()
        try:
            return self._serve(drop_id, wishes)
        finally:
            if connection.needs_rollback or not connection.get_autocommit():
                connection.close()
            close_old_connections()


def _refusal(error: Exception) -> DropshopError:
    """The error by its name; a bug is logged and told as busy, since nothing was promised."""
    known = translate(error)
    if known is None:
        log.error("desk: a wish failed", exc_info=error)
        return Busy()
    return known


class Line:
    """The wishes on one drop: those being decided, and those that will be the next batch."""

    def __init__(self, drop_id: UUID, hop: Callable[[UUID, Sequence[Any]], Any]) -> None:
        self._drop_id, self._hop = drop_id, hop
        self._waiting: deque[tuple[Any, asyncio.Future[Any]]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._per_second = float(WAITING_MIN)

    async def join(self, wish: Any) -> Any:
        """The answer, once its batch has committed; raises Busy when about a second of work waits already."""
        if len(self._waiting) >= max(WAITING_MIN, self._per_second * PATIENCE):
            raise Busy(retry_after=PATIENCE)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((wish, answer))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await asyncio.shield(answer)

    async def _work(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(BATCH_MAX, len(self._waiting)))]
                started = clock()
                answers = await self._hop(self._drop_id, [wish for wish, _ in batch])
                self._pace(len(batch), clock() - started)
                for (_, future), answer in zip(batch, answers, strict=True):
                    future.set_result(answer)
        finally:
            self._worker = None

    def _pace(self, served: int, seconds: float) -> None:
        """Wishes per second of late; small batches say little about how many a large one could hold."""
        weight = min(1.0, served / BATCH_MAX) / 4
        self._per_second += weight * (served / max(seconds, 1e-6) - self._per_second)
