"""The desk's endpoint for `drops/{id}/queue`, by ticket: joining and asking for a place, in batches, without a thread for each.

The ticket comes with an answer of the ordinary view. Whatever is unusual, or whose ticket does not hold, goes on to that view,
which decides by the same functions and goes by the sign-in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from drops.models import Drop
from dropshop.core.api.etags import CLOCK
from dropshop.core.clock import database_time
from dropshop.core.errors import DropshopError
from dropshop.core.limits import limit_each
from dropshop.core.sql import CompiledQuery
from reservations.desk.answers import Reply, respond
from reservations.desk.group_commit import Batcher, GroupCommit
from reservations.desk.requests import DeskRequest, Scope, Send, match_ticket
from reservations.passes import tokens
from reservations.queue.facts import board_of, places_of
from reservations.queue.join import MAX_SIZES, Joined, QueueArrival, join_many

PATH = re.compile(r"/api/v1/drops/([0-9a-f-]{36})/queue/?", re.ASCII)
TICKET = b"x-queue-ticket"
COUNTS_AS = {"GET": "", "POST": "queue"}
METHODS = b"GET, POST, PATCH, DELETE, HEAD, OPTIONS"
QUEUEING = 2  # behind those who reserve and pay
CREATES = "drops/{drop}/queue"


class QueueAsked(NamedTuple):
    """One request as a batch reads it."""

    ticket: tokens.PassClaims
    request: DeskRequest
    sizes: tuple[str, ...] = ()


class QueueDoor:
    """The endpoint; one per process."""

    def __init__(self, desk: GroupCommit) -> None:
        self._looking = Batcher(desk, look, rank=QUEUEING)
        self._joining = Batcher(desk, join, look_up=_arrivals, rank=QUEUEING)

    def opens(self, scope: Scope) -> DeskRequest | None:
        """The request, if it is for this endpoint."""
        request = match_ticket(scope, PATH, COUNTS_AS, TICKET)
        if request is not None:
            request.methods = METHODS
        return request

    async def __call__(self, request: DeskRequest, content: bytes, send: Send) -> bool:
        """Answers with the place. False: it has done nothing, and the ordinary view must answer."""
        answer = await self._answer(request, content)
        if answer is None:
            return False
        await respond(send, request, answer)
        return True

    async def _answer(self, request: DeskRequest, content: bytes) -> Reply | DropshopError | None:
        try:
            ticket = tokens.open_pass(request.pass_text or b"", UUID(request.subject), context=tokens.QUEUE)
        except ValueError:
            return None
        request.member = str(ticket.member_id)
        is_joining = request.scope["method"] == "POST"
        sizes = _sizes(request.plain_json(content)) if is_joining else ()
        if sizes is None or (content and not is_joining):
            return None
        line = self._joining if is_joining else self._looking
        try:
            answer: Reply | None = await line.ask(ticket.drop_id, QueueAsked(ticket, request, sizes))
        except DropshopError as refusal:
            return refusal
        return answer


def _sizes(given: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    """The labels that are wanted; None where the ordinary view has something to say against it."""
    sizes = given.get("sizes", []) if given is not None and given.keys() <= {"sizes"} else None
    is_plain = isinstance(sizes, list) and len(sizes) <= MAX_SIZES and all(isinstance(size, str) for size in sizes)
    return tuple(sizes) if is_plain and sizes is not None else None


_drops = CompiledQuery(lambda pk: Drop.objects.published().filter(pk=pk))


def look(drop_id: UUID, batch: Sequence[QueueAsked], _: Sequence[None], nearly_done: Callable[[], None]) -> list[Reply | None]:
    """The place of each, for tickets that hold. Blocking; four statements for a hundred."""
    faults = tokens.invalid_reasons([asked.ticket for asked in batch])
    found = _drops(drop_id)
    if not found:
        return [None] * len(batch)
    places = places_of(found[0], {asked.ticket.member_id for asked, fault in zip(batch, faults, strict=True) if not fault})
    moment = database_time()
    return [
        None if fault else _reply(200, places.get(asked.ticket.member_id), asked, moment)
        for asked, fault in zip(batch, faults, strict=True)
    ]


def _arrivals(drop_id: UUID, batch: Sequence[QueueAsked]) -> list[QueueArrival | DropshopError | None]:
    """What each wants; or why not: the ticket holds no longer, too many requests, sizes that the ordinary view must read."""
    faults = tokens.invalid_reasons([asked.ticket for asked in batch])
    limits = limit_each("queue", [(asked.request.member, asked.request.address) for asked in batch])
    for asked, limit in zip(batch, limits, strict=True):
        asked.request.limits = limit.headers
    drops = _drops(drop_id)
    sizes = {size.label: size.pk for size in board_of(drops[0]).state.sizes} if drops else {}
    found: list[QueueArrival | DropshopError | None] = []
    for asked, fault, limit in zip(batch, faults, limits, strict=True):
        is_known = not fault and drops and all(size in sizes for size in asked.sizes)
        wanted = QueueArrival(asked.ticket.member_id, tuple(sizes[size] for size in asked.sizes)) if is_known else None
        found.append(wanted if wanted is None else limit.refusal or wanted)
    return found


def join(
    drop_id: UUID,
    batch: Sequence[QueueAsked],
    wanted: Sequence[QueueArrival | DropshopError | None],
    nearly_done: Callable[[], None],
) -> list[Reply | DropshopError | None]:
    """A place for each, in one transaction. Blocking."""
    arrivals = [each for each in wanted if isinstance(each, QueueArrival)]
    joined = iter(join_many(drop_id, arrivals, nearly_done) if arrivals else ())
    answers = [next(joined) if isinstance(each, QueueArrival) else each for each in wanted]
    here = {each.member_id for each in arrivals}
    drops = _drops(drop_id) if here else []
    places = places_of(drops[0], here) if drops else {}
    moment = database_time()
    return [_told(answer, asked, places, moment) for answer, asked in zip(answers, batch, strict=True)]


def _told(answer: Any, asked: QueueAsked, places: Mapping[UUID, dict[str, Any]], moment: Any) -> Reply | DropshopError | None:
    if not isinstance(answer, Joined):
        return answer if isinstance(answer, DropshopError) else None
    return _reply(201 if answer.created else 200, places.get(asked.ticket.member_id), asked, moment)


def _reply(status: int, place: dict[str, Any] | None, asked: QueueAsked, moment: Any) -> Reply | None:
    """None for who never was in the queue: the ordinary view says so."""
    if place is None:
        return None
    own = [(TICKET, tokens.renewed_ticket(asked.ticket, at=moment).encode())]
    if asked.request.scope["method"] == "GET":
        own += [(b"etag", _tag(place)), (b"vary", b"Authorization, Cookie")]
    asked.request.own = own
    return Reply(status, place, CREATES if status == 201 else "")


def _tag(place: dict[str, Any]) -> bytes:
    """Of its facts, as other answers have one."""
    said = orjson.dumps({name: fact for name, fact in place.items() if name != CLOCK}, option=orjson.OPT_SORT_KEYS)
    return b'W/"%s"' % hashlib.sha256(said).hexdigest()[:32].encode()
