"""What the desk's endpoints share: one request as plain ASGI, read once, and its answer.

No session, no middleware and no thread of its own: a pass is opened here, and everything that needs the database is
asked for a whole batch at a time.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.conf import settings

from dropshop.core import access_log
from dropshop.core.api.endpoint import location
from dropshop.core.api.negotiation import accepts
from dropshop.core.client_address import client_address_of_scope
from dropshop.core.errors import (
    DropshopError,
    Gone,
    Invalid,
    NotAuthenticated,
    TooLarge,
    UnsupportedMediaType,
    problem_body,
    refusal_headers,
)
from dropshop.core.limit_headers import Headers
from dropshop.core.limits import about_limits
from dropshop.core.logs import request_id_for
from dropshop.core.response_headers import Raw, came_by_https, cors_headers, is_known_host, raw, security_headers
from dropshop.core.whole_response import FixedHeaders, WholeResponse, send_whole
from reservations.holds.origins import DEVICE_COOKIE
from reservations.passes import tokens

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

MAX_BODY_BYTES = 4096  # bytes; an honest request has no more
DEVICE = re.compile(rb"(?:^|; ?)%s=([0-9A-Za-z]{1,64})(?:;|$)" % DEVICE_COOKIE.encode())
JSON, PROBLEM = b"application/json", b"application/problem+json"
# As Django's answers of the same addresses have them.
METHODS = (b"allow", b"POST, OPTIONS")
CACHE_HEADER = (b"cache-control", b"no-store")


class Reply(NamedTuple):
    """What was done, ready to be sent. A 201 says by `creates` where that is (see `api.endpoint.location`)."""

    status: int
    body: dict[str, Any]
    creates: str = ""


@dataclass(slots=True)
class PassRequest:
    """A request with a pass for one of the desk's endpoints, and what is learned about it while it is served."""

    scope: Scope
    subject: str  # the id in its path
    pass_text: bytes
    is_json: bool
    address: str  # the client's, as limits count it
    device: str  # what its device cookie says; "" without one
    request_id: str
    is_secure: bool
    origin: bytes | None  # of the page that sent it, where it is another site's
    member: str = ""  # its id, once the pass is opened
    limits: Headers = ()  # how the limits stand for it, once they are asked
    counts_as: str = ""  # the limits' name for it

    def ticket(self, drop_id: UUID | None = None) -> tokens.PassClaims:
        """What its pass says. Raises NotAuthenticated, also for a pass for another drop than this."""
        try:
            ticket = tokens.open_pass(self.pass_text, drop_id)
        except tokens.InvalidPass as error:
            raise NotAuthenticated(str(error)) from None
        self.member = str(ticket.member_id)
        return ticket

    def known_limits(self) -> Headers:
        """As they were counted; for an answer before that, as this process remembers them."""
        if self.limits or not self.member:
            return self.limits
        return about_limits(self.counts_as, self.member, self.address)

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


def match_request(scope: Scope, path: re.Pattern[str], counts_as: str) -> PassRequest | None:
    """The request, if it is a POST to such a path with a pass.

    A request with an Idempotency-Key goes to the ordinary view, and so does a request that Django would refuse before calling a
    view.
    """
    if scope["method"] != "POST":
        return None
    match = path.fullmatch(scope["path"])
    if match is None:
        return None
    headers = dict(scope["headers"])
    pass_text, is_secure = headers.get(b"x-drop-pass"), came_by_https(scope, headers)
    if pass_text is None or b"idempotency-key" in headers or _is_odd(scope, headers, is_secure=is_secure):
        return None
    device = DEVICE.search(headers.get(b"cookie", b""))
    return PassRequest(
        scope=scope,
        subject=match[1],
        pass_text=pass_text,
        is_json=headers.get(b"content-type", b"").startswith(b"application/json"),
        address=client_address_of_scope(scope),
        device=device[1].decode() if device else "",
        request_id=request_id_for(headers.get(b"x-request-id", b"").decode("latin1")),
        is_secure=is_secure,
        origin=headers.get(b"origin"),
        counts_as=counts_as,
    )


def _is_odd(scope: Scope, headers: Mapping[bytes, bytes], *, is_secure: bool) -> bool:
    """Whether Django must handle it: another host, query parameters, an Accept header without JSON, no HTTPS."""
    return (
        bool(scope.get("query_string"))
        or not is_known_host(headers.get(b"host", b""))
        or not accepts(headers.get(b"accept", b"").decode("latin1"))
        or (settings.SECURE_SSL_REDIRECT and not is_secure)
    )


async def _whole(receive: Receive) -> bytes:
    """The body. Raises TooLarge, and Gone where the client hung up in the middle of it."""
    body, is_complete = b"", False
    while not is_complete and len(body) <= MAX_BODY_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += message.get("body", b"")
        is_complete = not message.get("more_body", False)
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge
    return body


async def respond(send: Send, request: PassRequest, answer: Reply | DropshopError) -> None:
    """Sends the result, or the refusal as problem+json, with the headers of every other answer, and logs it."""
    status, body, kind, own = response_of(answer)
    own += [(name.lower().encode(), value.encode()) for name, value in request.known_limits()]
    own.append((b"x-request-id", request.request_id.encode()))
    fixed = _of_every_answer(kind, request.is_secure, request.origin)
    await send_whole(request.scope, send, WholeResponse(status, fixed, own, body))
    access_log.finished(
        request=f"POST {request.scope['path']}",
        code=status,
        client=request.address,
        request_id=request.request_id,
        member=request.member,
        outcome=answer.code if isinstance(answer, DropshopError) else "",
    )


@lru_cache(maxsize=256)
def _of_every_answer(kind: bytes, is_secure: bool, origin: bytes | None) -> FixedHeaders:
    return FixedHeaders(
        [(b"content-type", kind), CACHE_HEADER, METHODS, *security_headers(secure=is_secure), *cors_headers(origin)]
    )


def response_of(answer: Reply | DropshopError) -> tuple[int, bytes, bytes, Raw]:
    """Status, body, content type, and the headers that are this answer's alone."""
    if isinstance(answer, DropshopError):
        own = {name: value for name, value in refusal_headers(answer).items() if name != "Cache-Control"}
        return answer.status, orjson.dumps(problem_body(answer)), PROBLEM, raw(own)
    body = orjson.dumps(answer.body)
    own_of_new = [(b"location", location(answer.creates, answer.body).encode())] if answer.status == 201 else []
    return answer.status, body, JSON, own_of_new
