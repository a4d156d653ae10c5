"""Where the snapshots come from: one query for everybody who asks at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from dropshop.core.hooks import Hook
from dropshop.core.members import Viewer

Snapshot = dict[str, Any]
Source = Callable[..., Snapshot | None]

CACHE_SECONDS = 0.1

# Called with a drop's id or slug and `viewer=` a member or None. It answers None for what does not exist for this viewer, and
# may raise a DropshopError that names why.
source: Hook[Source] = Hook("dropshop.core.live.snapshots.source")


def read_snapshot(ref: str, viewer: Viewer = None) -> Snapshot | None:
    """The drop's facts as `viewer` may see them; blocking, call it in a thread."""
    return source.value(ref, viewer=viewer)


class Snapshots:
    """Snapshots shared by all who ask while a query runs, and for 100 ms from its start."""

    def __init__(self, read: Callable[[str, Any], Coroutine[Any, Any, Snapshot | None]]) -> None:
        self._read = read
        self._shared: dict[tuple[str, bool], asyncio.Task[Snapshot | None]] = {}

    async def get(self, ref: str, viewer: Viewer) -> Snapshot | None:
        """The drop as this kind of viewer (visitor or signed in) may see it. Shared: do not change it."""
        key = (ref, viewer is not None)
        task = self._shared.get(key)
        if task is None:
            task = self._shared[key] = asyncio.create_task(self._read(ref, viewer))
            expiry = asyncio.get_running_loop().time() + CACHE_SECONDS
            task.add_done_callback(lambda done: self._keep_until(expiry, key, done))
        return await asyncio.shield(task)

    def forget(self, ref: str) -> None:
        """Something happened to this drop: whoever asks from now on gets a query that starts from now on."""
        self._shared.pop((ref, False), None)
        self._shared.pop((ref, True), None)

    def _keep_until(self, expiry: float, key: tuple[str, bool], task: asyncio.Task[Snapshot | None]) -> None:
        if task.cancelled() or task.exception():
            self._drop(key, task)
        else:
            asyncio.get_running_loop().call_at(expiry, self._drop, key, task)

    def _drop(self, key: tuple[str, bool], task: asyncio.Task[Snapshot | None]) -> None:
        if self._shared.get(key) is task:
            del self._shared[key]
