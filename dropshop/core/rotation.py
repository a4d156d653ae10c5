"""Rotation of the field keys: what is encrypted or hashed with one is stored anew under the newest, while people buy.

Which columns those are is asked of the models: every EncryptedJSONField and every KeyedHashField. Tables that keep hashes in a
form of their own add themselves to `own_forms`. How far it has come stands in the rows alone, each of which names its key: a
run that was killed goes on where it was, and a second one changes nothing.

Rows are read in the order of their keys, without a lock; those under an older key are locked in small batches, and whoever has
one locked is passed over until the next round. So nobody waits for longer than one batch takes, and no change is lost.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import structlog
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from dropshop.core.blind_index import KeyedHashField
from dropshop.core.encrypted import EncryptedJSONField, Unreadable, decrypt, encrypt, newest_key
from dropshop.core.hooks import Registry
from dropshop.core.transactions import retrying

log = structlog.get_logger(__name__)
STEP_ROWS = 2000  # rows that one look reads
BATCH_ROWS = 100  # rows that are locked at a time: some ten milliseconds
MAX_ROUNDS = 5  # over one table, where rows were locked or written under an older key meanwhile
# For triggers that let nobody change a row: nothing is said otherwise, it is only encrypted anew.
ROTATING = "SELECT set_config('dropshop.rotates_keys', 'on', true)"


class OwnForm(NamedTuple):
    """A table of hashes that rotates itself: `store` brings some rows under the newest key, `left` counts the others."""

    store: Callable[[], int]
    left: Callable[[], int]


own_forms: Registry[OwnForm] = Registry("dropshop.core.rotation")


@dataclass(frozen=True)
class Table:
    """A model with columns that hang on the field keys."""

    model: type[models.Model]
    encrypted: tuple[EncryptedJSONField, ...]
    hashed: tuple[KeyedHashField, ...]

    @property
    def name(self) -> str:
        """As people call it."""
        return str(self.model._meta.label)

    @property
    def columns(self) -> list[str]:
        """Their names in the database: the encrypted ones, then the hashed ones."""
        return [connection.ops.quote_name(str(field.column)) for field in (*self.encrypted, *self.hashed)]

    @property
    def stale(self) -> str:
        """SQL: some column of this row is not under the newest key, or its hash was never computed."""
        encrypted, hashed = self.columns[: len(self.encrypted)], self.columns[len(self.encrypted) :]
        by_name = dict(zip((field.name for field in self.encrypted), encrypted, strict=True))
        other = [f"split_part({column}, ':', 1) <> %(newest)s" for column in encrypted]
        other += [f"({column} <> '' AND split_part({column}, ':', 1) <> %(newest)s)" for column in hashed]
        other += [
            f"({column} IS NULL AND {by_name[field.of]} IS NOT NULL)" for field, column in zip(self.hashed, hashed, strict=True)
        ]
        return f"coalesce({' OR '.join(other)}, false)"

    def sql(self, statement: str) -> str:
        """The statement with this table's names in it."""
        meta, quote = self.model._meta, connection.ops.quote_name
        key: Any = meta.pk
        names = {"table": quote(meta.db_table), "pk": quote(key.column), "stale": self.stale}
        return statement.format(**names, columns=", ".join(self.columns))


# OR of columns of which some are NULL is NULL or true, and `coalesce` makes that false or true.
LOOK = """
SELECT (array_agg({pk} ORDER BY {pk} DESC))[1], array_agg({pk} ORDER BY {pk}) FILTER (WHERE is_stale)
  FROM (SELECT {pk}, {stale} AS is_stale FROM {table} WHERE {after} ORDER BY {pk} LIMIT %(step)s) AS seen
"""
COUNT = "SELECT count(*) FROM {table} WHERE {stale}"
LOCK = "SELECT {pk}, {columns} FROM {table} WHERE {pk} = ANY(%(pks)s) AND {stale} ORDER BY {pk} FOR NO KEY UPDATE SKIP LOCKED"
UPDATE = "UPDATE {table} SET {sets} WHERE {pk} = %(pk)s"


