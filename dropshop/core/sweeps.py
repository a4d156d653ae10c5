"""Rounds in which a worker works off what is due: for so many seconds, and so many of one kind at once in a process."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic as steady
from typing import TypeVar

from dropshop.core.clock import database_time

log = logging.getLogger(__name__)
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


@contextmanager
def log_failure(said: str, **about: str) -> Iterator[None]:
    """What fails in here is logged in these words with its traceback, and raised no further: one of many things that are worked
    off is broken, and the others do not wait for it. `about`: which one.

    Around transactions, and never within one, which would be committed with half of the work.
    """
    try:
        yield
    except Exception:  # whatever it is: a fault of one thing, known to nobody here
        log.exception(said, extra=about)
