"""The desk's door: `POST drops/{id}/reserve` with a pass, as plain ASGI, in the process that also carries the sockets.

No session, no middleware and no thread of its own: one signature is verified here, and everything that needs the
database is asked for a whole batch at a time. Requests without a pass, or with an Idempotency-Key, take the ordinary view,
which decides by the same `holds.grant` and answers in the same words.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from drops.clock import database_time
from drops.facts import iso
from drops.models import Size
from dropshop.client import client_address_of
from dropshop.errors import DropshopError, Invalid, NotAuthenticated, TooLarge, UnsupportedMediaType, problem_body
from dropshop.limits import limit_each
from reservations import passes
from reservations.desk import Counter, Desk
from reservations.facts import reservation_facts
from reservations.holds import Claim, grant

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

ADDRESS = re.compile(r"/api/v1/drops/([0-9a-fA-F-]{32,36})/reserve/?")
RESERVING = 1  # holders who pay (rank 0) go first
BODY_MAX = 4096  # bytes


class Asked(NamedTuple):
    """One request as a batch reads it."""

    ticket: passes.Ticket
    size: str | None
    address: str


class Answer(NamedTuple):
    """A hold, ready to be sent."""

    status: int
    body: dict[str, Any]


class ReserveDoor:
    """The ASGI application; one per process, with the process's desk."""

    def __init__(self) -> None:
        self.desk = Desk()
        self._reserving = Counter(self.desk, serve, rank=RESERVING)

    def takes(self, scope: Scope) -> bool:
        """Whether this request is for the desk."""
        if scope["method"] != "POST" or not ADDRESS.fullmatch(scope["path"]):
            return False
        names = {name for name, _ in scope["headers"]}
        return b"x-drop-pass" in names and b"idempotency-key" not in names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 201 or 200 with the hold, or problem+json."""
        try:
            drop_id, asked = _read(scope, await _body(receive))
            answer = await self._reserving.ask(drop_id, asked)
        except DropshopError as refusal:
            answer = refusal
        await _send(send, answer)


def _read(scope: Scope, body: bytes) -> tuple[UUID, Asked]:
    """The request, checked as far as that needs no database. Raises NotAuthenticated, Invalid, UnsupportedMediaType."""
    headers = dict(scope["headers"])
    match = ADDRESS.fullmatch(scope["path"])
    try:
        drop_id = UUID(match[1] if match else "")
        ticket = passes.read(headers[b"x-drop-pass"].decode("latin1"), drop_id)
    except passes.NotAPass as error:
        raise NotAuthenticated(str(error)) from None
    except ValueError:
        raise NotAuthenticated("This pass is for another drop.") from None
    if body and not headers.get(b"content-type", b"").startswith(b"application/json"):
        raise UnsupportedMediaType
    return drop_id, Asked(ticket, _size(body), client_address_of(scope))


def _size(body: bytes) -> str | None:
    try:
        given = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise Invalid("This is not JSON.") from None
    if not isinstance(given, dict):
        raise Invalid(errors={"request": ["Expected an object."]})
    size = given.get("size")
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, str | int | float) or size == "":
        raise Invalid(errors={"size": ["Expected the name of a size."]})
    return str(size)


async def _body(receive: Receive) -> bytes:
    """The whole body; raises TooLarge before reading more than an honest request has."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_MAX:
            raise TooLarge
        if not message.get("more_body", False):
            return body


async def _send(send: Send, answer: Answer | DropshopError) -> None:
    headers = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]
    if isinstance(answer, DropshopError):
        status, body, kind = answer.status, problem_body(answer), b"application/problem+json"
        if answer.retry_after is not None:
            headers.append((b"retry-after", str(max(1, math.ceil(answer.retry_after))).encode()))
    else:
        status, body, kind = answer.status, answer.body, b"application/json"
    raw = json.dumps(body).encode()
    headers += [(b"content-type", kind), (b"content-length", str(len(raw)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": raw})


def serve(drop_id: UUID, batch: Sequence[Asked]) -> list[Answer | DropshopError]:
    """Decides a batch on one drop, blocking: who is still signed in, who asks too often, and then who gets a pair."""
    answers: list[Answer | DropshopError | None] = _turned_away(batch)
    labels = dict(Size.objects.filter(drop=drop_id).values_list("label", "pk"))
    claims: list[tuple[int, Claim]] = []
    for place, asked in enumerate(batch):
        if answers[place] is None:
            size_id = labels.get(asked.size) if asked.size is not None else _only(labels)
            if size_id is None:
                answers[place] = Invalid(errors={"size": [_choose(asked.size)]})
            else:
                claims.append((place, Claim(asked.ticket.member_id, size_id)))
    if claims:
        granted = grant(drop_id, [claim for _, claim in claims])
        server_time = iso(database_time())
        for (place, _), got in zip(claims, granted, strict=True):
            if isinstance(got, DropshopError):
                answers[place] = got
            else:
                body = {"reservation": reservation_facts(got.reservation), "server_time": server_time}
                answers[place] = Answer(201 if got.created else 200, body)
    return [answer for answer in answers if answer is not None]


def _turned_away(batch: Sequence[Asked]) -> list[Answer | DropshopError | None]:
    """The refusals that come before any drop is looked at; None for those who may ask."""
    faults = passes.faults([asked.ticket for asked in batch])
    limits = limit_each("reserve", [(str(asked.ticket.member_id), asked.address) for asked in batch])
    return [NotAuthenticated(fault) if fault else limit for fault, limit in zip(faults, limits, strict=True)]


def _only(labels: Mapping[str, int]) -> int | None:
    return next(iter(labels.values())) if len(labels) == 1 else None


def _choose(size: str | None) -> str:
    return "Choose a size." if size is None else "This drop has no such size."
