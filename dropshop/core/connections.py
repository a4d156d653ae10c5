"""A connection to the shop's database that is nobody else's: not of the pool, and also beside an event loop."""

from typing import Any

import psycopg
from django.db import connection, connections

# What Django hands on for its own connections, and psycopg knows nothing of or does for itself.
DJANGOS = {"pool", "cursor_factory", "context", "prepare_threshold"}


def give_back() -> None:
    """This thread's connection goes back to the pool: whoever waits for another machine needs none, and the shop has few.

    No-op inside a transaction.
    """
    if not connection.in_atomic_block:
        connection.close()


def connect(**options: Any) -> psycopg.Connection[Any]:
    """Connected as the models are at this moment, `options` first. Raises psycopg.OperationalError."""
    given = connections["default"].get_connection_params()
    return psycopg.connect(**{name: value for name, value in given.items() if name not in DJANGOS} | options)
