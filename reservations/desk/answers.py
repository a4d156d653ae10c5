"""What the desk's endpoints answer, and how it is sent: with the headers of every other answer, and a line in the log."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from dropshop.core import access_log
from dropshop.core.api.endpoint import location
from dropshop.core.errors import DropshopError, IdempotencyMismatch, problem_body, refusal_headers
from dropshop.core.response_headers import Raw, cors_headers, raw, security_headers
from dropshop.core.whole_response import FixedHeaders, WholeResponse, send_whole
from reservations.desk.requests import DeskRequest, Send
from reservations.idempotency.api import REPLAYED

JSON, PROBLEM = b"application/json", b"application/problem+json"
# As Django's answers of the same addresses have them.
CACHE_HEADER = (b"cache-control", b"no-store")
BY_COOKIE = (b"vary", b"Cookie")


class Reply(NamedTuple):
    """What was done, ready to be sent. A 201 says by `creates` where that is (see `api.endpoint.location`)."""

    status: int
    body: Any
    creates: str = ""
    is_replayed: bool = False  # it was given before, under the key of its request


async def respond(send: Send, request: DeskRequest, answer: Reply | DropshopError) -> None:
    """Sends the result, or the refusal as problem+json, with the headers of every other answer, and logs it.

    What was answered before says nothing of limits: in the ordinary view they are behind the key.
    """
    if isinstance(answer, IdempotencyMismatch) or (isinstance(answer, Reply) and answer.is_replayed):
        request.limits, request.counts_as = (), ""
    status, body, kind, own = response_of(answer)
    own += [(name.lower().encode(), value.encode()) for name, value in request.known_limits()]
    own += request.own
    own.append((b"x-request-id", request.request_id.encode()))
    if request.is_by_cookie:
        own.append(BY_COOKIE)
    fixed = _of_every_answer(kind, request.is_secure, request.origin, request.methods)
    await send_whole(request.scope, send, WholeResponse(status, fixed, own, body))
    access_log.finished(
        request=f"{request.scope['method']} {request.scope['path']}",
        code=status,
        client=request.address,
        request_id=request.request_id,
        member=request.member,
        outcome=answer.code if isinstance(answer, DropshopError) else "",
    )


@lru_cache(maxsize=256)
def _of_every_answer(kind: bytes, is_secure: bool, origin: bytes | None, methods: bytes) -> FixedHeaders:
    return FixedHeaders(
        [(b"content-type", kind), CACHE_HEADER, (b"allow", methods), *security_headers(secure=is_secure), *cors_headers(origin)]
    )


def response_of(answer: Reply | DropshopError) -> tuple[int, bytes, bytes, Raw]:
    """Status, body, content type, and the headers that are this answer's alone."""
    if isinstance(answer, DropshopError):
        own = {name: value for name, value in refusal_headers(answer).items() if name != "Cache-Control"}
        return answer.status, orjson.dumps(problem_body(answer)), PROBLEM, raw(own)
    body = orjson.dumps(answer.body)
    own_of_new = [(b"location", location(answer.creates, answer.body).encode())] if answer.status == 201 else []
    return answer.status, body, JSON, [*own_of_new, *(raw(REPLAYED) if answer.is_replayed else [])]
