"""Rounds in which a worker works off what is due: for so many seconds, and so many of one kind at once in a process."""

import threading
from collections.abc import Callable
from datetime import datetime
from time import monotonic as steady
from typing import TypeVar

from dropshop.core.clock import database_time

Due = TypeVar("Due")
SECONDS = 20  # after which a sweep begins nothing more: with a silent bank each thing takes as long as its time-out


class Sweeps:
    """The sweeps of one kind. A worker has four slots: `at_once` says how many of them a kind may fill."""

    def __init__(self, *, at_once: int = 1) -> None:
        self._turns = threading.BoundedSemaphore(at_once)

    def run(self, claim: Callable[[datetime], Due | None], work: Callable[[Due], object]) -> int:
        """Works off what `claim` gives, one thing after another, until it gives None or the time is over; how many things.

        `claim` is asked with the moment of the database's clock at which the sweep began, so that what is put off meanwhile
        waits for the next one. 0 where the process has as many sweeps of the kind as it may. What the two raise ends the sweep.
        """
        if not self._turns.acquire(blocking=False):
            return 0
        try:  # around everything, also the first question to the database: a turn that is not given back is the last one
            moment, end, done = database_time(), steady() + SECONDS, 0
            while steady() < end and (due := claim(moment)) is not None:
                work(due)
                done += 1
            return done
        finally:
            self._turns.release()
