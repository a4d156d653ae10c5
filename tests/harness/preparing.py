"""Statements that are planned once, as in the threads of the desk."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection


@pytest.fixture
def prepared(db: Any) -> Iterator[None]:
    """This test's own thread prepares; its transaction takes the connection's settings back."""
    connection.prepare_statements()
    yield
    connection.prepares = False
