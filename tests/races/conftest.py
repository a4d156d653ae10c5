"""Races run on committed data; what screens would hear is caught; a control may take the table's own guard away."""

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from tests.harness.emptying import truncate
from tests.harness.shop import UNLIMITED, Shop


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
        truncate(cursor, "drops_size")
        for name, definition in checks:
            cursor.execute(f'ALTER TABLE drops_size ADD CONSTRAINT "{name}" {definition}')


FRIENDS = "https://friends.example"  # a site whose pages may call the API


@pytest.fixture(scope="session")
def skewed() -> Iterator[Shop]:
    """Two server processes for all the races of a worker: web1 believes it is an hour later, web2 an hour earlier.

    No sweeper and no beat: whatever must happen at the end of a hold, the next shopper's own request does.
    """
    shop = Shop(webs=2, celery=(), env={"DROPSHOP_LIMITS": UNLIMITED, "CORS_ALLOWED_ORIGINS": FRIENDS})
    for name, skew in (("web1", 3600), ("web2", -3600)):
        shop.misguide(name, "skewed", CLOCK_SKEW=str(skew))
    with shop:
        yield shop


@pytest.fixture(scope="module")
def shop(skewed: Shop, django_db_blocker: DjangoDbBlocker) -> Iterator[Shop]:
    """The same two, and models read and write their database."""
    with django_db_blocker.unblock(), skewed.orm():
        yield skewed