def tables() -> list[Table]:
    """Every table with encrypted or hashed columns, in the order of their names."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        fields = model._meta.concrete_fields
        encrypted = tuple(field for field in fields if isinstance(field, EncryptedJSONField))
        hashed = tuple(field for field in fields if isinstance(field, KeyedHashField))
        if (encrypted or hashed) and model._meta.managed and not model._meta.proxy:
            found.append(Table(model, encrypted, hashed))
    return sorted(found, key=lambda table: table.name)


class Outcome(NamedTuple):
    """What became of one table: rows stored anew, and rows that are not under the newest key, for whatever reason."""

    name: str
    stored: int
    left: int


def rotate() -> Iterator[Outcome]:
    """Brings everything under the newest key, table by table. Rows whose key is gone are left, and counted."""
    for table in tables():
        yield Outcome(table.name, _rotate(table), left_of(table))
    for name in own_forms.names():
        form = own_forms[name]
        stored = 0
        while form.left() and (done := form.store()):
            stored += done
        yield Outcome(name, stored, form.left())


def standing() -> Iterator[Outcome]:
    """What is left to do, and nothing is changed."""
    yield from (Outcome(table.name, 0, left_of(table)) for table in tables())
    yield from (Outcome(name, 0, own_forms[name].left()) for name in own_forms.names())


def left_of(table: Table) -> int:
    """Rows of the table that are not under the newest key."""
    ((count,),) = _ask(table.sql(COUNT))
    return int(count)


def _rotate(table: Table) -> int:
    stored = 0
    for _ in range(MAX_ROUNDS):
        done = sum(_store(table, batch) for batch in _stale(table))
        stored += done
        if not done or not left_of(table):
            break
    return stored


def _stale(table: Table) -> Iterator[Sequence[Any]]:
    """The keys of rows to store anew, a batch at a time; one walk over the table."""
    last: Any = None
    while True:
        statement = table.sql(LOOK.replace("{after}", "true" if last is None else "{pk} > %(last)s"))
        ((last, pks),) = _ask(statement, last=last, step=STEP_ROWS)
        if last is None:
            return
        for start in range(0, len(pks or ()), BATCH_ROWS):
            yield pks[start : start + BATCH_ROWS]


@retrying
def _store(table: Table, pks: Sequence[Any]) -> int:
    """Stores these rows anew, but those that somebody has locked or changed; how many."""
    with transaction.atomic():
        rows = _ask(table.sql(LOCK), pks=list(pks))
        _ask(ROTATING)
        return sum(_store_row(table, pk, values) for pk, *values in rows)


def _store_row(table: Table, pk: Any, values: Sequence[str | None]) -> bool:
    """Whether all of the row could be read, and is under the newest key now."""
    try:
        changes = dict(_anew(table, values))
    except Unreadable:
        return False
    places = {f"value{number}": value for number, value in enumerate(changes.values())}
    sets = ", ".join(f"{column} = %({place})s" for column, place in zip(changes, places, strict=True))
    try:
        with transaction.atomic():
            _ask(table.sql(UPDATE.replace("{sets}", sets)), pk=pk, **places)
    except IntegrityError:  # of two that mean the same, and must not, the other is under the newest key already
        log.warning("a row cannot be stored anew: another one means the same", table=table.name, pk=str(pk))
        return False
    return True


def _anew(table: Table, values: Sequence[str | None]) -> Iterator[tuple[str, str | None]]:
    """Each column and its new value."""
    opened: dict[str, Any] = {}
    for field, column, value in zip(table.encrypted, table.columns, values, strict=False):
        opened[field.name] = None if value is None else decrypt(value, context=field.context)
        yield column, None if value is None else encrypt(opened[field.name], context=field.context)
    for hash_field, column in zip(table.hashed, table.columns[len(table.encrypted) :], strict=True):
        yield column, hash_field.newest_hash_of(opened[hash_field.of])


def _ask(statement: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"newest": newest_key(), **values})
        return cursor.fetchall() if cursor.description else []
