"""`manage.py migrate` as an operator runs it."""

import pytest
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connection


def idle_timeout():
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_a_migration_that_computes_for_long_is_not_taken_for_a_frozen_process(monkeypatch):
    found = []
    monkeypatch.setattr(migrate.Command, "handle", lambda self, *given, **options: found.append(idle_timeout()))
    with connection.cursor() as cursor:
        cursor.execute("RESET idle_in_transaction_session_timeout")
    before = idle_timeout()
    call_command("migrate")
    assert (before, found, idle_timeout()) == ("4s", ["0"], "4s")
