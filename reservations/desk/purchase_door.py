"""The desk's endpoint for `POST reservations/{id}/purchase`, in the process that also serves the sockets.

By a pass, a session or a bearer token, with an Idempotency-Key or without, whatever the card. What is unusual takes the
ordinary view, which hands the attempt to the same desk and answers in the same words. Whoever must wait for a bank waits here:
neither a thread of the desk nor one of the pages does.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from dropshop.core.errors import Busy, DropshopError, IdempotencyMismatch, Invalid, NotAuthenticated, RateLimited
from dropshop.core.limits import limit_each
from reservations.desk.admission import Admission, Newcomer, admit_to_holds, pass_faults
from reservations.desk.answers import Reply, respond
from reservations.desk.group_commit import Batcher, GroupCommit
from reservations.desk.requests import DeskRequest, Scope, Send, match_request
from reservations.idempotency.key_batch import recall_each
from reservations.idempotency.keys import RequestKey, StoredResponse
from reservations.passes import tokens
from reservations.purchases import ask_bank
from reservations.purchases.ask_bank import bank_threads, carry_each, known_answer
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent, PurchaseResult
from reservations.purchases.facts import PURCHASE, purchase_facts
from reservations.purchases.keyed import KeyInUse, keep_standing, sale_in, sales_of
from reservations.purchases.standing import standing_each

PATH = re.compile(r"/api/v1/reservations/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/purchase/?")
BUYING = 0  # before those who have nothing yet
PATIENCE = 3.0  # seconds for which a shopper is taken to wait
API_PATIENCE = 30.0  # the same for a program


class Buyer:
    """One request on its way: who sends it, whether they may, and how far it has come."""

    __slots__ = ("answer", "attempt", "is_known", "is_late", "member_id", "request", "ticket")

    def __init__(
        self, ticket: tokens.PassClaims | None, request: DeskRequest, intent: PurchaseIntent, key: RequestKey | None = None
    ) -> None:
        """`ticket`: what their pass says; None for a member whose sign-in was looked up."""
        self.ticket, self.request, self.attempt = ticket, request, PurchaseAttempt(intent, key=key)
        self.member_id = intent.member_id
        self.is_known = False
        self.is_late = False  # there was no room when it came; only those who have begun to pay before are heard
        self.answer: Reply | DropshopError | None = None  # what is sent; None while the bank must be waited for

    def look(self) -> None:
        """Whether the attempt is over, and what is answered then; asks nobody."""
        said = self.attempt.answer
        self.answer = sold(said) if isinstance(said, PurchaseResult) else said


def sold(bought: PurchaseResult) -> Reply:
    """The purchase as it is told: 201 where it was made now."""
    return Reply(bought.status, {"purchase": purchase_facts(bought.purchase)}, PURCHASE)


class PurchaseDoor:
    """The endpoint; one per process."""

    def __init__(self, desk: GroupCommit) -> None:
        self._buying = Batcher(desk, serve, look_up=look_up, failed=failed, rank=BUYING)
        self._admission = Admission(desk, admit_to_holds, rank=BUYING)
        self._banks = bank_threads()

    def opens(self, scope: Scope) -> DeskRequest | None:
        """The request, if it is for this endpoint."""
        return match_request(scope, PATH, "purchase")

    async def __call__(self, request: DeskRequest, content: bytes, send: Send) -> bool:
        """Answers 201 or 200 with the purchase, or problem+json, to this body. A client that hangs up changes nothing.

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
        """What can be judged without the database is refused at once; but under a key only by the ordinary view, which asks
        first whether that was used before."""
        ticket = request.ticket()
        given = request.plain_json(content) if request.key else request.json(content)
        if given is None:
            return None
        try:
            intent = _intent(request, given, ticket.member_id, only_in=ticket.drop_id)
        except Invalid:
            if request.key:
                return None
            raise
        return await self._buy(ticket.drop_id, Buyer(ticket, request, intent, request.key_of(ticket.member_id, given)))

    async def _with_sign_in(self, request: DeskRequest, content: bytes) -> Reply | DropshopError | None:
        """None for everything that is not as it should be."""
        given = request.plain_json(content)
        shown = request.shown_sign_in() if given is not None else None
        if given is None or shown is None:
            return None
        admitted = await self._admission.of(Newcomer(shown, request.subject))
        if admitted is None:
            return None
        try:
            intent = _intent(request, given, admitted.member_id)
        except Invalid:
            return None
        request.member = str(admitted.member_id)
        return await self._buy(admitted.drop_id, Buyer(None, request, intent, request.key_of(admitted.member_id, given)))

    async def _buy(self, drop_id: UUID, buyer: Buyer) -> Reply | DropshopError | None:
        """Every answer of the bank is brought back to the line, however full it is: money may have been set aside.

        None where another transaction is at work under the buyer's key: the ordinary view waits for it.
        """
        attempt = buyer.attempt
        buyer.is_late = not self._banks.take_place(attempt) or self._buying.is_full(drop_id)
        try:
            while buyer.answer is None:
                await self._buying.ask(drop_id, buyer, even_if_full=True)
                if attempt.todo is not None:
                    await self._wait(attempt, API_PATIENCE if buyer.ticket is None else PATIENCE)
                    buyer.look()
        finally:
            self._banks.leave_place(attempt)
        return None if isinstance(buyer.answer, KeyInUse) else buyer.answer

    async def _wait(self, attempt: PurchaseAttempt, patience: float) -> None:
        """For the bank. Whoever waits longer than so many seconds may have left: they are told by a notice, too."""
        asked = asyncio.wrap_future(self._banks.do(attempt))
        await asyncio.wait([asked], timeout=patience)
        attempt.is_late = not asked.done()
        await asked


