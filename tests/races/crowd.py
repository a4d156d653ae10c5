"""Threads that do their deeds at the same moment, each on a connection of its own."""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

from dropshop.errors import DropshopError
from dropshop.processes import wait_until
from tests.harness.patience import PATIENCE


def at_once(acts: Sequence[Callable[[], Any]], *, threads: int | None = None) -> list[Any]:
    """What each act returned, or the refusal it raised, in the order of `acts`; any other exception is the test's.

    All start together. With fewer `threads` than acts, each takes the next when it is done.
    """
    answers: list[Any] = [None] * len(acts)
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for place in range(len(acts)):
        waiting.put(place)
    start = threading.Barrier(threads or len(acts))
    accidents: list[BaseException] = []

    def work() -> None:
        try:
            connection.ensure_connection()
            start.wait(PATIENCE)
            while True:
                try:
                    place = waiting.get_nowait()
                except queue.Empty:
                    return
                try:
                    answers[place] = acts[place]()
                except DropshopError as refusal:
                    answers[place] = refusal
        except BaseException as accident:  # noqa: BLE001 - carried to the test's own thread
            accidents.append(accident)
        finally:
            connection.close()

    crowd = [threading.Thread(target=work, daemon=True) for _ in range(threads or len(acts))]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "somebody is still waiting"
    if accidents:
        raise accidents[0]
    return answers


def codes(answers: Sequence[Any]) -> list[str]:
    """Each answer in a word: its error's code, or "ok", sorted."""
    return sorted(answer.code if isinstance(answer, DropshopError) else "ok" for answer in answers)


class Meeting:
    """A place in the code where `parties` threads wait for each other, at most `patience` seconds.

    Under a lock the others never come, and whoever waits goes on alone: with the guard on, nothing is forced.
    """

    def __init__(self, parties: int = 2, patience: float = 0.3) -> None:
        self._arrived, self._parties, self._patience = 0, parties, patience
        self._condition = threading.Condition()

    def meet(self) -> None:
        with self._condition:
            self._arrived += 1
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._arrived >= self._parties, self._patience)


def wait_for_lock_queue(waiters: int = 1, seconds: float = 10) -> None:
    """Until so many connections to this database wait for a lock, as PostgreSQL sees it."""

    def queued() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            (count,) = cursor.fetchone()
        return bool(count >= waiters)

    assert wait_until(queued, seconds, every=0.01), "nobody came to wait for the lock"
