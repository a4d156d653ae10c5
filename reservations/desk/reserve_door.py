"""The desk's endpoint for `POST drops/{id}/reserve`, in the process that also serves the sockets.

By a pass, a session or a bearer token, with an Idempotency-Key or without. Whatever is unusual takes the ordinary view, which
decides by the same `reserve.grant` and answers in the same words.
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
from drops.models import Drop
from drops.sizes.labels import possible_labels
from drops.sizes.values import LABEL_MAX_LENGTH
from dropshop.core.clock import estimated_database_time, iso
from dropshop.core.errors import DropshopError, Invalid, NotAuthenticated, unknown_fields
from dropshop.core.ids import parse_id
from dropshop.core.limits import limit_each
from reservations.desk.admission import Admission, Newcomer, admit_to_drops, pass_faults
from reservations.desk.answers import Reply, respond
from reservations.desk.group_commit import Batcher, GroupCommit
from reservations.desk.hand_over import only_wanted
from reservations.desk.neighbours import Asker
from reservations.desk.requests import DeskRequest, Scope, Send, match_request
from reservations.desk.sold_out_memory import SoldOutMemory
from reservations.holds.errors import SoldOut
from reservations.holds.facts import HOLD
from reservations.holds.origins import origin
from reservations.holds.reserve import Answer, GrantedHold, HoldRequest, grant
from reservations.idempotency.key_batch import KeyAtWork, Recalled, recall_each
from reservations.idempotency.keys import RequestKey, StoredResponse
from reservations.passes import tokens

log = logging.getLogger(__name__)

PATH = re.compile(r"/api/v1/drops/([-\w]{1,80})/reserve/?", re.ASCII)
RESERVING = 1  # holders who pay (rank 0) go first


def claims_counter(desk: GroupCommit) -> Batcher:
    """For those whom an ordinary view has checked already: what is asked and answered are those of `reserve.grant`."""
    return Batcher(desk, lambda drop_id, claims, _, nearly_done: grant(drop_id, claims, nearly_done), rank=RESERVING)


# For each request of a batch its claim, or why it has none: a refusal, or an answer that was given before.
LookedUp = Sequence[HoldRequest | Reply | DropshopError]


class Asked(NamedTuple):
    """One request as a batch reads it."""

    member_id: UUID
    size: str | None
    request: DeskRequest
    ticket: tokens.PassClaims | None = None  # what its pass says; None for a member whose sign-in was looked up
    slug: str = ""  # of the drop, where a pass comes with that: whether it is this drop's is looked up with the batch
    key: RequestKey | None = None
    asker: Asker | None = None  # the process that has handed it here


class ReserveDoor:
    """The endpoint; one per process."""

    def __init__(self, desk: GroupCommit, *, hears: Callable[[], bool]) -> None:
        """`hears`: whether this process gets news about drops; the creator of the endpoint passes them to `sold_out`."""
        self.sold_out = SoldOutMemory(hears)
        self._reserving = Batcher(desk, self._serve, look_up=only_wanted(look_up), rank=RESERVING)
        self._admission = Admission(desk, admit_to_drops, rank=RESERVING)
        self._desk = desk
        self._learning: set[UUID] = set()

    @property
    def batcher(self) -> Batcher:
        """Its lines, for other processes to use."""
        return self._reserving

    def opens(self, scope: Scope) -> DeskRequest | None:
        """The request, if it is for this endpoint."""
        return match_request(scope, PATH, "reserve")

    async def __call__(self, request: DeskRequest, content: bytes, send: Send) -> bool:
        """Answers 201 or 200 with the hold, or problem+json, to a request with this body.

        False: it has answered nothing and done nothing, and the ordinary view must answer.
        """
        try:
            take = self._with_sign_in if request.pass_text is None else self._with_pass
            answer = await take(request, content)
        except DropshopError as refusal:
            answer = refusal
        if answer is None:
            return False
        await respond(send, request, answer)
        return True

    async def _with_pass(self, request: DeskRequest, content: bytes) -> Reply | DropshopError | None:
        """What can be judged without the database is refused at once. None where the ordinary view must answer."""
        if request.key and not _is_plain(request.plain_json(content)):
            return None
        drop_id = parse_id(request.subject)
        ticket, given = request.ticket(drop_id), request.json(content)
        key = request.key_of(ticket.member_id, given)
        asked = Asked(ticket.member_id, _size(given), request, ticket, request.subject if drop_id is None else "", key)
        quick = None if asked.slug or asked.key else self.sold_out.answer(ticket, asked.size)
        answer: Reply | DropshopError | None = quick or await self._reserving.ask(ticket.drop_id, asked)
        return answer

    async def _with_sign_in(self, request: DeskRequest, content: bytes) -> Reply | None:
        """None for everything that is not as it should be."""
        given = request.plain_json(content)
        shown = request.shown_sign_in() if given is not None and _is_plain(given) else None
        if given is None or shown is None:
            return None
        admitted = await self._admission.of(Newcomer(shown, request.subject))
        if admitted is None:
            return None
        member_id, drop_id = admitted
        request.member = str(member_id)
        asked = Asked(member_id, given.get("size"), request, key=request.key_of(member_id, given))
        answer: Reply | None = await self._reserving.ask(drop_id, asked)
        return answer

    def _serve(
        self, drop_id: UUID, _: Sequence[Asked], looked_up: LookedUp, nearly_done: Callable[[], None]
    ) -> list[Reply | DropshopError | None]:
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


def _is_plain(given: Mapping[str, Any] | None) -> bool:
    """Whether the ordinary view would read in this body the same size, or none, without a word."""
    return (
        given is not None
        and given.keys() <= {"size"}
        and all(isinstance(size, str) and 0 < len(size) <= LABEL_MAX_LENGTH and size == size.strip() for size in given.values())
    )


def look_up(drop_id: UUID, batch: Sequence[Asked]) -> list[HoldRequest | Reply | DropshopError]:
    """What each claims; or why not: signed out, answered before, asks too often. Blocking."""
    faults = pass_faults([asked.ticket for asked in batch])
    elsewhere = _named_elsewhere(drop_id, {asked.slug for asked in batch if asked.slug})
    known = recall_each([asked.key for asked, fault in zip(batch, faults, strict=True) if asked.key is not None and not fault])
    new = [asked for asked in batch if asked.key is None or known.get(asked.key) is None]
    refusals = _limited(new)
    return [
        elsewhere.get(asked.slug)
        or fault
        or (_told_before(known.get(asked.key)) if asked.key else None)
        or refusals.get(id(asked))
        or _claim(asked)
        for asked, fault in zip(batch, faults, strict=True)
    ]


def _told_before(known: Recalled) -> Reply | DropshopError | None:
    return Reply(known.status, known.body, HOLD, is_replayed=True) if isinstance(known, StoredResponse) else known


def _limited(batch: Sequence[Asked]) -> dict[int, DropshopError]:
    """Counts these requests, and tells each how the limits stand; the refusals of those who ask too often, by `id(asked)`."""
    if not batch:
        return {}
    limits = limit_each("reserve", [(asked.request.member, asked.request.address) for asked in batch])
    for asked, limit in zip(batch, limits, strict=True):
        asked.request.limits = limit.headers
    return {id(asked): limit.refusal for asked, limit in zip(batch, limits, strict=True) if limit.refusal}


def _named_elsewhere(drop_id: UUID, slugs: Collection[str]) -> dict[str, DropshopError]:
    """The refusal for each of these that is not the slug of this drop."""
    if not slugs:
        return {}
    found = dict(Drop.objects.published().filter(slug__in=slugs).values_list("slug", "pk"))
    missing: dict[str, DropshopError] = {slug: no_such_drop() for slug in slugs if slug not in found}
    return missing | {slug: NotAuthenticated(tokens.FOR_ANOTHER_DROP) for slug, pk in found.items() if pk != drop_id}


def _claim(asked: Asked) -> HoldRequest:
    if asked.size is not None:
        possible_labels(asked.size)  # which is remembered: nobody is to wait for it behind the lock
    given_up = None if asked.asker is None else asked.asker.has_hung_up
    return HoldRequest(asked.member_id, asked.size, origin(asked.request.address, asked.request.device), asked.key, given_up)


def serve(drop_id: UUID, looked_up: LookedUp, nearly_done: Callable[[], None]) -> list[Reply | DropshopError | None]:
    """Decides a batch on one drop, blocking: of those who may ask, who gets a pair. None: the ordinary view must be asked."""
    claims = [claim for claim in looked_up if isinstance(claim, HoldRequest)]
    granted = iter(grant(drop_id, claims, nearly_done) if claims else ())
    answers = [next(granted) if isinstance(claim, HoldRequest) else claim for claim in looked_up]
    server_time = iso(_moment(answers))
    return [_told(answer, server_time) for answer in answers]


def _moment(answers: Sequence[Answer | Reply]) -> datetime | None:
    """The moment of the grant, a few milliseconds ago, so that a countdown starts with the full minute. Where nothing was
    granted and somebody had a hold already: now, by the clock that the grant has just read. None where nobody has a hold.

    Does not ask the database: the batch has committed.
    """
    holds = [answer for answer in answers if isinstance(answer, GrantedHold)]
    moment = next((granted.hold.created_at for granted in holds if granted.created), None)
    return moment or (estimated_database_time() if holds else None)


def _told(answer: Answer | Reply, server_time: str | None) -> Reply | DropshopError | None:
    match answer:
        case GrantedHold():
            told = answer.answer(server_time)
            return Reply(told.status, told.body, HOLD)
        case StoredResponse():
            return _told_before(answer)
        case KeyAtWork():
            return None
    return answer
