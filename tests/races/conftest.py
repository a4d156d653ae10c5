"""Races run on committed data; what screens would hear is caught; a control may take the table's own guard away."""

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.heard import heard  # noqa: F401 - a fixture


@pytest.fixture
def without_checks(transactional_db: None) -> Iterator[None]:
    """The size's CHECKs are gone, so that a control shows the oversale which they would turn into an error."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid = 'drops_size'::regclass AND contype = 'c'"
        )
        checks = cursor.fetchall()
        assert len(checks) >= 2
        for name, _ in checks:
            cursor.execute(f'ALTER TABLE drops_size DROP CONSTRAINT "{name}"')
        yield
        cursor.execute("TRUNCATE drops_size CASCADE")
        for name, definition in checks:
            cursor.execute(f'ALTER TABLE drops_size ADD CONSTRAINT "{name}" {definition}')
