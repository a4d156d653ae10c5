"""The desk's door for `POST drops/{id}/reserve` with a pass, in the process that also carries the sockets.

Requests without a pass, or with an Idempotency-Key, take the ordinary view, which decides by the same `holds.grant`
and answers in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from drops.clock import database_time
from drops.facts import iso
from drops.models import Size
from dropshop.compiled import Compiled
from dropshop.errors import DropshopError, Invalid, NotAuthenticated
from dropshop.limits import limit_each
from reservations import passes
from reservations.api.knock import Answer, Knock, Receive, Scope, Send, knock, respond
from reservations.desk import Counter, Desk
from reservations.errors import SoldOut
from reservations.facts import reservation_facts
from reservations.holds import Claim, grant
from reservations.soldout import SoldOutMemory

PATH = re.compile(r"/api/v1/drops/([0-9a-fA-F-]{32,36})/reserve/?")
RESERVING = 1  # holders who pay (rank 0) go first


def claims_counter(desk: Desk) -> Counter:
    """For those whom an ordinary view has checked already: what is asked and answered are those of `holds.grant`."""
    return Counter(desk, lambda drop_id, claims, _: grant(drop_id, claims), rank=RESERVING)


class Asked(NamedTuple):
    """One request as a batch reads it."""

    ticket: passes.Ticket
    size: str | None
    address: str


class ReserveDoor:
    """The ASGI application; one per process."""

    def __init__(self, desk: Desk, *, hears: Callable[[], bool]) -> None:
        """`hears`: whether this process hears what happens to drops; whoever made the door tells `sold_out` of it."""
        self.sold_out = SoldOutMemory(hears)
        self._reserving = Counter(desk, self._serve, look_up=look_up, rank=RESERVING)

    def opens(self, scope: Scope) -> Knock | None:
        """The request, if it is for this door."""
        return knock(scope, PATH)

    async def __call__(self, request: Knock, receive: Receive, send: Send) -> None:
        """Answers 201 or 200 with the hold, or problem+json."""
        try:
            asked = await self._read(request, receive)
            answer: Answer | DropshopError | None = self.sold_out.answer(asked.ticket, asked.size)
            if answer is None:
                answer = await self._reserving.ask(asked.ticket.drop_id, asked)
        except DropshopError as refusal:
            answer = refusal
        await respond(send, answer)

    async def _read(self, request: Knock, receive: Receive) -> Asked:
        """The request, checked as far as that needs no database; raises its refusal."""
        ticket = request.ticket()
        if request.subject.replace("-", "").lower() != ticket.drop_id.hex:
            raise NotAuthenticated("This pass is for another drop.")
        return Asked(ticket, _size(await request.json(receive)), request.address)

    def _serve(
        self, drop_id: UUID, batch: Sequence[Asked], turned_away: Sequence[DropshopError | None]
    ) -> list[Answer | DropshopError]:
        answers = serve(drop_id, batch, turned_away)
        if any(isinstance(answer, SoldOut) for answer in answers):
            self.sold_out.learn(drop_id)
        return answers


def _size(given: Mapping[str, Any]) -> str | None:
    size = given.get("size")
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, str | int | float) or size == "":
        raise Invalid(errors={"size": ["Expected the name of a size."]})
    return str(size)


_size_run = Compiled(lambda drop: Size.objects.filter(drop=drop))


def serve(drop_id: UUID, batch: Sequence[Asked], turned_away: Sequence[DropshopError | None]) -> list[Answer | DropshopError]:
    """Decides a batch on one drop, blocking: of those who may ask, who gets a pair."""
    answers: list[Answer | DropshopError | None] = [*turned_away]
    labels = {size.label: size.pk for size in _size_run(drop_id)}
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


def look_up(drop_id: UUID, batch: Sequence[Asked]) -> list[DropshopError | None]:
    """Who is no longer signed in, and who asks too often: their refusals; None for those who may ask."""
    faults = passes.faults([asked.ticket for asked in batch])
    limits = limit_each("reserve", [(str(asked.ticket.member_id), asked.address) for asked in batch])
    return [NotAuthenticated(fault) if fault else limit for fault, limit in zip(faults, limits, strict=True)]


def _only(labels: Mapping[str, int]) -> int | None:
    return next(iter(labels.values())) if len(labels) == 1 else None


def _choose(size: str | None) -> str:
    return "Choose a size." if size is None else "This drop has no such size."
