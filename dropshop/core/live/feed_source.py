"""What the hub asks about the feed: its newest items, and whose items which member must not see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any, NamedTuple

from dropshop.core.hooks import Hook

Source = Callable[[], Mapping[str, Any]]
Gate = Callable[[Collection[str]], Mapping[Any, Collection[Any]]]

# What is newest: {"server_time", "items": [{"id", "at", "author_id", "with_ids"}, …]}, newest first.
newest: Hook[Source] = Hook("dropshop.core.live.feed_source.newest")
# For the ids of members, whose items each must not see: member id -> ids of authors, in one query.
hidden_authors: Hook[Gate] = Hook("dropshop.core.live.feed_source.hidden_authors")


class FeedState(NamedTuple):
    """The feed at one moment, and for each member asked about the authors hidden from them."""

    server_time: str | None
    items: list[dict[str, Any]]  # each with id, at, author_id and with_ids; newest first
    hidden: dict[str, frozenset[str]]


def read_gate(members: Collection[str]) -> dict[str, frozenset[str]]:
    """The authors hidden from each of these members; blocking, call it in a thread."""
    hidden = hidden_authors.value(members) if members else {}
    return {str(member): frozenset(map(str, authors)) for member, authors in hidden.items()}


def read_feed(members: Collection[str]) -> FeedState:
    """The newest of the feed, and the gate for these members; blocking."""
    facts = newest.value()
    return FeedState(facts.get("server_time"), list(facts.get("items", ())), read_gate(members))


class SharedReads:
    """One reading at a time; who asks meanwhile shares the next, so that a crowd that comes back costs a few queries."""

    def __init__(self, read: Callable[[Collection[str]], Coroutine[Any, Any, FeedState]]) -> None:
        self._read = read
        self._line = asyncio.Lock()
        self._asking: set[str] = set()
        self._next: asyncio.Task[FeedState] | None = None

    async def get(self, member: str | None) -> FeedState:
        """A reading begun after this call, with the gate for this member."""
        if member is not None:
            self._asking.add(member)
        if self._next is None:
            self._next = asyncio.create_task(self._read_next())
            self._next.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._next)

    async def _read_next(self) -> FeedState:
        async with self._line:
            members, self._asking, self._next = self._asking, set(), None
            return await self._read(members)
