"""Threads that do their deeds at the same moment, each on a connection of its own."""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.db import connection

from dropshop.core.errors import DropshopError
from dropshop.machine.processes import wait_until
from tests.harness.databases import database_url
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
    """A place in the code where `parties` threads wait for each other.

    Whoever has arrived goes on alone once all who are missing wait for a lock, since those may be waiting for the one who is
    here: with the guard on, nothing is forced. `patience` (seconds) is for those who never come, because they were refused.
    """

    def __init__(self, parties: int = 2, patience: float = PATIENCE) -> None:
        self._arrived, self._parties, self._patience = 0, parties, patience
        self._counting = threading.Lock()

    def meet(self) -> None:
        with self._counting:
            self._arrived += 1
        wait_until(self._is_over, self._patience, every=0.01)

    def _is_over(self) -> bool:
        return self._arrived >= self._parties or lock_queue() >= self._parties - self._arrived


def lock_queue() -> int:
    """How many connections to this database wait for a lock, as PostgreSQL sees it at this moment."""
    with psycopg.connect(database_url(connection.settings_dict["NAME"]), autocommit=True) as fresh:
        waiting = fresh.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return waiting.fetchone()[0]


def wait_for_lock_queue(waiters: int = 1) -> None:
    """Until so many connections to this database wait for a lock, as PostgreSQL sees it."""
    assert wait_until(lambda: lock_queue() >= waiters, PATIENCE, every=0.01), "nobody came to wait for the lock"
