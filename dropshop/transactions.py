"""Trying again what the database refused because of somebody else."""

import functools
import logging
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from dropshop.errors import ConcurrentUpdate

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)

# SQLSTATE and how often we try again: serialization failure, deadlock, lock timeout (each of those has cost 5 s already).
RETRIES = {"40001": 4, "40P01": 4, "55P03": 1}


def retrying(deed: Callable[P, T]) -> Callable[P, T]:
    """The deed, run again after a deadlock, serialization failure or lock timeout; then ConcurrentUpdate.

    Inside a transaction of the caller it only passes through: a part of a transaction cannot be run again.
    """

    @functools.wraps(deed)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        if connection.in_atomic_block:
            return deed(*args, **kwargs)
        attempt = 0
        while True:
            try:
                return deed(*args, **kwargs)
            except OperationalError as error:
                sqlstate = getattr(error.__cause__, "sqlstate", None)
                if sqlstate not in RETRIES:
                    raise
                attempt += 1
                log.info("retrying %s after SQLSTATE %s", deed.__name__, sqlstate)
                if attempt > RETRIES[sqlstate]:
                    raise ConcurrentUpdate from error
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - jitter, not a secret

    return wrapper


def after_commit(act: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Calls it once this transaction commits. What it raises is logged, and keeps nobody from anything: the deed is done.

    A function, and no partial: Django's own robust callbacks raise where they log what a partial has raised.
    """

    def call() -> None:
        act(*args, **kwargs)

    transaction.on_commit(call, robust=True)
