"""These tests listen to what screens are told."""

from tests.heard import heard  # noqa: F401 - a fixture
