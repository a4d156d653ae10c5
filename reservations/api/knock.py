"""What the desk's doors share: one request as plain ASGI, read once, and its answer.

No session, no middleware and no thread of its own: a pass is opened here, and everything that needs the database is
asked for a whole batch at a time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from dropshop.client import client_address_of
from dropshop.edge.bodies import Gone
from dropshop.errors import DropshopError, Invalid, NotAuthenticated, TooLarge, UnsupportedMediaType, problem_body
from reservations import passes
from reservations.origins import DEVICE_COOKIE

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

BODY_MAX = 4096  # bytes; an honest request has no more
DEVICE = re.compile(rb"(?:^|; ?)%s=([0-9A-Za-z]{1,64})(?:;|$)" % DEVICE_COOKIE.encode())
SAFE = (b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")
JSON = (*SAFE, (b"content-type", b"application/json"))
PROBLEM = (*SAFE, (b"content-type", b"application/problem+json"))


class Answer(NamedTuple):
    """What was done, ready to be sent."""

    status: int
    body: dict[str, Any]


class Knock(NamedTuple):
    """A request with a pass, for one of the desk's doors."""

    subject: str  # the id in its path
    pass_text: bytes
    is_json: bool
    address: str  # the client's, as limits count it
    device: str  # what its device cookie says; "" without one

    def ticket(self, drop_id: UUID | None = None) -> passes.Ticket:
        """What its pass says. Raises NotAuthenticated, also for a pass for another drop than this."""
        try:
            return passes.read(self.pass_text, drop_id)
        except passes.NotAPass as error:
            raise NotAuthenticated(str(error)) from None

    async def json(self, receive: Receive) -> dict[str, Any]:
        """The object in its body, {} for none. Raises TooLarge, UnsupportedMediaType, Invalid."""
        body = await _whole(receive)
        if not body:
            return {}
        if not self.is_json:
            raise UnsupportedMediaType
        try:
            given = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise Invalid("This is not JSON.") from None
        if not isinstance(given, dict):
            raise Invalid(errors={"request": ["Expected an object."]})
        return given


def knock(scope: Scope, path: re.Pattern[str]) -> Knock | None:
    """The request, if it is a POST to such a path with a pass. With an Idempotency-Key it is for the ordinary view."""
    if scope["method"] != "POST":
        return None
    match = path.fullmatch(scope["path"])
    if match is None:
        return None
    headers = dict(scope["headers"])
    pass_text = headers.get(b"x-drop-pass")
    if pass_text is None or b"idempotency-key" in headers:
        return None
    is_json = headers.get(b"content-type", b"").startswith(b"application/json")
    device = DEVICE.search(headers.get(b"cookie", b""))
    return Knock(match[1], pass_text, is_json, client_address_of(scope), device[1].decode() if device else "")


async def _whole(receive: Receive) -> bytes:
    """The body. Raises TooLarge, and Gone where the client hung up in the middle of it."""
    body, is_complete = b"", False
    while not is_complete and len(body) <= BODY_MAX:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += message.get("body", b"")
        is_complete = not message.get("more_body", False)
    if len(body) > BODY_MAX:
        raise TooLarge
    return body


async def respond(send: Send, answer: Answer | DropshopError) -> None:
    """Sends what was done, or the refusal as problem+json."""
    if isinstance(answer, DropshopError):
        status, raw, headers = answer.status, orjson.dumps(problem_body(answer)), [*PROBLEM]
        if answer.retry_after is not None:
            headers.append((b"retry-after", b"%d" % max(1, math.ceil(answer.retry_after))))
    else:
        status, raw, headers = answer.status, orjson.dumps(answer.body), [*JSON]
    headers.append((b"content-length", b"%d" % len(raw)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": raw})
