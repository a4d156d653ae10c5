"""The live processes of this shop on this machine, and whose a drop is: each drop has its line in one of them.

Each process listens at a Unix socket in a folder that only its owner can enter, and keeps a connection to every other. When a
process ends, however it ends, the kernel closes its connections, and its drops fall to the others. The owner of a drop is
found by rendezvous hashing (Thaler and Ravishankar 1998) over the processes that are there, so that nobody has to be asked, and
only the drops of who came or went change hands.

Nothing but speed depends on it. Two that differ about an owner for a moment have a line each, and meet at the row lock.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any
from uuid import UUID

from reservations.desk.frames import Frames

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5  # seconds between two looks at a neighbour who owes an answer
MAX_SILENT_LOOKS = 4  # so many looks in a row without a word from it, and it is taken to stand still
MAX_ASKED = 1024  # wishes under way at one neighbour; what comes beyond is decided here
MAX_REMEMBERED = 1024  # drops whose owner is remembered
BACKLOG = 128  # connections that wait until they are taken

# (what is asked, who asks, to be called with the answer)
Serve = Callable[[Any, "Asker", Callable[[Any], None]], None]


class Neighbours:
    """One per process; it belongs to the event loop."""

    def __init__(self, folder: Path, serve: Serve) -> None:
        """`folder` belongs to the live processes of one shop; `serve` decides what another hands to this one."""
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._folder, self._serve = folder, serve
        self._directory = -1  # the folder, opened: by its number addresses are short enough for a socket, however long its path
        self._server: asyncio.Server | None = None
        self._known: dict[str, Neighbour] = {}
        self._owners: dict[UUID, Neighbour | None] = {}
        self._askers: set[Asker] = set()
        self._jobs: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen for the others, and connect to those who are there. Raises OSError where the folder cannot be used."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self._address(f"{self.name}.new"))
        self._server = await asyncio.get_running_loop().create_unix_server(self._taken, sock=listening, backlog=BACKLOG)
        (self._folder / f"{self.name}.new").rename(self._folder / self.name)  # only now: whoever finds it is let in
        for name in os.listdir(self._folder):
            self._meet(name)

    async def stop(self) -> None:
        """Leave. What others have under way here, they decide themselves."""
        if self._server is None:
            return
        server, self._server = self._server, None
        (self._folder / self.name).unlink(missing_ok=True)
        server.close()
        for frames in (*self._askers, *self._known.values()):
            frames.hang_up()
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        os.close(self._directory)

    def owner_of(self, drop_id: UUID) -> Neighbour | None:
        """Who has the drop's line; None where it is this process."""
        if drop_id not in self._owners:
            if len(self._owners) >= MAX_REMEMBERED:
                self._owners.clear()
            there: list[Neighbour | None] = [None, *(each for each in self._known.values() if each.is_there)]
            self._owners[drop_id] = max(there, key=lambda each: _weight(each.name if each else self.name, drop_id))
        return self._owners[drop_id]

    @property
    def there(self) -> list[str]:
        """The names of the others who are there."""
        return sorted(name for name, each in self._known.items() if each.is_there)

    def _address(self, name: str) -> str:
        return f"/proc/self/fd/{self._directory}/{name}"

    def _taken(self) -> Asker:
        return Asker(self._serve, self._askers, self._meet)

    def _meet(self, name: str) -> None:
        """Connect to the process of that name; no-op where that is known, or not there any more."""
        if self._server is None or name == self.name or name in self._known or name.endswith(".new"):
            return
        end = socket.socket(socket.AF_UNIX)
        end.setblocking(False)
        try:
            end.connect(self._address(name))
        except OSError as error:
            end.close()
            if isinstance(error, ConnectionRefusedError):  # it has ended, and left its address
                with suppress(OSError):
                    os.unlink(name, dir_fd=self._directory)
            return
        self._known[name] = Neighbour(name, self.name, on_change=self._changed)
        job = asyncio.create_task(self._connect(self._known[name], end))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def _connect(self, neighbour: Neighbour, end: socket.socket) -> None:
        await asyncio.get_running_loop().create_unix_connection(lambda: neighbour, sock=end)

    def _changed(self, neighbour: Neighbour) -> None:
        """This neighbour has come, or is gone."""
        self._owners.clear()
        log.info("desk: process %s is %s", neighbour.name, "there" if neighbour.is_there else "gone, or stands still")
        if neighbour.is_lost:
            self._known.pop(neighbour.name, None)
            asyncio.get_running_loop().call_later(LOOK_EVERY, self._meet, neighbour.name)  # it may only have stood still


def _weight(name: str, drop_id: UUID) -> bytes:
    return blake2b(name.encode() + drop_id.bytes, digest_size=8).digest()


class Neighbour(Frames):
    """Another process, to be asked."""

    def __init__(self, name: str, own_name: str, on_change: Callable[[Neighbour], None]) -> None:
        super().__init__()
        self.name = name
        self.is_there = False  # connected, and it has said so: a process that stands still is connected by the kernel alone
        self._own_name, self._on_change = own_name, on_change
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._silent_looks = 0
        self._looking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.say(self._own_name)

    async def ask(self, words: Any) -> list[Any] | None:
        """What it answers; None where it has ended, stands still, or has enough to do: then nobody knows what it has done."""
        if self.is_lost or len(self._asked) >= MAX_ASKED:
            return None
        self._number += 1
        answer = self._asked[self._number] = self._loop.create_future()
        self.say([self._number, words])
        if self._looking is None:
            self._silent_looks = 0
            self._looking = self._loop.call_later(LOOK_EVERY, self._look)
        said: list[Any] | None = await answer
        return said

    def heard(self, messages: list[Any]) -> None:
        """Answers; the first frame says that it is there."""
        self._silent_looks = 0
        if not self.is_there:
            self.is_there = True
            self._on_change(self)
        for number, answer in messages:
            asked = self._asked.pop(number, None)
            if asked is not None and not asked.done():
                asked.set_result(answer)

    def _look(self) -> None:
        """Silence is counted in looks, not by the clock: where this process stood still, it has missed one look, not many."""
        self._looking = None
        if not self._asked or self.is_lost:
            return
        if self._silent_looks >= MAX_SILENT_LOOKS:
            self.hang_up()
            return
        self._silent_looks += 1
        self.show_life()  # it answers in kind, however long its database makes it wait
        self._looking = self._loop.call_later(LOOK_EVERY, self._look)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.is_there = False
        asked, self._asked = self._asked, {}
        for answer in asked.values():
            if not answer.done():
                answer.set_result(None)
        self._on_change(self)


class Asker(Frames):
    """Another process that asks this one."""

    def __init__(self, serve: Serve, askers: set[Asker], on_name: Callable[[str], None]) -> None:
        super().__init__()
        self._serve, self._askers, self._on_name = serve, askers, on_name
        self._is_known = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._askers.add(self)
        self.show_life()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._askers.discard(self)

    def heard(self, messages: list[Any]) -> None:
        """Its name at first, then what it asks."""
        if not self._is_known:
            self._is_known = True
            self._on_name(messages[0])
            return
        if not messages:
            self.show_life()
        for number, words in messages:
            self._serve(words, self, partial(self._answer, number))

    def _answer(self, number: int, answer: Any) -> None:
        self.say([number, answer])
