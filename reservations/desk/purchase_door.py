"""The desk's endpoint for `POST reservations/{id}/purchase` with a pass, in the process that also serves the sockets.

Requests without a pass, or with an Idempotency-Key, take the ordinary view, which hands the attempt to the same desk and
answers in the same words.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from uuid import UUID

from dropshop.core.errors import Busy, DropshopError, NotAuthenticated, RateLimited
from dropshop.core.limits import limit_each
from reservations.desk.group_commit import Batcher, GroupCommit
from reservations.desk.requests import PassRequest, Receive, Reply, Scope, Send, match_request, respond
from reservations.passes import tokens
from reservations.purchases import ask_bank
from reservations.purchases.ask_bank import bank_threads, carry_each, known_answer
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent, PurchaseResult
from reservations.purchases.facts import PURCHASE, purchase_facts
from reservations.purchases.standing import standing_each

PATH = re.compile(r"/api/v1/reservations/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/purchase/?")
BUYING = 0  # before those who have nothing yet
PATIENCE = 3.0  # seconds for which a shopper is taken to wait


class Buyer:
    """One request on its way: who sends it, whether they may, and how far it has come."""

    __slots__ = ("answer", "attempt", "is_known", "is_late", "request", "ticket")

    def __init__(self, ticket: tokens.PassClaims, request: PassRequest, intent: PurchaseIntent) -> None:
        self.ticket, self.request, self.attempt = ticket, request, PurchaseAttempt(intent)
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
    """The ASGI application; one per process."""

    def __init__(self, desk: GroupCommit) -> None:
        self._buying = Batcher(desk, serve, look_up=look_up, failed=failed, rank=BUYING)
        self._banks = bank_threads()

    def opens(self, scope: Scope) -> PassRequest | None:
        """The request, if it is for this endpoint."""
        return match_request(scope, PATH, "purchase")

    async def __call__(self, request: PassRequest, receive: Receive, send: Send) -> None:
        """Answers 201 or 200 with the purchase, or problem+json. A client that hangs up changes nothing."""
        try:
            buyer = await self._read(request, receive)
            answer = await self._buy(buyer)
        except DropshopError as refusal:
            answer = refusal
        await respond(send, request, answer)

    async def _read(self, request: PassRequest, receive: Receive) -> Buyer:
        """The request, checked as far as that needs no database; raises its refusal."""
        ticket, given = request.ticket(), await request.json(receive)
        intent = ask_bank.intent(
            UUID(request.subject),
            ticket.member_id,
            address=given.get("address"),
            method=given.get("payment_method", ""),
            total=given.get("total"),
            keep=given.get("keep", False),
            drop_id=ticket.drop_id,
            sent=given,
        )
        return Buyer(ticket, request, intent)

    async def _buy(self, buyer: Buyer) -> Reply | DropshopError:
        """Every answer of the bank is brought back to the line, however full it is: money may have been set aside."""
        attempt, drop_id = buyer.attempt, buyer.ticket.drop_id
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
    faults = tokens.invalid_reasons([buyer.ticket for buyer in new])
    limits = limit_each("purchase", [(str(buyer.ticket.member_id), buyer.request.address) for buyer in new])
    for buyer, fault, limit in zip(new, faults, limits, strict=True):
        buyer.is_known, buyer.request.limits = True, limit.headers
        late = Busy() if buyer.is_late else None
        buyer.answer = NotAuthenticated(fault) if fault else limit.refusal or late
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
