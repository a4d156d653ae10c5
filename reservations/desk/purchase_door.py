"""The desk's endpoint for `POST reservations/{id}/purchase`, in the process that also serves the sockets.

By a pass; by a session or a bearer token where the bank answers at once. Everything else without a pass, and everything with
an Idempotency-Key, takes the ordinary view, which hands the attempt to the same desk and answers in the same words.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from dropshop.core.errors import Busy, DropshopError, Invalid, RateLimited
from dropshop.core.limits import limit_each
from reservations.desk.admission import Admission, Newcomer, admit_to_holds, pass_faults
from reservations.desk.answers import Reply, respond
from reservations.desk.group_commit import Batcher, GroupCommit
from reservations.desk.requests import DeskRequest, Scope, Send, match_request
from reservations.passes import tokens
from reservations.purchases import ask_bank
from reservations.purchases.ask_bank import bank_threads, carry_each, known_answer
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent, PurchaseResult
from reservations.purchases.facts import PURCHASE, purchase_facts
from reservations.purchases.saved import saved_method
from reservations.purchases.standing import standing_each

PATH = re.compile(r"/api/v1/reservations/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/purchase/?")
BUYING = 0  # before those who have nothing yet
PATIENCE = 3.0  # seconds for which a shopper is taken to wait


class Buyer:
    """One request on its way: who sends it, whether they may, and how far it has come."""

    __slots__ = ("answer", "attempt", "is_known", "is_late", "member_id", "request", "ticket")

    def __init__(self, ticket: tokens.PassClaims | None, request: DeskRequest, intent: PurchaseIntent) -> None:
        """`ticket`: what their pass says; None for a member whose sign-in was looked up."""
        self.ticket, self.request, self.attempt = ticket, request, PurchaseAttempt(intent)
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
    return Reply(201 if bought.created else 200, {"purchase": purchase_facts(bought.purchase)}, PURCHASE)


class PurchaseDoor:
    """The endpoint; one per process."""

    def __init__(self, desk: GroupCommit) -> None:
        self._buying = Batcher(desk, serve, look_up=look_up, failed=failed, rank=BUYING)
        self._admission = Admission(desk, admit_to_holds, rank=BUYING)
        self._banks = bank_threads()

    def opens(self, scope: Scope) -> DeskRequest | None:
        """The request, if it is for this endpoint."""
        request = match_request(scope, PATH, "purchase")
        return None if request is None or request.key else request

    async def __call__(self, request: DeskRequest, content: bytes, send: Send) -> bool:
        """Answers 201 or 200 with the purchase, or problem+json, to this body. A client that hangs up changes nothing.

        False: it has answered nothing and done nothing, and the ordinary view must answer.
        """
        try:
            if request.pass_text is None:
                answer = await self._with_sign_in(request, content)
            else:
                answer = await self._with_pass(request, content)
        except DropshopError as refusal:
            answer = refusal
        if answer is None:
            return False
        await respond(send, request, answer)
        return True

    async def _with_pass(self, request: DeskRequest, content: bytes) -> Reply | DropshopError:
        """What can be judged without the database is refused at once."""
        ticket, given = request.ticket(), request.json(content)
        intent = _intent(request, given, ticket.member_id, only_in=ticket.drop_id)
        return await self._buy(ticket.drop_id, Buyer(ticket, request, intent))

    async def _with_sign_in(self, request: DeskRequest, content: bytes) -> Reply | DropshopError | None:
        """None for everything that is not as it should be, and where a bank may make its shopper wait."""
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
        if intent.waits or saved_method(intent.method):
            return None
        request.member = str(admitted.member_id)
        return await self._buy(admitted.drop_id, Buyer(None, request, intent))

    async def _buy(self, drop_id: UUID, buyer: Buyer) -> Reply | DropshopError:
        """Every answer of the bank is brought back to the line, however full it is: money may have been set aside."""
        attempt = buyer.attempt
        buyer.is_late = not self._banks.take_place(attempt) or self._buying.is_full(drop_id)
        try:
            while buyer.answer is None:
                await self._buying.ask(drop_id, buyer, even_if_full=True)
                if attempt.todo is not None:
                    await self._wait(attempt)
                    buyer.look()
        finally:
            self._banks.leave_place(attempt)
        return buyer.answer

    async def _wait(self, attempt: PurchaseAttempt) -> None:
        """For the bank. Whoever waits long may have left the page: they are told by a notice, too."""
        asked = asyncio.wrap_future(self._banks.do(attempt))
        await asyncio.wait([asked], timeout=PATIENCE)
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
    """Notes who is no longer signed in and who asks too often; once, however often they come to the desk."""
    new = [buyer for buyer in batch if not buyer.is_known]
    if not new:
        return [None] * len(batch)
    faults = pass_faults([buyer.ticket for buyer in new])
    limits = limit_each("purchase", [(str(buyer.member_id), buyer.request.address) for buyer in new])
    for buyer, fault, limit in zip(new, faults, limits, strict=True):
        buyer.is_known, buyer.request.limits = True, limit.headers
        late = Busy() if buyer.is_late else None
        buyer.answer = fault or limit.refusal or late
    _let_in([buyer for buyer in new if isinstance(buyer.answer, Busy | RateLimited)])
    return [None] * len(batch)


def _let_in(refused: Sequence[Buyer]) -> None:
    """Who has begun to pay before is never refused, but told how that stands."""
    intents = [buyer.attempt.intent for buyer in refused if buyer.attempt.intent]
    for buyer, stands in zip(refused, standing_each(intents) if intents else (), strict=True):
        if stands is not None:
            buyer.attempt.answer = stands
            buyer.look()


def serve(drop_id: UUID, batch: Sequence[Buyer], _: Sequence[None], nearly_done: Callable[[], None]) -> list[None]:
    """Carries a batch on one drop as far as it goes without waiting for a slow bank, blocking; each knows its own answer."""
    welcome = [buyer for buyer in batch if buyer.answer is None]
    carry_each([buyer.attempt for buyer in welcome], nearly_done)
    for buyer in welcome:
        buyer.look()
    return [None] * len(batch)
