"""Queries under a lock, where everybody waits: SQL by hand, arrays as one parameter, and querysets whose SQL is built once.

Django builds the SQL of a queryset anew each time it runs, which costs several times what PostgreSQL needs to run it. And
PostgreSQL plans a statement anew each time, which costs several times what a few probes of indexes do: in the threads of the
desk `prepared_rows` and prepared queries are planned once (`prepare_statements`).

    lock = CompiledQuery(lambda pks: Size.objects.select_for_update(no_key=True).filter(pk__among=pks).order_by("pk"))
    locked = lock([1, 2, 3])
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.db.models import Lookup, Value

from dropshop.core.postgresql.base import DatabaseWrapper

M = TypeVar("M", bound=models.Model)
IDS = (UUID, int)  # what needs no quoting in an array


def as_parameter(value: Any) -> Any:
    """The value for the driver; ids (UUID or int) or texts in a list, tuple or set become one array, which the statement casts.

    The driver's general way with lists costs more per element than the query.
    """
    if isinstance(value, list | tuple | set | frozenset):
        if all(type(each) in IDS for each in value):
            return "{" + ",".join(map(str, value)) + "}"
        if all(type(each) is str for each in value):
            return "{" + ",".join(map(_quoted, value)) + "}"
    return value


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@models.Field.register_lookup
@models.ForeignObject.register_lookup  # which takes nothing over from Field
class AnyOf(Lookup):
    """`pk__among=pks`: what `in` does, with one parameter however many there are."""

    lookup_name = "among"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> Any:
        return "%s", [value]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        kind = self.lhs.output_field.db_type(connection)
        return f"{lhs} = ANY(({rhs})::{kind}[])", (*lhs_params, *rhs_params)


class Given(Value):
    """Stands for the value of this number while a queryset is compiled."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


@dataclass(frozen=True, slots=True)
class _Statement:
    sql: str
    params: tuple[Any, ...]
    names: tuple[str, ...]  # of the model's columns, which come first
    extras: tuple[str, ...]  # of the annotations
    rows: Callable[[list[Any]], Iterable[Any]]


class CompiledQuery(Generic[M]):
    """A queryset without `select_related`; `build` puts each of its arguments into the query as it gets it.

    It may be `prepared` on the conditions of `prepared_rows`.
    """

    def __init__(self, build: Callable[..., models.QuerySet[M]], *, prepared: bool = False) -> None:
        self._build, self._prepared = build, prepared
        self._known: _Statement | None = None
        self._model: type[M]

    def __call__(self, *values: Any) -> list[M]:
        """The rows as instances with their annotations, for these values; always asks the database."""
        known = self._known or self._compile(len(values))
        params = [as_parameter(values[param.value]) if isinstance(param, Given) else param for param in known.params]
        found = _asked(_prepared_cursor(known.sql) if self._prepared else connection.cursor(), known.sql, params)
        return [self._instance(known, row) for row in known.rows(found)]

    def _instance(self, known: _Statement, row: Any) -> M:
        count = len(known.names)
        instance = self._model.from_db(connection.alias, known.names, row[:count])
        for name, value in zip(known.extras, row[count:], strict=True):
            setattr(instance, name, value)
        return instance

    def _compile(self, count: int) -> _Statement:
        queryset = self._build(*map(Given, range(count)))
        self._model = queryset.model
        compiler = queryset.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        columns = [column for column, *_ in compiler.select]
        converters = compiler.get_converters(columns)
        self._known = _Statement(
            sql,
            tuple(params),
            tuple(columns[place].target.attname for place in compiler.klass_info["select_fields"]),
            tuple(compiler.annotation_col_map),
            (lambda rows: map(tuple, compiler.apply_converters(rows, converters))) if converters else lambda rows: rows,
        )
        return self._known


def as_read(model: type[M], **values: Any) -> M:
    """The instance as if it had been read, by the values of its columns (`size_id`); the others have their defaults.

    For what is stored by hand: `model(…)` takes as long as some statements do.
    """
    fixed, made = _defaults(model)
    row = fixed | {name: make() for name, make in made.items() if name not in values} | values
    return model.from_db(connection.alias, list(fixed), list(row.values()))


@cache
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    """The default by the name of each column, in their order; and those that are made anew each time, for which None stands."""
    fields = model._meta.concrete_fields
    made = {field.attname: field.default for field in fields if field.has_default() and callable(field.default)}
    return {field.attname: None if field.attname in made else field.get_default() for field in fields}, made


@cache
def with_table_names(statement: str) -> str:
    """The statement with the names of tables in the place of `{payment}` and its like; put together once for each."""
    return statement.format_map(_tables())


@cache
def _tables() -> dict[str, str]:
    """The table of each model, by the model's name in lower case."""
    return {model._meta.model_name or "": model._meta.db_table for model in apps.get_models()}


def rows(statement: str, **values: Any) -> list[Any]:
    """The rows that the statement returns; `{payment}` and its like are the names of tables, `%(name)s` are values.

    The value of an array is a list.
    """
    with connection.cursor() as cursor:
        cursor.execute(with_table_names(statement), _parameters(values))
        return cursor.fetchall() if cursor.description else []


def prepared_rows(statement: str, **values: Any) -> list[Any]:
    """The same of a statement that returns rows, planned once where `prepare_statements` was called.

    For what is asked again and again, and only where one index is of use whatever the tables hold: the plan may have been made
    while they were empty. Conditions of partial indexes must stand in the statement, and not come as values.
    tests/reservations/holds/test_lasting_plans.py asks each such statement in an empty shop and then in a full one.
    """
    statement = with_table_names(statement)
    return _asked(_prepared_cursor(statement), statement, _parameters(values))


def _parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: as_parameter(value) for name, value in values.items()}


def _asked(cursor: Any, statement: str, params: Any) -> list[Any]:
    cursor.execute(statement, params)
    found: list[Any] = cursor.fetchall()
    return found


def prepare_statements() -> None:
    """From now on, this thread's connection keeps the plans of `prepared_rows` and prepared queries; see DATABASE_PREPARED."""
    if settings.DATABASE_PREPARED:
        cast(DatabaseWrapper, connection).prepare_statements()


def _prepared_cursor(statement: str) -> Any:
    return cast(DatabaseWrapper, connection).prepared_cursor(statement)
