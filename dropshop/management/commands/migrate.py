"""`manage.py migrate`: Django's, which in production judges before it touches anything: the values, and who may sign in.

It may also compute for longer between two statements than a process that serves shoppers: it is then not frozen, only busy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from dropshop.checks import require_safe_values
from dropshop.operating.known_passwords import require_own_passwords


class Command(migrate.Command):
    """See the module."""

    def execute(self, *args: Any, **options: Any) -> Any:
        require_safe_values()
        require_own_passwords(superusers=True)
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> Any:
        with _taking_its_time(options["database"]):
            return super().handle(*args, **options)


@contextmanager
def _taking_its_time(database: str) -> Iterator[None]:
    """Meanwhile PostgreSQL ends no transaction of this connection because nothing is said in it."""
    connection = connections[database]
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 0")
    yield
    if connection.connection is not None:
        with connection.cursor() as cursor:
            cursor.execute("RESET idle_in_transaction_session_timeout")
