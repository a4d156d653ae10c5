"""What the screens would have been told: the live messages of one test, instead of a Redis that nobody listens to."""

from typing import Any

import pytest

from dropshop.core.live import publisher


class Heard:
    """The events in the order they were published."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def put(self, *events: dict[str, Any]) -> None:
        self.events += events

    def of(self, *types: str) -> list[dict[str, Any]]:
        """Those of these types."""
        return [event for event in self.events if event["type"] in types]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """Everything this process publishes. Under `db` nothing commits: use `transactional_db`, or run the callbacks."""
    ears = Heard()
    monkeypatch.setattr(publisher, "_publisher", ears)
    return ears
