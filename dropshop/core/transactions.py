"""Trying again what the database refused because of somebody else."""

import functools
import logging
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import psycopg
from django.db import OperationalError, connection, transaction
from psycopg_pool import PoolTimeout

from dropshop.core.errors import ConcurrentUpdate
from dropshop.core.postgresql.base import DatabaseWrapper

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)

# SQLSTATE and how often we try again: serialization failure, deadlock, lock timeout (each of those has cost 5 s already).
RETRIES = {"40001": 4, "40P01": 4, "55P03": 1}

# Ended by an administrator, a crash or a shutdown; a connection that ends without a word has no SQLSTATE.
LOST = {"57P01", "57P02", "57P03", "08000", "08003", "08006"}


def retrying(deed: Callable[P, T]) -> Callable[P, T]:
    """The operation, run again after a deadlock, serialization failure or lock timeout; then ConcurrentUpdate.

    Also once where its connection ended within its transaction: PostgreSQL has undone it. Never where a COMMIT had been sent,
    or a statement outside a transaction: those may have been done. Inside a transaction of the caller it only passes through: a
    part of a transaction cannot be run again.
    """

    @functools.wraps(deed)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        if connection.in_atomic_block:
            return deed(*args, **kwargs)
        attempt, losses = 0, 0
        while True:
            final = _final()
            try:
                return deed(*args, **kwargs)
            except OperationalError as error:
                if losses == 0 and _final() == final and _is_lost(error):
                    losses += 1
                    log.info("retrying %s on a fresh connection", deed.__name__)
                    continue
                sqlstate = getattr(error.__cause__, "sqlstate", None)
                if sqlstate not in RETRIES:
                    raise
                attempt += 1
                log.info("retrying %s after SQLSTATE %s", deed.__name__, sqlstate)
                if attempt > RETRIES[sqlstate]:
                    raise ConcurrentUpdate from error
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - jitter, not a secret

    return wrapper


def _final() -> int:
    """How often this thread's connection has sent what may have been done for good (dropshop/core/postgresql/base.py)."""
    return cast(DatabaseWrapper, connection).final


def _is_lost(error: OperationalError) -> bool:
    """Whether the connection has ended, by an administrator or without a word; not for our own silence within a transaction,
    and not where there was no connection to be had: that has been waited for already."""
    cause = error.__cause__
    sqlstate = getattr(cause, "sqlstate", None)
    was_one = isinstance(cause, psycopg.OperationalError) and not isinstance(cause, PoolTimeout)
    return sqlstate in LOST or (sqlstate is None and was_one)


def after_commit(act: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Calls it once this transaction commits. What it raises is logged, and stops nothing: the operation is done.

    A function, and no partial: Django's own robust callbacks raise where they log what a partial has raised.
    """

    def call() -> None:
        act(*args, **kwargs)

    transaction.on_commit(call, robust=True)
