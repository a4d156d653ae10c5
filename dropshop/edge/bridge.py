"""From ASGI to the WSGI application: a thread has a request for as long as it is computed, and no longer.

The body is there before a thread is taken, and the answer is sent after it was given back: neither who sends slowly nor
who reads slowly keeps a thread. Files are sent piece by piece, everything else is finished when it comes out.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from functools import partial
from http import HTTPMethod
from typing import IO, Any, NamedTuple, ParamSpec, TypeVar

from dropshop.core import wsgi_environ
from dropshop.edge.bodies import Body, Receive, Scope
from dropshop.edge.turns import Turns

Send = Callable[[dict[str, Any]], Awaitable[None]]
Environ = dict[str, Any]
Application = Callable[..., Iterable[bytes]]
P = ParamSpec("P")
R = TypeVar("R")

PIECE_BYTES = 262_144  # bytes of a file that are read at a time
READERS = 2  # threads that read on in files larger than one piece
SAFE = {HTTPMethod.GET, HTTPMethod.HEAD}
NO_BODY = {204, 304}


class File:
    """What Django hands over when it answers with a file (`wsgi.file_wrapper`)."""

    def __init__(self, file: IO[bytes], block_size: int = PIECE_BYTES) -> None:
        self.file = file

    def __iter__(self) -> "File":
        return self

    def __next__(self) -> bytes:
        piece = self.file.read(PIECE_BYTES)
        if not piece:
            raise StopIteration
        return piece

    def close(self) -> None:
        """Closes it, and Django's answer with it."""
        self.file.close()


class ComputedResponse(NamedTuple):
    """A computed answer; `rest` is what of a file has not been read yet."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    rest: File | None = None


class Bridge:
    """A WSGI application with threads of its own."""

    files = ThreadPoolExecutor(READERS, thread_name_prefix="files")

    def __init__(self, application: Application, *, threads: int, name: str, **line: int) -> None:
        """`line` bounds who may wait for one of the threads (see `Turns`)."""
        self._application = application
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._turns = Turns(threads, **line)

    async def __call__(self, scope: Scope, body: Body, receive: Receive, send: Send, *, address: str) -> None:
        """Answers. Raises RateLimited, before anything was sent, where too many wait."""
        async with self.turn(address) as waited:
            if waited and scope["method"] in SAFE and _has_hung_up(receive):
                return
            answer = await self.in_thread(computed, self._application, environ_of(scope, body))
        await _sent(answer, send, is_head=scope["method"] == HTTPMethod.HEAD)

    def turn(self, address: str) -> AbstractAsyncContextManager[bool]:
        """A thread for this address, when it is its turn; yields whether it had to wait. Raises RateLimited."""
        return self._turns.turn(address)

    async def in_thread(self, work: Callable[P, R], *args: P.args, **more: P.kwargs) -> R:
        """What `work` returns; for whoever has a turn."""
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(context.run, work, *args, **more))


def computed(application: Application, environ: Environ) -> ComputedResponse:
    """What the application answers, blocking; of a file its first piece."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        begun.append((status, headers))
        return _write

    result = application(environ, start)
    rest = None
    try:
        if isinstance(result, File):
            body = next(result, b"")
            rest = result if len(body) == PIECE_BYTES else None
        else:
            body = b"".join(result)
    finally:
        if rest is None and hasattr(result, "close"):
            result.close()
    status, headers = begun[-1]
    raw = [(name.strip().encode("latin1").lower(), value.strip().encode("latin1")) for name, value in headers]
    return ComputedResponse(int(status.split(" ", 1)[0]), raw, body, rest)


def _write(_: bytes) -> None:
    raise NotImplementedError("Answers are returned here, as every application since PEP 333 can.")


async def _sent(answer: ComputedResponse, send: Send, *, is_head: bool) -> None:
    headers = answer.headers
    if answer.rest is None and not is_head and answer.status not in NO_BODY and not _has_length(headers):
        headers = [*headers, (b"content-length", b"%d" % len(answer.body))]
    try:
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body, "more_body": answer.rest is not None})
        if answer.rest is not None:
            await _send_rest(answer.rest, send)
    finally:
        if answer.rest is not None:
            Bridge.files.submit(answer.rest.close)


async def _send_rest(file: File, send: Send) -> None:
    loop = asyncio.get_running_loop()
    while True:
        piece = await loop.run_in_executor(Bridge.files, file.file.read, PIECE_BYTES)
        await send({"type": "http.response.body", "body": piece, "more_body": bool(piece)})
        if not piece:
            return


def _has_length(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-length" for name, _ in headers)


def _has_hung_up(receive: Receive) -> bool:
    """Whether the client is no longer there, asked without waiting: the server's `receive` is run up to its first wait."""
    steps = receive().__await__()
    try:
        next(steps)
    except StopIteration as end:
        return end.value["type"] == "http.disconnect"
    steps.close()
    return False


def environ_of(scope: Scope, body: Body) -> Environ:
    """The request as WSGI has it (PEP 3333); what is answered with a file comes back as a `File`."""
    return wsgi_environ.environ_of(scope, body.content) | {"wsgi.file_wrapper": File}
