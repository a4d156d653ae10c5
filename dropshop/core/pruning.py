"""Forgetting rows in small batches, each a transaction of its own: nobody waits for a lock longer than one batch takes."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

BATCH_ROWS = 1000  # rows in one transaction: some ten milliseconds
STEP_ROWS = 5 * BATCH_ROWS  # rows that one look at a walked table reads
MAX_ROWS = 500 * BATCH_ROWS  # rows that one run forgets at most; the next run goes on


def prune(rows: Any) -> int:
    """Deletes the rows of this ordered queryset; how many those were. Rows that somebody has locked wait for the next run.

    For tables that no other refers to. An index must begin with what the rows are ordered by, so that a batch reads no others.
    """
    return in_batches(rows, lambda keys: rows.model.objects.filter(pk__in=keys)._raw_delete(rows.db))


def in_batches(rows: Any, forget: Callable[[list[Any]], object]) -> int:
    """As `prune`, with something else than deleting: `forget` gets the keys of a batch, which is locked, and must change its
    rows so that they are no longer among `rows`.
    """
    forgotten = 0
    while forgotten < MAX_ROWS:
        with transaction.atomic():
            keys = list(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:BATCH_ROWS])
            forget(keys)
        forgotten += len(keys)
        if len(keys) < BATCH_ROWS:
            break
    return forgotten


ORPHANS = """
WITH seen AS (SELECT id, {column} AS wanted FROM {table} WHERE id > %(after)s ORDER BY id LIMIT %(step)s),
     gone AS (DELETE FROM {table} WHERE id IN (
                SELECT id FROM seen WHERE NOT EXISTS (SELECT FROM {other} WHERE {other}.{column} = seen.wanted)) RETURNING id)
SELECT (SELECT max(id) FROM seen), (SELECT count(*) FROM gone)
"""


def prune_orphans(model: Any, column: str, *, of: Any) -> int:
    """Deletes the rows whose `column` no row of the other model has; how many those were.

    No date tells which these are: the table is walked in the order of its numeric key, a few thousand rows at a time.
    """
    statement = ORPHANS.format(table=model._meta.db_table, other=of._meta.db_table, column=column)
    after: int | None = 0
    forgotten = 0
    while after is not None:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"after": after, "step": STEP_ROWS})
            after, gone = cursor.fetchone()
        forgotten += gone
    return forgotten
