"""Connections of which no dead one is handed out, and that know whether what they did can be undone (settings.DATABASES)."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg.adapt import AdaptersMap
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

# For statements that keep their plan. One that was made while a table was small stays when the table has grown, and may read
# all of it then; so only what is quick in large tables is left to choose: one probe of an index after the other. Where there is
# no index, PostgreSQL thinks such a plan so dear that it would compile it first: hence `jit`.
LASTING_PLANS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with `final`: how often this thread sent what may have been done for good, whatever it was answered.

    That is each COMMIT, and each statement outside a transaction. While the number stands still, what a lost connection had
    begun is undone, and may be begun again (dropshop/core/transactions.py).

    And with prepared statements, for a thread that asks for them: until it is closed, its connection is its own then.
    """

    final = 0
    prepares = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: dict[str, Any] = {}  # a cursor for each statement that this connection has prepared

    def prepare_statements(self) -> None:
        """From now on, what this thread asks by a `prepared_cursor` is planned once for each connection (LASTING_PLANS).

        Not behind a pooler that gives each transaction another connection: plan and settings would stay with that.
        """
        self.prepares = True
        if self.connection is not None:
            self._begin_preparing()

    def prepared_cursor(self, statement: str) -> Any:
        """A cursor whose statements are prepared, with their values beside them, where the thread has asked for that; else an
        ordinary one. Django's own statements cannot be prepared: it writes values into them whose types nobody can tell.

        It is kept for this statement, and not to be closed: a new one would find out once more how values are written and read,
        which takes as long as half of a small statement.
        """
        if not self.prepares:
            return self.cursor()
        self.ensure_connection()
        with self.wrap_database_errors:
            self._count_final()
            kept = self._kept.get(statement)
            if kept is None:
                kept = self._kept[statement] = base.ServerBindingCursor(self.connection)  # type: ignore[call-arg]
            return self._prepare_cursor(kept)  # type: ignore[attr-defined]

    def get_connection_params(self) -> dict[str, Any]:
        """Those of Django; moments in UTC are read by `MomentLoader`."""
        params = super().get_connection_params()
        return params | {"context": _with_moments(params["context"])} if self.timezone == UTC else params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """One that answers. Raises OperationalError where PostgreSQL takes none.

        The pool's own check sleeps after each dead connection that it finds, one second and then twice as long: when an
        administrator, a firewall or a fail-over ends all of them, it gives up at its second. Here the dead ones go at once.
        """
        pool = self.pool
        connection = super().get_new_connection(conn_params)
        if pool is None:
            return connection
        for _ in range(pool.max_size):
            if _answers(connection):
                break
            pool.putconn(connection)  # closed already: the pool makes another in its place
            connection = super().get_new_connection(conn_params)
        return connection

    def init_connection_state(self) -> None:
        super().init_connection_state()
        self._kept.clear()
        if self.prepares:
            self._begin_preparing()

    def _begin_preparing(self) -> None:
        self.connection.prepare_threshold = 0  # at the first use
        self.connection.execute("; ".join(f"SET {name} = {value}" for name, value in LASTING_PLANS.items()), prepare=False)

    def _close(self) -> None:
        self._kept.clear()
        if self.prepares and self.connection is not None and not self._end_preparing():
            self.connection.close()  # the pool makes another in its place
        super()._close()  # type: ignore[misc]  # the stubs leave it out

    def _end_preparing(self) -> bool:
        """Whether the connection is as it came, so that nobody else's statements are planned like this thread's."""
        if not self.connection.autocommit or self.connection.info.transaction_status != TransactionStatus.IDLE:
            return False
        self.connection.prepare_threshold = None
        try:
            self.connection.execute("; ".join(f"RESET {name}" for name in LASTING_PLANS), prepare=False)
        except psycopg.Error:
            return False
        return True

    def create_cursor(self, name: str | None = None) -> Any:
        self._count_final()
        return super().create_cursor(name)

    def _count_final(self) -> None:
        if not self.in_atomic_block:
            self.final += 1

    def _commit(self) -> None:
        self.final += 1
        super()._commit()  # type: ignore[misc]  # the stubs leave it out


class MomentLoader(BaseTzLoader):
    """Reads moments as Django does, and ten times as quickly: with a regular expression each costs as much as a query's row."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(str(data, "ascii"))
        except ValueError:  # beyond Python's years, or "infinity": the error is Django's
            return super().load(data)


@cache
def _with_moments(context: AdaptersMap) -> AdaptersMap:
    adapters = AdaptersMap(context)
    adapters.register_loader("timestamptz", MomentLoader)
    return adapters


def _answers(connection: Any) -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        connection.close()
        return False
    return True
