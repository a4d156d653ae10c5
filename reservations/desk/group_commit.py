"""The desk: reserving and buying when a drop opens, faster than one row lock per shopper allows, by group commit.

A size's row is locked until its commit is flushed, so one transaction per shopper can never beat 1 / (execute + flush).
Here the wishes (requests) that arrive while a batch is being committed wait together and become the next batch: one lock, one
decision in the order of arrival, one insert, one flush, and only then the answers. There is no timer: a single shopper is a
batch of one and waits for nobody. Where there are several processes, each drop has its line in one of them
(`reservations.desk.hand_over`); where a drop has two lines, their batches queue at the row lock.

A batch has two stages, both in one of a few threads: looking up what can be looked up before the lock, and the operation
itself. The next batch collects wishes until this one's operation says that it is nearly done; its look-up then runs while this
one commits and is answered.

    desk = GroupCommit()
    reserving = Batcher(desk, serve, look_up=look_up, rank=1)
    answer = await reserving.ask(drop_id, wish)
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from dropshop.core.errors import Busy, ConcurrentUpdate, DropshopError, as_refusal, translate
from dropshop.core.sql import prepare_statements
from reservations.desk.commit_batch import CommitBatch
from reservations.desk.turns import ReleasableLock

log = logging.getLogger(__name__)

MAX_BATCH = 256  # wishes in one transaction: more would make those at its head wait for those at its end
MIN_BATCH = 16  # fewer are not divided
MIN_WAITING = 512  # so many may always wait, however slow the last batches were
MAX_WAIT = 1.0  # seconds of work that may wait; whoever would wait longer is told "busy" at once
ANSWER_TIMEOUT = 30.0  # seconds a thread waits for its answer; a lock's own time-out and retry are over long before
MAX_LINES = 256  # lines that are kept; beyond, those in which nobody is are forgotten

UNANSWERED = object()
# (drop, wishes) -> what the operation needs to know about each of them; blocking, outside of any lock.
LookUp = Callable[[UUID, Sequence[Any]], Sequence[Any]]
# (drop, wishes, what was looked up, to be called when nearly done) -> a value or a refusal for each wish, in their order;
# all of them in one transaction, blocking. Whoever does not call is taken to be nearly done when it is done.
Serve = Callable[[UUID, Sequence[Any], Sequence[Any], Callable[[], None]], Sequence[Any]]
# (drop, wish) -> the answer, or refusal, of the process that has the drop's line; UNANSWERED where this one must decide.
AskElsewhere = Callable[[UUID, Any], Awaitable[Any]]
# (wish, error) -> the answer to a wish that failed; by default the error by its name.
Failed = Callable[[Any, Exception], Any]


def _nothing(drop_id: UUID, wishes: Sequence[Any]) -> Sequence[None]:
    """The look-up of an operation that needs none."""
    return [None] * len(wishes)


class GroupCommit:
    """One per process: a few threads, and the lines that wait for one of them; lower ranks first."""

    def __init__(self, threads: int | None = None) -> None:
        """`threads`: how many batches run at the same time (at most two of one line); by default the number in the settings."""
        threads = threads or settings.THREADS["desk"]
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="desk", initializer=prepare_statements)
        self._free = threads
        self._ready: dict[int, deque[BatchQueue]] = {}
        self._going: set[asyncio.Task[None]] = set()

    def call(self, line: BatchQueue) -> None:
        """The line's next batch begins as soon as a thread is free."""
        self._ready.setdefault(line.rank, deque()).append(line)
        self._dispatch()

    def run(self, blocking: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        """What `blocking` returns, called in one of the threads, beside their batches."""
        return asyncio.get_running_loop().run_in_executor(self._threads, blocking, *arguments)

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

    async def _serve(self, line: BatchQueue) -> None:
        try:
            await line.serve_batch(self._threads)
        finally:
            self._free += 1
            self._dispatch()


class Batcher:
    """One kind of operation at the desk, with a line (queue) for every drop that has requests."""

    def __init__(
        self, desk: GroupCommit, serve: Serve, *, look_up: LookUp = _nothing, failed: Failed | None = None, rank: int
    ) -> None:
        self._open = partial(BatchQueue, desk, BatchKind(serve, look_up, failed or _by_name, rank))
        self._lines: dict[UUID, BatchQueue] = {}
        self.ask_elsewhere: AskElsewhere | None = None  # where other processes of the shop have lines too

    async def ask(self, drop_id: UUID, wish: Any, *, even_if_full: bool = False) -> Any:
        """What `serve` answers to this wish, after the commit of its batch; raises a refusal.

        Raises Busy at once when the line is too long, unless the wish must be served `even_if_full`. A client that hangs up
        cancels nothing: its wish is decided with the others.
        """
        answer = UNANSWERED if self.ask_elsewhere is None else await self.ask_elsewhere(drop_id, wish)
        if answer is UNANSWERED:
            answer = await self.join(drop_id, wish, even_if_full=even_if_full)
        if isinstance(answer, DropshopError):
            raise answer
        return answer

    def join(self, drop_id: UUID, wish: Any, *, even_if_full: bool = False) -> asyncio.Future[Any]:
        """The answer, or refusal, that the line of this very process will give. Raises Busy as `ask` does."""
        line = self._line(drop_id)
        if not even_if_full and line.is_full:
            raise Busy(retry_after=MAX_WAIT)
        return line.join(wish)

    def is_full(self, drop_id: UUID) -> bool:
        """Whether about a second of work waits already."""
        return self._line(drop_id).is_full

    def _line(self, drop_id: UUID) -> BatchQueue:
        line = self._lines.get(drop_id)
        if line is None:
            if len(self._lines) >= MAX_LINES:
                self._lines = {pk: each for pk, each in self._lines.items() if not each.is_empty}
            line = self._lines[drop_id] = self._open(drop_id)
        return line

    def ask_from_thread(self, loop: asyncio.AbstractEventLoop, drop_id: UUID, wish: Any, *, even_if_full: bool = False) -> Any:
        """The same for a thread beside the loop, blocking. Raises Busy, too, where the process ends before the answer."""
        try:
            asked = self.ask(drop_id, wish, even_if_full=even_if_full)
            return asyncio.run_coroutine_threadsafe(asked, loop).result(ANSWER_TIMEOUT)
        except (TimeoutError, CancelledError):
            raise Busy(retry_after=MAX_WAIT) from None


class BatchKind(NamedTuple):
    """What is done with wishes of one kind."""

    serve: Serve
    look_up: LookUp
    failed: Failed
    rank: int


class BatchQueue:
    """The wishes of one kind on one drop: those being decided, and those that will be the next batch."""

    def __init__(self, desk: GroupCommit, kind: BatchKind, drop_id: UUID) -> None:
        self.rank = kind.rank
        self._desk, self._drop_id, self._kind = desk, drop_id, kind
        self._waiting: deque[tuple[Any, asyncio.Future[Any]]] = deque()
        self._gathers = False  # a batch of this line is called or running: new wishes wait for the next
        self._deciding = 0  # wishes of batches that have left the line and are not answered
        self._turn = threading.Lock()  # one operation at a time, until it is nearly done
        self._per_second = float(MIN_WAITING)
        self._loop = asyncio.get_running_loop()  # once: asking for it is a system call

    @property
    def is_full(self) -> bool:
        """Whether about a second of work waits already."""
        return len(self._waiting) >= max(MIN_WAITING, self._per_second * MAX_WAIT)

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits here or is being decided."""
        return not (self._waiting or self._gathers or self._deciding)

    def join(self, wish: Any) -> asyncio.Future[Any]:
        """The answer, once its batch has committed."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append((wish, answer))
        if not self._gathers:
            self._gathers = True
            self._loop.call_soon(self._desk.call, self)  # not at once: those who were read together begin together
        return answer

    async def serve_batch(self, threads: ThreadPoolExecutor) -> None:
        """Decide whoever waits, in one of these threads, and then answer them."""
        batch = CommitBatch(self._waiting, self._share(), partial(self._loop.call_soon_threadsafe, self._let_next_in))
        self._deciding += len(batch.wishes)
        answers = await self._loop.run_in_executor(threads, self._in_thread, batch)
        self._deciding -= len(answers)
        batch.answer(answers)
        self._pace(len(answers), time.monotonic() - batch.begun)

    def _share(self) -> int:
        """How many the next batch takes: half of all who are in play, so that the others arrive and are read, and looked
        up, while it commits. Else a crowd that was answered together comes back together, and waits together."""
        in_play = self._deciding + len(self._waiting)
        return min(MAX_BATCH, max(MIN_BATCH, (in_play + 1) // 2))

    def _let_next_in(self) -> None:
        self._gathers = bool(self._waiting)
        if self._gathers:
            self._desk.call(self)

    def _pace(self, served: int, seconds: float) -> None:
        """Wishes per second of late; small batches say little about how many a large one could hold."""
        weight = min(1.0, served / MAX_BATCH) / 4
        self._per_second += weight * (served / max(seconds, 1e-6) - self._per_second)

    def _in_thread(self, batch: CommitBatch) -> Sequence[Any]:
        """All together; if that fails, one by one, so that a poisonous wish harms only itself.

        A commit whose outcome is unknown is resolved in the same way: asking again finds what the first attempt
        left, under the lock (H3), and never makes it a second time. What is no wish's fault, a lock that somebody
        keeps or a database that stays away, is told to all who are left: one by one they would wait for minutes. A lone wish
        is tried again, too, where the database failed: it may have been restarted since the thread's last batch.
        """
        try:
            return self._attempt(batch, slice(None))
        except Exception as error:
            is_lone = len(batch.wishes) == 1 and not isinstance(error, DatabaseError | InterfaceError)
            if is_lone or isinstance(error, ConcurrentUpdate):
                return [self._kind.failed(wish, error) for wish in batch.wishes]
            log.warning("desk: a batch of %d failed, now one by one", len(batch.wishes), exc_info=error)
            return self._one_by_one(batch)
        finally:
            batch.nearly_done()  # at the latest

    def _one_by_one(self, batch: CommitBatch) -> Sequence[Any]:
        answers: list[Any] = []
        for place in range(len(batch.wishes)):
            try:
                answers += self._attempt(batch, slice(place, place + 1))
            except Exception as error:  # noqa: BLE001 - named or logged in `failed`
                is_nobodys_fault = isinstance(translate(error), Busy | ConcurrentUpdate)
                told = batch.wishes[place:] if is_nobodys_fault else batch.wishes[place : place + 1]
                answers += [self._kind.failed(wish, error) for wish in told]
                if is_nobodys_fault:
                    break
        return answers

    def _attempt(self, batch: CommitBatch, part: slice) -> Sequence[Any]:
        wishes = batch.wishes[part]
        try:
            if batch.known is None:
                known = self._kind.look_up(self._drop_id, wishes)
                batch.known = known if len(known) == len(batch.wishes) else None
            else:
                known = batch.known[part]  # what counts, like a limit, counts a wish once
            with ReleasableLock(self._turn) as turn:
                batch.begun = time.monotonic()
                answers = self._kind.serve(self._drop_id, wishes, known, partial(_nearly_done, turn, batch))
            if len(answers) != len(wishes):
                raise RuntimeError(f"{len(answers)} answers to {len(wishes)} wishes")
            return answers
        except Exception:
            connection.close()  # the thread keeps its connection from batch to batch, but not one that may be broken
            raise


def _nearly_done(turn: ReleasableLock, batch: CommitBatch) -> None:
    turn.end()
    batch.nearly_done()


def _by_name(wish: Any, error: Exception) -> DropshopError:
    return as_refusal(error)
