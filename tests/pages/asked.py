"""A WSGI application, what visitors share of it, and requests to that as servers send them."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from dropshop.edge.bodies import Body
from dropshop.edge.bridge import Application, Bridge
from dropshop.edge.page_cache import PageCache


class Told(NamedTuple):
    """What came back; names of headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


def shared(application: Application, *, seconds: float = 60, threads: int = 8) -> PageCache:
    """What visitors share of the application."""
    return PageCache(Bridge(application, threads=threads, name="asked"), application, seconds=seconds)


def ask(pages: PageCache, path: str, **environ: Any) -> Told:
    """A visitor's GET, unless `environ` says otherwise, in the words of WSGI."""
    return asyncio.run(asked(pages, path, **environ))


async def asked(pages: PageCache, path: str, **environ: Any) -> Told:
    """The same, for whoever has an event loop."""
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await pages(scope_of(path, **environ), Body(b"", 0), _never, send, address="192.0.2.1")
    start, *rest = messages
    headers = {name.decode("latin1"): value.decode("latin1") for name, value in start["headers"]}
    return Told(start["status"], headers, b"".join(message["body"] for message in rest))


def scope_of(path: str, **environ: Any) -> dict[str, Any]:
    """As ASGI has it."""
    sent = {"HTTP_HOST": "localhost", **environ}
    headers = [(name.removeprefix("HTTP_").replace("_", "-"), value) for name, value in sent.items()]
    return {
        "type": "http",
        "http_version": "1.1",
        "method": sent.pop("REQUEST_METHOD", "GET"),
        "scheme": "http",
        "path": path,
        "query_string": sent.pop("QUERY_STRING", "").encode(),
        "client": ("192.0.2.1", 50000),
        "headers": [
            (name.lower().encode(), value.encode("latin1"))
            for name, value in headers
            if name not in ("REQUEST-METHOD", "QUERY-STRING")
        ],
    }


async def _never() -> dict[str, Any]:
    await asyncio.get_running_loop().create_future()
    raise AssertionError


class Counting:
    """A WSGI application that counts its answers; `meanwhile` happens while it makes one."""

    def __init__(self, *, status: str = "200 OK", headers: Iterable[tuple[str, str]] = (), size: int = 0) -> None:
        self.status, self.headers, self.size = status, [("Content-Type", "text/plain"), *headers], size
        self.seen: list[dict[str, Any]] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        self.seen.append(environ)
        number = len(self.seen)
        self.meanwhile()
        start(self.status, [*self.headers, ("X-Request-ID", f"request-{number}")])
        return [f"answer {number}".encode().ljust(self.size)]
