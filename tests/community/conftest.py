"""Every test of the community has a database, and hears what the screens would have been told."""

from tests.api.conftest import as_member, call, fresh_buckets  # noqa: F401 - fixtures
from tests.heard import heard  # noqa: F401 - a fixture
