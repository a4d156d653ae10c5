"""The desk's door for `POST reservations/{id}/purchase` with a pass, in the process that also carries the sockets.

Requests without a pass, or with an Idempotency-Key, take the ordinary view, which goes through the same steps
(`purchases.advance`) and answers in the same words.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from django.db import connection

from dropshop.errors import Busy, DropshopError, NotAuthenticated
from dropshop.limits import limit_each
from reservations import passes
from reservations.api.knock import Answer, Knock, Receive, Scope, Send, knock, respond
from reservations.desk import Counter, Desk, refusal_of
from reservations.facts import purchase_facts
from reservations.purchases import Attempt, Bought, Order, advance

PATH = re.compile(r"/api/v1/reservations/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/purchase/?")
BUYING = 0  # before those who have nothing yet
BANK_THREADS = 32  # payments that wait for a bank side by side; they hold no database connection meanwhile
BANK_MAX = 4 * BANK_THREADS  # with more of them under way a pin would run out before its bank was asked


class Buyer:
    """One request on its way: who sends it, whether they may, and how far it has come."""

    __slots__ = ("address", "answer", "attempt", "is_known", "ticket")

    def __init__(self, ticket: passes.Ticket, address: str, order: Order) -> None:
        self.ticket, self.address, self.attempt = ticket, address, Attempt(order)
        self.is_known = False
        self.answer: Answer | DropshopError | None = None  # what is sent; None while the bank must be waited for

    def look(self) -> None:
        """Whether the attempt is over, and what is answered then; may ask the database."""
        said = self.attempt.answer
        if isinstance(said, Bought):
            self.answer = Answer(201 if said.created else 200, {"purchase": purchase_facts(said.purchase)})
        else:
            self.answer = said

    def wait(self) -> None:
        """Does what the bank must be waited for, blocking; what fails there is the answer."""
        todo, self.attempt.todo = self.attempt.todo, None
        try:
            if todo is not None:
                todo()
            self.look()
        except Exception as error:  # noqa: BLE001 - named or logged in refusal_of
            self.answer = refusal_of(error)
        finally:
            connection.close()


class BuyDoor:
    """The ASGI application; one per process."""

    def __init__(self, desk: Desk) -> None:
        self._buying = Counter(desk, serve, look_up=look_up, rank=BUYING)
        self._bank = ThreadPoolExecutor(BANK_THREADS, thread_name_prefix="bank")
        self._at_the_bank = 0

    def stop(self) -> None:
        """Ask no more banks; what was asked is carried on by `purchases.settle_open`."""
        self._bank.shutdown(wait=False, cancel_futures=True)

    def opens(self, scope: Scope) -> Knock | None:
        """The request, if it is for this door."""
        return knock(scope, PATH)

    async def __call__(self, request: Knock, receive: Receive, send: Send) -> None:
        """Answers 201 or 200 with the purchase, or problem+json. A client that hangs up changes nothing."""
        try:
            buyer = await self._read(request, receive)
            answer = await self._buy(buyer)
        except DropshopError as refusal:
            answer = refusal
        await respond(send, answer)

    async def _read(self, request: Knock, receive: Receive) -> Buyer:
        """The request, checked as far as that needs no database; raises its refusal."""
        ticket, given = request.ticket(), await request.json(receive)
        order = Order.of(
            UUID(request.subject),
            ticket.member_id,
            address=given.get("address"),
            method=given.get("payment_method", ""),
            drop_id=ticket.drop_id,
        )
        return Buyer(ticket, request.address, order)

    async def _buy(self, buyer: Buyer) -> Answer | DropshopError:
        if self._at_the_bank >= BANK_MAX:
            raise Busy
        while buyer.answer is None:
            await self._buying.ask(buyer.ticket.drop_id, buyer)
            if buyer.attempt.todo is not None:
                await self._wait(buyer)
        return buyer.answer

    async def _wait(self, buyer: Buyer) -> None:
        self._at_the_bank += 1
        try:
            await asyncio.get_running_loop().run_in_executor(self._bank, buyer.wait)
        finally:
            self._at_the_bank -= 1


def look_up(drop_id: UUID, batch: Sequence[Buyer]) -> list[None]:
    """Notes who is no longer signed in and who asks too often; once, however often they come to the desk."""
    new = [buyer for buyer in batch if not buyer.is_known]
    if not new:
        return [None] * len(batch)
    faults = passes.faults([buyer.ticket for buyer in new])
    limits = limit_each("purchase", [(str(buyer.ticket.member_id), buyer.address) for buyer in new])
    for buyer, fault, limit in zip(new, faults, limits, strict=True):
        buyer.is_known, buyer.answer = True, NotAuthenticated(fault) if fault else limit
    return [None] * len(batch)


def serve(drop_id: UUID, batch: Sequence[Buyer], _: Sequence[None], nearly_done: Callable[[], None]) -> list[None]:
    """Carries a batch on one drop as far as it goes without waiting for a slow bank, blocking; each knows its own answer."""
    welcome = [buyer for buyer in batch if buyer.answer is None]
    advance([buyer.attempt for buyer in welcome], nearly_done)
    for buyer in welcome:
        buyer.look()
    return [None] * len(batch)
