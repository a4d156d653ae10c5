"""Several live processes, one line for each drop: a wish is handed to the process that has its drop's line.

So batches stay whole, however many processes read requests. Whoever owns the line decides as for its own shoppers, in the same
`grant` and under the same lock, so that a wrong owner costs speed and nothing else.

Where the owner is killed or stands still, its answer is lost, though it may have decided. The process that has the request then
decides once more, in a line of its own: asking again finds the hold (H3). And an owner that has been given up decides nothing
for whoever has given it up: the shopper was answered there, and may have given the pair back meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from dropshop.core.errors import Busy, DropshopError
from reservations.desk.group_commit import UNANSWERED, Batcher, LookUp
from reservations.desk.neighbours import Asker, Neighbours

log = logging.getLogger(__name__)

VERSION = 2  # of how wishes travel: processes with another do not find each other


class Wish(Protocol):
    """What can be handed over."""

    @property
    def asker(self) -> Asker | None:
        """The process that has handed it here; None for a wish of this one."""


class Codec(Protocol):
    """How wishes of one kind, and their answers, travel: as JSON values."""

    def pack(self, wish: Any) -> list[Any]:
        """The wish as it travels."""

    def unpack(self, packed: list[Any], asker: Asker) -> Any:
        """The same wish for the line of this process."""

    def pack_answer(self, wish: Any, answer: Any) -> list[Any]:
        """The answer, or refusal, with what was learned of the wish meanwhile."""

    def unpack_answer(self, wish: Any, packed: list[Any]) -> Any:
        """The same for whoever has asked; the wish knows what was learned of it."""


class HandOver:
    """Lets the neighbours of this process use its lines, and this process theirs. Belongs to the event loop."""

    def __init__(self, folder: Path) -> None:
        """`folder`: where the processes of this shop find each other."""
        self.neighbours = Neighbours(folder, self._serve)
        self._kinds: dict[str, tuple[Batcher, Codec]] = {}

    async def start(self) -> None:
        """Get to know the others. Where that fails, this process decides alone what comes to it, and says so in the log."""
        try:
            await self.neighbours.start()
        except OSError:
            log.exception("desk: the other processes cannot be found, and nothing is handed over")

    async def stop(self) -> None:
        """Leave them."""
        await self.neighbours.stop()

    def share(self, kind: str, batcher: Batcher, codec: Codec) -> None:
        """From now on wishes of this kind are handed over."""
        self._kinds[kind] = (batcher, codec)
        batcher.ask_elsewhere = Elsewhere(self.neighbours, kind, codec)

    def _serve(self, words: Any, asker: Asker, tell: Callable[[Any], None]) -> None:
        kind, drop, packed = words
        batcher, codec = self._kinds[kind]
        wish = codec.unpack(packed, asker)
        try:
            answer = batcher.join(UUID(drop), wish)
        except DropshopError as refusal:
            tell(codec.pack_answer(wish, refusal))
        else:
            answer.add_done_callback(lambda done: tell(codec.pack_answer(wish, done.result())))


class Elsewhere:
    """What a `Batcher` asks first: whoever has the line."""

    def __init__(self, neighbours: Neighbours, kind: str, codec: Codec) -> None:
        self._neighbours, self._kind, self._codec = neighbours, kind, codec

    async def __call__(self, drop_id: UUID, wish: Any) -> Any:
        """The answer of the process that has the drop's line; UNANSWERED where this process must decide."""
        owner = self._neighbours.owner_of(drop_id)
        if owner is None:
            return UNANSWERED
        answer = await owner.ask([self._kind, str(drop_id), self._codec.pack(wish)])
        return UNANSWERED if answer is None else self._codec.unpack_answer(wish, answer)


def socket_folder() -> Path:
    """Where the live processes of this shop, and no others, find each other: those of one state folder, database and secret."""
    database = connection.settings_dict
    shop = repr([VERSION, *(database[key] for key in ("HOST", "PORT", "NAME"))])
    return settings.STATE_DIR / "desk" / salted_hmac(__name__, shop, algorithm="sha256").hexdigest()[:16]


def only_wanted(look_up: LookUp) -> LookUp:
    """`look_up` for those wishes that somebody still waits for; the others are refused, and so never decided.

    A process that stood still finds in its connections what it was asked long ago, and was answered elsewhere meanwhile.
    """

    def looked_up(drop_id: UUID, wishes: Sequence[Wish]) -> Sequence[Any]:
        gone = {asker for asker in {wish.asker for wish in wishes} if asker is not None and asker.has_hung_up()}
        if not gone:
            return look_up(drop_id, wishes)
        wanted = [wish for wish in wishes if wish.asker not in gone]
        known = iter(look_up(drop_id, wanted) if wanted else ())
        return [Busy() if wish.asker in gone else next(known) for wish in wishes]

    return looked_up


def pack_refusal(refusal: DropshopError) -> list[Any]:
    """A refusal as it travels, by its class."""
    return [_name(type(refusal)), refusal.detail, refusal.retry_after, refusal.facts]


def unpack_refusal(packed: list[Any]) -> DropshopError:
    """The same refusal; Busy where there is no such class here, as while a new version of the shop takes over."""
    name, detail, retry_after, facts = packed
    if name not in _refusals:
        _refusals.update({_name(kind): kind for kind in _below(DropshopError)})
    kind = _refusals.get(name)
    if kind is None:
        return Busy()
    refusal = kind.__new__(kind)
    DropshopError.__init__(refusal, detail, retry_after=retry_after, **facts)  # its own takes other arguments
    return refusal


_refusals: dict[str, type[DropshopError]] = {}


def _name(kind: type[DropshopError]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _below(kind: type[DropshopError]) -> list[type[DropshopError]]:
    return [kind, *(each for sub in kind.__subclasses__() for each in _below(sub))]
