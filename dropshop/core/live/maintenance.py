"""The hub's rounds: what no message tells. Who was disabled or signed out, whose socket is stuck, what Redis has lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any, Protocol

from dropshop.core.errors import DropshopError, NotFound
from dropshop.core.members import Member

from .feed import FeedRoom
from .room import Room, encode
from .sessions import no_longer_valid
from .snapshots import Snapshot
from .viewer import TRY_LATER, Viewer

log = logging.getLogger(__name__)

CHECK_VIEWERS_EVERY = 2.0  # seconds between two looks at who may stay
READ_EVERY = 5.0  # seconds between two looks at the database
DELIVERY_SECONDS = 0.5  # seconds in which a message that was not lost has arrived

Read = list[tuple[list[Viewer], Snapshot]]  # viewers, with the snapshot they may see


class Watched(Protocol):
    """The hub, which starts these rounds."""

    @property
    def viewers(self) -> Collection[Viewer]: ...
    @property
    def rooms(self) -> Mapping[str, Room]: ...
    @property
    def feed(self) -> FeedRoom: ...

    async def hop(self, function: Callable[..., Any], *args: Any) -> Any: ...
    async def snapshot(self, drop: str, member: Member | None) -> Snapshot | None: ...
    def leave(self, viewer: Viewer, ref: str) -> None: ...


class Maintenance:
    """Walks through a hub's viewers and rooms, again and again."""

    def __init__(self, hub: Watched) -> None:
        self._hub = hub
        self._doubted = asyncio.Event()

    def read_soon(self) -> None:
        """Messages may have been lost: compare with the database now."""
        self._doubted.set()

    async def check_viewers(self) -> None:
        """Close stuck sockets, and those of members who were disabled or have signed out: one query for all of this process."""
        await asyncio.sleep(CHECK_VIEWERS_EVERY)
        signed_in = []
        for viewer in self._hub.viewers:
            if viewer.is_stalled:
                viewer.dismiss(TRY_LATER, "too slow")
            elif viewer.proof is not None:
                signed_in.append((viewer, viewer.proof))
        if not signed_in:
            return
        ended = await self._hub.hop(no_longer_valid, {proof for _, proof in signed_in})
        for viewer, proof in signed_in:
            if proof in ended:
                viewer.dismiss(*ended[proof])

    async def ask_gate(self) -> None:
        """Hear who has blocked or muted whom: those who watch the feed must not see them any more."""
        await asyncio.sleep(CHECK_VIEWERS_EVERY)
        await self._hub.feed.ask_gate()

    async def read_again(self) -> None:
        """Compare what is watched with the database: pub/sub forgets, and time passes without a message."""
        try:
            async with asyncio.timeout(READ_EVERY):
                await self._doubted.wait()
        except TimeoutError:
            pass
        self._doubted.clear()
        await asyncio.gather(self._read_rooms(), self._hub.feed.catch_up())

    async def _read_rooms(self) -> None:
        found = {room: await self._read_room(room) for room in list(self._hub.rooms.values())}
        suspects = {room: read for room, read in found.items() if self._is_behind(room, read)}
        if not suspects:
            return
        await asyncio.sleep(DELIVERY_SECONDS)
        for room in [room for room, read in suspects.items() if self._is_behind(room, read)]:
            for viewers, snapshot in await self._read_room(room):
                room.refresh(viewers, snapshot)

    def _is_behind(self, room: Room, read: Read) -> bool:
        return any(room.is_behind(viewers, snapshot) for viewers, snapshot in read)

    async def _read_room(self, room: Room) -> Read:
        """The room's visitors and its members, each with the snapshot they may see; who may see none is shown out."""
        visitors = [viewer for viewer in room.viewers if viewer.member is None]
        members = [viewer for viewer in room.viewers if viewer.member is not None]
        read: Read = []
        for viewers in filter(None, (visitors, members)):
            try:
                snapshot = await self._hub.snapshot(room.drop, viewers[0].member)
            except DropshopError as refusal:
                self._show_out(room, viewers, refusal)
                continue
            if snapshot is None:
                self._show_out(room, viewers, NotFound())
            else:
                read.append((viewers, snapshot))
        return read

    def _show_out(self, room: Room, viewers: list[Viewer], refusal: DropshopError) -> None:
        """The drop is no longer theirs to see: it was unpublished."""
        for viewer in viewers:
            for ref in [ref for ref, drop in viewer.drops.items() if drop == room.drop]:
                self._hub.leave(viewer, ref)
                viewer.deliver(encode({"type": "error", "code": refusal.code, "detail": refusal.detail, "drop": ref}))


async def forever(job: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do `job` again and again; what it raises is logged, and it goes on."""
    while True:
        try:
            await job()
        except Exception:
            log.exception("live: %s failed", getattr(job, "__name__", "a job"))
            await asyncio.sleep(1)
