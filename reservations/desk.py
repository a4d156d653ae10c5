"""The desk: deeds at the bell faster than the database's own row lock, by group commit.

A size's row is locked until its commit is flushed, so one transaction per shopper can never beat 1 / (execute + flush).
Here the wishes that arrive while a batch is being committed wait together and are the next batch: one lock, one
decision in the order of arrival, one insert, one flush, and only then the answers. There is no timer: a lone
shopper is a batch of one and waits for nobody. Several processes simply queue at the row lock.

    desk = Desk()
    reserving = Counter(desk, serve, rank=1)
    answer = await reserving.ask(drop_id, wish)
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from django.db import close_old_connections, connection

from dropshop.errors import Busy, DropshopError, translate

log = logging.getLogger(__name__)

BATCH_MAX = 256  # wishes in one transaction: more would make those at its head wait for those at its end
WAITING_MIN = 512  # so many may always wait, however slow the last batches were
PATIENCE = 1.0  # seconds of work that may wait; whoever would wait longer is told "busy" at once
THREADS = 2  # batches that are committed side by side; a database connection each


# Answers all wishes on one drop in their order, in one transaction, blocking: a value or a refusal for each.
Serve = Callable[[UUID, Sequence[Any]], Sequence[Any]]


class Desk:
    """One per process: a few threads, and the lines that wait for one of them; lower ranks first."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="desk")
        self._free = threads
        self._ready: dict[int, deque[Line]] = {}
        self._going: set[asyncio.Task[None]] = set()

    def call(self, line: Line) -> None:
        """The line has wishes and nobody serves it: its next batch begins as soon as a thread is free."""
        self._ready.setdefault(line.rank, deque()).append(line)
        self._dispatch()

    def stop(self) -> None:
        """Finish what is being committed and take no more."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _dispatch(self) -> None:
        for rank in sorted(self._ready):
            while self._free and self._ready[rank]:
                self._free -= 1
                self._start(self._serve(self._ready[rank].popleft()))

    def _start(self, job: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(job)
        self._going.add(task)  # the loop itself remembers tasks only weakly
        task.add_done_callback(self._going.discard)

    async def _serve(self, line: Line) -> None:
        try:
            await line.serve_batch(self._threads)
        finally:
            self._free += 1
            if not line.rests():
                self._ready[line.rank].append(line)
            self._dispatch()


class Counter:
    """One kind of deed at the desk, with a line for every drop that somebody is asking about."""

    def __init__(self, desk: Desk, serve: Serve, *, rank: int) -> None:
        self._desk, self._serve, self._rank = desk, serve, rank
        self._lines: dict[UUID, Line] = {}

    async def ask(self, drop_id: UUID, wish: Any) -> Any:
        """What `serve` answers to this wish, after the commit of its batch; raises a refusal.

        Raises Busy at once when the line is too long. A client that hangs up takes nothing back: its wish is decided
        with the others.
        """
        line = self._lines.get(drop_id)
        if line is None:
            line = self._lines[drop_id] = Line(self._desk, drop_id, self._serve, self._rank)
        answer = await line.join(wish)
        if isinstance(answer, DropshopError):
            raise answer
        return answer


class Line:
    """The wishes of one kind on one drop: those being decided, and those that will be the next batch."""

    def __init__(self, desk: Desk, drop_id: UUID, serve: Serve, rank: int) -> None:
        self.rank = rank
        self._desk, self._drop_id, self._serve = desk, drop_id, serve
        self._waiting: deque[tuple[Any, asyncio.Future[Any]]] = deque()
        self._is_called = False
        self._per_second = float(WAITING_MIN)

    def join(self, wish: Any) -> asyncio.Future[Any]:
        """The answer, once its batch has committed; raises Busy when about a second of work waits already."""
        if len(self._waiting) >= max(WAITING_MIN, self._per_second * PATIENCE):
            raise Busy(retry_after=PATIENCE)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((wish, answer))
        if not self._is_called:
            self._is_called = True
            loop.call_soon(self._desk.call, self)  # not at once: those who were read together begin together
        return answer

    async def serve_batch(self, threads: ThreadPoolExecutor) -> None:
        """Decide whoever waits, in one of these threads, and then answer them."""
        loop = asyncio.get_running_loop()
        batch = [self._waiting.popleft() for _ in range(min(BATCH_MAX, len(self._waiting)))]
        started = loop.time()
        answers = await loop.run_in_executor(threads, self._in_thread, [wish for wish, _ in batch])
        self._pace(len(batch), loop.time() - started)
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():  # cancelled with the task that asked; what was decided stays decided
                future.set_result(answer)

    def rests(self) -> bool:
        """After a batch: whether nobody waits any more, so that the next who comes must call."""
        self._is_called = bool(self._waiting)
        return not self._is_called

    def _pace(self, served: int, seconds: float) -> None:
        """Wishes per second of late; small batches say little about how many a large one could hold."""
        weight = min(1.0, served / BATCH_MAX) / 4
        self._per_second += weight * (served / max(seconds, 1e-6) - self._per_second)

    def _in_thread(self, wishes: Sequence[Any]) -> Sequence[Any]:
        """All together; if that fails, one by one, so that a poisonous wish harms only itself.

        A commit whose outcome is unknown is resolved in the same way: asking again finds what the first attempt
        left, under the lock (H3), and never makes it a second time.
        """
        try:
            return self._attempt(wishes)
        except Exception as error:
            if len(wishes) == 1:
                return [_refusal(error)]
            log.warning("desk: a batch of %d failed, now one by one", len(wishes), exc_info=error)
        return [self._alone(wish) for wish in wishes]

    def _alone(self, wish: Any) -> Any:
        try:
            (answer,) = self._attempt([wish])
        except Exception as error:  # noqa: BLE001 - named or logged in _refusal
            return _refusal(error)
        return answer

    def _attempt(self, wishes: Sequence[Any]) -> Sequence[Any]:
        close_old_connections()
        try:
            answers = self._serve(self._drop_id, wishes)
            if len(answers) != len(wishes):
                raise RuntimeError(f"{len(answers)} answers to {len(wishes)} wishes")
            return answers
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
