"""Texts go out compressed, for browsers that take gzip: in front of everything that makes them, also what visitors share.

Pages hold secrets (the form's token, a pass) beside what a stranger may have put into the address, and the length of a
compressed page tells how much of the two is alike (BREACH). Django masks its token anew in each answer and passes are sealed
anew; besides, each answer is longer by a random number of bytes ("Heal the BREACH", as in Django's GZipMiddleware). That
middleware would stand behind the shared pages and make each of them somebody's own; therefore this one.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_etags
from django.utils.text import compress_string

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

LEAST, MOST = 512, 1_048_576  # bytes; smaller ones gain nothing, larger ones are files
MAX_PADDING_BYTES = 100  # random bytes at most
TEXTS = ("text/", "application/json", "application/problem+json", "application/vnd.oai.openapi", "image/svg+xml")


class Compressed:
    """The WSGI application `application`, whose texts are compressed where the request takes that."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if not takes_gzip(environ):
            return self.application(environ, start)
        begun: list[Any] = []

        def note(status: str, headers: list[tuple[str, str]], *more: Any) -> None:
            begun[:] = [status, headers, *more]

        parts = self.application(environ, note)
        if not begun or not is_worth_it(begun[0], begun[1]):
            if begun and begun[0].startswith("304"):
                has = environ.get("HTTP_IF_NONE_MATCH", "")
                begun[1] = [(name, tag_as_sent(value, has) if name.lower() == "etag" else value) for name, value in begun[1]]
            start(*begun)
            return parts
        try:
            body = compress_string(b"".join(parts), max_random_bytes=MAX_PADDING_BYTES)
        finally:
            close: Callable[[], None] = getattr(parts, "close", lambda: None)
            close()
        start(begun[0], described(begun[1], len(body)), *begun[2:])
        return [body]


def takes_gzip(environ: dict[str, Any]) -> bool:
    """Whether this request may be answered with a compressed text."""
    return environ["REQUEST_METHOD"] != "HEAD" and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")


def is_worth_it(status: str, headers: list[tuple[str, str]]) -> bool:
    """A whole text of a known length, not compressed already."""
    named = {name.lower(): value for name, value in headers}
    length = named.get("content-length", "")
    is_text = named.get("content-type", "").startswith(TEXTS)
    is_whole = status.startswith(("200", "4", "5")) and "content-encoding" not in named
    return is_text and is_whole and length.isdigit() and LEAST <= int(length) <= MOST


def tag_as_sent(tag: str, if_none_match: str) -> str:
    """The tag for a 304: whoever has the compressed form is told its tag, the weak one, and not that of the plain form
    (RFC 9110, 8.8.3.3 and 15.4.5).
    """
    return f"W/{tag}" if f"W/{tag}" in parse_etags(if_none_match) else tag


def described(headers: list[tuple[str, str]], length: int) -> list[tuple[str, str]]:
    """The headers of the compressed form. The tag is a weak one from now on: it is of two different bodies."""
    kept = [(name, value) for name, value in headers if name.lower() not in {"content-length", "vary", "etag"}]
    vary = [value for name, value in headers if name.lower() == "vary"]
    tags = [value if value.startswith("W/") else f"W/{value}" for name, value in headers if name.lower() == "etag"]
    return [
        *kept,
        *(("ETag", tag) for tag in tags),
        ("Vary", ", ".join([*vary, "Accept-Encoding"])),
        ("Content-Encoding", "gzip"),
        ("Content-Length", str(length)),
    ]
