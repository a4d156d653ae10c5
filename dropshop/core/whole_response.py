"""An answer that is finished before any of it is sent: head and body at once, where the server takes that.

ASGI tells head and body in two messages, and a server looks at every header of every answer anew. The shop's own connections
(`dropshop.edge.connections`) take both together, and the headers that many answers share written out beforehand.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from dropshop.core.response_headers import Raw

Send = Callable[[dict[str, Any]], Awaitable[None]]

EXTENSION = "dropshop.whole_response"  # in `scope["extensions"]`: `await extension(status, lines, body)`
NO_BODY = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
# RFC 9110, 5.1 and 5.5: what would end a header, or begin another one.
WRONG_NAME, WRONG_VALUE = re.compile(rb"[^!#$%&'*+.^_`|~0-9A-Za-z-]"), re.compile(rb"[\0-\x08\x0a-\x1f\x7f]")


class FixedHeaders:
    """Headers of many answers, written out once."""

    __slots__ = ("lines", "raw")

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self.raw = list(raw)
        self.lines = header_lines(raw)


def header_lines(raw: Sequence[tuple[bytes, bytes]]) -> bytes:
    """As they stand in the head of an answer. Raises ValueError for one that would end there, or begin another."""
    for name, value in raw:
        if WRONG_NAME.search(name) or WRONG_VALUE.search(value):
            raise ValueError(f"{name!r} is no header, or {value!r} no value of one.")
    return b"".join([b"%b: %b\r\n" % pair for pair in raw])


class WholeResponse(NamedTuple):
    """A finished answer; of its headers `own` are this one's alone. Its length is told by whoever sends it."""

    status: int
    headers: FixedHeaders
    own: Raw
    body: bytes


async def send_whole(scope: Mapping[str, Any], send: Send, answer: WholeResponse) -> None:
    """Sends the answer, to HEAD without its body."""
    status, fixed, own, body = answer
    if status not in NO_BODY:
        own = [*own, (b"content-length", b"%d" % len(body))]
    if scope["method"] == "HEAD":
        body = b""
    whole = scope.get("extensions", {}).get(EXTENSION)
    if whole is not None:
        await whole(status, fixed.lines + header_lines(own), body)
        return
    await send({"type": "http.response.start", "status": status, "headers": [*fixed.raw, *own]})
    await send({"type": "http.response.body", "body": body})
