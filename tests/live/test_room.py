"""A room under every order of commits, messages, losses and arrivals: never backwards, and all end with the truth (L1)."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropshop.core.live import room as room_module
from dropshop.core.live.room import Room

from .browsers import Shelf

SIZES = ("9", "10")
VIEWERS = 3
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.sampled_from(SIZES)),
        st.tuples(st.just("arrive"), st.integers(0, 9)),
        st.tuples(st.just("lose"), st.integers(0, 9)),
        st.tuples(st.just("ask"), st.integers(0, VIEWERS - 1)),
        st.tuples(st.just("answer"), st.integers(0, VIEWERS - 1)),
        st.tuples(st.just("leave"), st.integers(0, VIEWERS - 1)),
        st.tuples(st.just("flush"), st.none()),
        st.tuples(st.just("read"), st.none()),
        st.tuples(st.just("read again"), st.integers(0, VIEWERS)),
    ),
    max_size=60,
)


class Screen:
    """A viewer that only remembers."""

    def __init__(self) -> None:
        self.seen: dict[str, list[int]] = {size: [] for size in SIZES}
        self.watching = False

    def deliver(self, message: dict[str, Any]) -> None:
        event = json.loads(message["text"])
        if event["type"] == "snapshot":
            for row in event["sizes"]:
                assert not self.seen[row["size"]] or row["version"] >= self.seen[row["size"]][-1], "a snapshot went backwards"
                self.seen[row["size"]].append(row["version"])
        else:
            seen = self.seen[event["size"]]
            assert seen, "a fact came before the snapshot"
            assert event["version"] > seen[-1], "a fact went backwards, or came twice"
            seen.append(event["version"])


class World:
    """The database, the network and the screens around one room."""

    def __init__(self) -> None:
        self.shelf = Shelf(*SIZES)
        self.room = Room(self.shelf.drop)
        self.screens = [Screen() for _ in range(VIEWERS)]
        self.on_their_way: list[dict[str, Any]] = []
        self.snapshots: dict[int, dict[str, Any]] = {}
        self.lost = False
        self.read_before = self.shelf.snapshot(self.shelf.drop)

    async def step(self, what: str, which: Any) -> None:
        match what:
            case "commit":
                self.on_their_way.append(self.shelf.change(which, self.shelf.rows[which]["version"] + 1))
            case "arrive" if self.on_their_way:
                self.room.take(self.on_their_way.pop(which % len(self.on_their_way)))
            case "lose" if self.on_their_way:
                self.on_their_way.pop(which % len(self.on_their_way))
                self.lost = True
            case "ask":
                self.room.enter(self.screens[which])
                self.snapshots[which] = self.shelf.snapshot(self.shelf.drop)
                self.screens[which].watching = False
            case "answer" if which in self.snapshots:
                self.room.seat(self.screens[which], self.snapshots.pop(which))
                self.screens[which].watching = self.screens[which] in self.room.viewers
            case "leave":
                self.room.leave(self.screens[which])
                self.screens[which].watching = False
                self.snapshots.pop(which, None)
            case "flush":
                await self.flush()
            case "read":
                self.read_before = self.shelf.snapshot(self.shelf.drop)
            case "read again":
                self.read_again(which)

    async def flush(self) -> None:
        if self.room._flushing is not None:
            await self.room._flushing

    def read_again(self, behind: int) -> None:
        """The first so many viewers are shown what was read some time ago, the others what is true now."""
        snapshot, viewers = self.shelf.snapshot(self.shelf.drop), list(self.room.viewers)
        if self.room.phase is not None and self.room.is_behind([], snapshot):
            self.room.refresh(viewers[:behind], self.read_before)
            self.room.refresh(viewers[behind:], snapshot)

    async def settle(self) -> None:
        for which in list(self.snapshots):
            await self.step("answer", which)
        while self.on_their_way:
            await self.step("arrive", 0)
        await self.flush()
        if self.lost:
            self.read_again(0)
            await self.flush()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(room_module, "FLUSH_EVERY", 0)


@settings(max_examples=200)
@given(STEPS)
def test_versions_never_go_backwards_and_every_screen_ends_with_the_truth(steps):
    async def live_through() -> None:
        world = World()
        for what, which in steps:
            await world.step(what, which)
        await world.settle()
        truth = {size: row["version"] for size, row in world.shelf.rows.items()}
        for screen in world.screens:
            if screen.watching:
                assert {size: seen[-1] for size, seen in screen.seen.items()} == truth

    asyncio.run(live_through())


async def test_a_plan_that_was_not_told_is_behind():
    shelf, screen = Shelf("9"), Screen()
    room = Room(shelf.drop)
    told = shelf.snapshot(shelf.drop) | {"title": "Ember Runner", "ends_at": "2030-01-02T12:00:00Z"}
    room.enter(screen)
    room.seat(screen, told)
    changes = ({}, {"title": "Dusk Runner"}, {"ends_at": "2030-01-02T14:00:00Z"}, {"phase": "ended"})
    assert [room.is_behind([], told | change) for change in changes] == [False, True, True, True]
