"""What the tests of the wiring share."""

import pytest

from dropshop.core.limits import buckets


@pytest.fixture
def redis(settings):
    """The test's own Redis database, with fresh buckets for everybody, and patience on a machine that is busy testing."""
    settings.LIMITS_PATIENCE = 5.0
    buckets.cache_clear()
    mine = buckets(settings.REDIS_URL)
    mine.redis.flushdb()
    yield mine.redis
    mine.redis.close()
    buckets.cache_clear()


@pytest.fixture
def no_redis(settings):
    """A Redis whose address refuses connections."""
    from dropshop.machine.processes import free_port

    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
