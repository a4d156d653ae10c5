"""A WSGI application, and a request to it as servers send them."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class Told(NamedTuple):
    """What came back."""

    status: str
    headers: dict[str, str]
    body: bytes


def ask(application: Callable[..., Any], path: str, **environ: Any) -> Told:
    """A visitor's GET, unless `environ` says otherwise."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    plain = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
        **environ,
    }
    body = b"".join(application(plain, lambda status, headers, exc_info=None: begun.append((status, headers))))
    status, headers = begun[-1]
    return Told(status, dict(headers), body)


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
