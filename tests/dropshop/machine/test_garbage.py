"""The cycle collector leaves a process with many sockets in peace, and still takes what needs it."""

import gc
import sys
import weakref
from collections.abc import Iterator

import pytest

from dropshop import asgi
from dropshop.machine import garbage_collection
from reservations.holds import reserve
from reservations.purchases import ask_bank


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What an opening process changes for itself is given back, or later tests of this one would ask a desk that is closed."""
    monkeypatch.setattr(reserve.group_commit, "filled", None)
    monkeypatch.setattr(ask_bank.group_commit, "filled", None)
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval)


class Knot:
    """Refers to itself, so that no reference count frees it."""

    def __init__(self) -> None:
        self.itself = self


async def test_what_exists_when_the_process_opens_is_never_looked_at_again(monkeypatch):
    monkeypatch.setattr(asgi.sockets.hub, "start", lambda: None)
    steps: list[str] = []

    async def send(message: dict) -> None:
        steps.append(message["type"])
        raise EOFError  # the opening is enough

    async def receive() -> dict:
        return {"type": "lifespan.startup"}

    with pytest.raises(EOFError):
        await asgi.application({"type": "lifespan"}, receive, send)

    assert steps == ["lifespan.startup.complete"]
    assert gc.get_freeze_count() > 10_000
    assert len(gc.get_objects()) < gc.get_freeze_count()


def test_young_cycles_are_still_collected_by_themselves():
    garbage_collection.tune()
    knot = weakref.ref(Knot())
    assert knot() is not None

    kept = [[] for _ in range(2 * garbage_collection.THRESHOLDS[0])]

    assert knot() is None
    assert len(kept) == 2 * garbage_collection.THRESHOLDS[0]
