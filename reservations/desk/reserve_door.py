"""The desk's endpoint for `POST drops/{id}/reserve` with a pass, in the process that also serves the sockets.

Requests without a pass, or with an Idempotency-Key, take the ordinary view, which decides by the same `reserve.grant`
and answers in the same words.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from drops.errors import no_such_drop
from drops.models import Drop, Size
from drops.sizes.labels import meant
from drops.stock.size_run import no_such_size
from dropshop.core.clock import estimated_database_time, iso
from dropshop.core.errors import DropshopError, Invalid, NotAuthenticated, unknown_fields
from dropshop.core.ids import parse_id
from dropshop.core.limits import limit_each
from dropshop.core.sql import CompiledQuery
from reservations.desk.group_commit import Batcher, GroupCommit
from reservations.desk.hand_over import only_wanted
from reservations.desk.neighbours import Asker
from reservations.desk.requests import PassRequest, Receive, Reply, Scope, Send, match_request, respond
from reservations.desk.sold_out_memory import SoldOutMemory
from reservations.holds.errors import SoldOut
from reservations.holds.facts import HOLD
from reservations.holds.origins import origin
from reservations.holds.reserve import GrantedHold, HoldRequest, grant
from reservations.passes import tokens

log = logging.getLogger(__name__)

PATH = re.compile(r"/api/v1/drops/([-\w]{1,80})/reserve/?", re.ASCII)
RESERVING = 1  # holders who pay (rank 0) go first


def claims_counter(desk: GroupCommit) -> Batcher:
    """For those whom an ordinary view has checked already: what is asked and answered are those of `reserve.grant`."""
    return Batcher(desk, lambda drop_id, claims, _, nearly_done: grant(drop_id, claims, nearly_done), rank=RESERVING)


# For each request of a batch its claim, or why it has none.
LookedUp = Sequence[HoldRequest | DropshopError]


class Asked(NamedTuple):
    """One request as a batch reads it."""

    ticket: tokens.PassClaims
    size: str | None
    request: PassRequest
    slug: str = ""  # of the drop, where it was named by that: whether it is this drop's is looked up with the batch
    asker: Asker | None = None  # the process that has handed it here


class ReserveDoor:
    """The ASGI application; one per process."""

    def __init__(self, desk: GroupCommit, *, hears: Callable[[], bool]) -> None:
        """`hears`: whether this process gets news about drops; the creator of the endpoint passes them to `sold_out`."""
        self.sold_out = SoldOutMemory(hears)
        self._reserving = Batcher(desk, self._serve, look_up=only_wanted(look_up), rank=RESERVING)
        self._desk = desk
        self._learning: set[UUID] = set()

    @property
    def batcher(self) -> Batcher:
        """Its lines, for other processes to use."""
        return self._reserving

    def opens(self, scope: Scope) -> PassRequest | None:
        """The request, if it is for this endpoint."""
        return match_request(scope, PATH, "reserve")

    async def __call__(self, request: PassRequest, receive: Receive, send: Send) -> None:
        """Answers 201 or 200 with the hold, or problem+json."""
        try:
            asked = await self._read(request, receive)
            answer: Reply | DropshopError | None = None if asked.slug else self.sold_out.answer(asked.ticket, asked.size)
            if answer is None:
                answer = await self._reserving.ask(asked.ticket.drop_id, asked)
        except DropshopError as refusal:
            answer = refusal
        await respond(send, request, answer)

    async def _read(self, request: PassRequest, receive: Receive) -> Asked:
        """The request, checked as far as that needs no database; raises its refusal."""
        drop_id = parse_id(request.subject)
        ticket = request.ticket(drop_id)
        return Asked(ticket, _size(await request.json(receive)), request, request.subject if drop_id is None else "")

    def _serve(
        self, drop_id: UUID, _: Sequence[Asked], looked_up: LookedUp, nearly_done: Callable[[], None]
    ) -> list[Reply | DropshopError]:
        answers = serve(drop_id, looked_up, nearly_done)
        if any(isinstance(answer, SoldOut) for answer in answers):
            self._learn(drop_id)
        return answers

    def learn_soon(self, drop_id: UUID) -> None:
        """Another process has said "sold out": this one learns by itself whether every pair is sold, in one of its threads."""
        if drop_id not in self._learning and self.sold_out.may_learn(drop_id):
            self._learning.add(drop_id)
            self._desk.run(self._learn, drop_id).add_done_callback(lambda _: self._learning.discard(drop_id))

    def _learn(self, drop_id: UUID) -> None:
        """Runs after the COMMIT: an error here does not fail the batch, whose answers are fixed."""
        try:
            self.sold_out.learn(drop_id)
        except Exception:
            log.exception("it could not be remembered that a drop is sold out")
            connection.close()  # the thread's, and perhaps broken


def _size(given: Mapping[str, Any]) -> str | None:
    size, errors = given.get("size"), unknown_fields(given, ("size",))
    if isinstance(size, bool) or not isinstance(size, str | int | float | None) or size == "":
        errors["size"] = ["Expected the name of a size."]
    if errors:
        raise Invalid(errors=errors)
    return None if size is None else str(size)


_size_run = CompiledQuery(lambda drop: Size.objects.filter(drop=drop), prepared=True)


def look_up(drop_id: UUID, batch: Sequence[Asked]) -> list[HoldRequest | DropshopError]:
    """What each claims; or why not: no longer signed in, asks too often, names no size of the drop. Blocking."""
    faults = tokens.invalid_reasons([asked.ticket for asked in batch])
    elsewhere = _named_elsewhere(drop_id, {asked.slug for asked in batch if asked.slug})
    limits = limit_each("reserve", [(asked.request.member, asked.request.address) for asked in batch])
    for asked, limit in zip(batch, limits, strict=True):
        asked.request.limits = limit.headers
    labels = {size.label: size.pk for size in _size_run(drop_id)}
    return [
        elsewhere.get(asked.slug) or (NotAuthenticated(fault) if fault else limit.refusal or _claim(asked, labels))
        for asked, fault, limit in zip(batch, faults, limits, strict=True)
    ]


def _named_elsewhere(drop_id: UUID, slugs: Collection[str]) -> dict[str, DropshopError]:
    """The refusal for each of these that is not the slug of this drop."""
    if not slugs:
        return {}
    found = dict(Drop.objects.published().filter(slug__in=slugs).values_list("slug", "pk"))
    missing: dict[str, DropshopError] = {slug: no_such_drop() for slug in slugs if slug not in found}
    return missing | {slug: NotAuthenticated(tokens.FOR_ANOTHER_DROP) for slug, pk in found.items() if pk != drop_id}


def _claim(asked: Asked, labels: Mapping[str, int]) -> HoldRequest | Invalid:
    if asked.size is None and len(labels) != 1:
        return Invalid(errors={"size": ["Choose a size."]})
    size_id = next(iter(labels.values())) if asked.size is None else labels.get(meant(asked.size, labels) or "")
    if size_id is None:
        return no_such_size()
    return HoldRequest(asked.ticket.member_id, size_id, origin(asked.request.address, asked.request.device))


def serve(drop_id: UUID, looked_up: LookedUp, nearly_done: Callable[[], None]) -> list[Reply | DropshopError]:
    """Decides a batch on one drop, blocking: of those who may ask, who gets a pair."""
    claims = [claim for claim in looked_up if isinstance(claim, HoldRequest)]
    granted = iter(grant(drop_id, claims, nearly_done) if claims else ())
    answers = [next(granted) if isinstance(claim, HoldRequest) else claim for claim in looked_up]
    server_time = iso(_moment(answers))
    return [answer if isinstance(answer, DropshopError) else _held(answer, server_time) for answer in answers]


def _moment(answers: Sequence[GrantedHold | DropshopError]) -> datetime | None:
    """The moment of the grant, a few milliseconds ago, so that a countdown starts with the full minute; else now, as the grant
    has just read it, where somebody has a hold of before; None where nobody has any. Asks nobody: the batch has committed."""
    holds = [answer for answer in answers if isinstance(answer, GrantedHold)]
    moment = next((granted.hold.created_at for granted in holds if granted.created), None)
    return moment or (estimated_database_time() if holds else None)


def _held(granted: GrantedHold, server_time: str | None) -> Reply:
    body = {"reservation": granted.facts, "server_time": server_time}
    return Reply(201 if granted.created else 200, body, HOLD)