def _intent(request: DeskRequest, given: Mapping[str, Any], member_id: UUID, *, only_in: UUID | None = None) -> PurchaseIntent:
    """What is asked for, as far as that can be judged without the database. Raises Invalid."""
    return ask_bank.intent(
        UUID(request.subject),
        member_id,
        address=given.get("address"),
        method=given.get("payment_method", ""),
        total=given.get("total"),
        keep=given.get("keep", False),
        drop_id=only_in,
        sent=given,
    )


def attempts_counter(desk: GroupCommit) -> Batcher:
    """For those whom an ordinary view has checked already: each attempt knows afterwards how far it has come."""
    return Batcher(desk, _carry, failed=_answer_failed, rank=BUYING)


def _carry(drop_id: UUID, batch: Sequence[PurchaseAttempt], _: Sequence[None], nearly_done: Callable[[], None]) -> list[None]:
    carry_each(batch, nearly_done)
    return [None] * len(batch)


def _answer_failed(attempt: PurchaseAttempt, error: Exception) -> None:
    if attempt.answer is None and attempt.todo is None:
        attempt.answer = known_answer(attempt, error)


def failed(buyer: Buyer, error: Exception) -> None:
    """The buyer is told what is known (M6)."""
    _answer_failed(buyer.attempt, error)
    buyer.look()


def look_up(drop_id: UUID, batch: Sequence[Buyer]) -> list[None]:
    """Notes who is no longer signed in, whose request was answered before, and who asks too often; once, however often they
    come to the desk."""
    new = [buyer for buyer in batch if not buyer.is_known]
    for buyer, fault in zip(new, pass_faults([buyer.ticket for buyer in new]), strict=True):
        buyer.is_known, buyer.answer = True, fault
    _tell_again([buyer for buyer in new if buyer.answer is None and buyer.attempt.key])
    _count([buyer for buyer in new if buyer.answer is None or isinstance(buyer.answer, NotAuthenticated)])
    _let_in([buyer for buyer in new if isinstance(buyer.answer, Busy | RateLimited)])
    return [None] * len(batch)


def _tell_again(keyed: Sequence[Buyer]) -> None:
    """What was answered under their keys before."""
    known = recall_each([buyer.attempt.key for buyer in keyed if buyer.attempt.key])
    sales = sales_of([answer for answer in known.values() if isinstance(answer, StoredResponse)])
    for buyer in keyed:
        match known.get(buyer.attempt.key) if buyer.attempt.key else None:
            case IdempotencyMismatch() as refusal:
                buyer.answer = refusal
            case StoredResponse() as answer:
                facts = purchase_facts(sales[sale_in(answer)])
                buyer.answer = Reply(answer.status, {"purchase": facts}, PURCHASE, is_replayed=True)


def _count(counted: Sequence[Buyer]) -> None:
    """Tells each how the limits stand, and refuses who asks too often, or came when there was no room."""
    limits = limit_each("purchase", [(str(buyer.member_id), buyer.request.address) for buyer in counted]) if counted else ()
    for buyer, limit in zip(counted, limits, strict=True):
        buyer.request.limits = limit.headers
        buyer.answer = buyer.answer or limit.refusal or (Busy() if buyer.is_late else None)


def _let_in(refused: Sequence[Buyer]) -> None:
    """Who has begun to pay before is never refused, but told how that stands."""
    intents = [buyer.attempt.intent for buyer in refused if buyer.attempt.intent]
    told = []
    for buyer, stands in zip(refused, standing_each(intents) if intents else (), strict=True):
        if stands is not None:
            buyer.attempt.answer = stands
            told.append(buyer)
    keep_standing([buyer.attempt for buyer in told])
    for buyer in told:
        buyer.look()


def serve(drop_id: UUID, batch: Sequence[Buyer], _: Sequence[None], nearly_done: Callable[[], None]) -> list[None]:
    """Carries a batch on one drop as far as it goes without waiting for a slow bank, blocking; each knows its own answer."""
    welcome = [buyer for buyer in batch if buyer.answer is None]
    carry_each([buyer.attempt for buyer in welcome], nearly_done)
    for buyer in welcome:
        buyer.look()
    return [None] * len(batch)
