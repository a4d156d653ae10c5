"""Waiting for a bank without a thread, in the ASGI layer in front of the pages: for the process that also serves the sockets.

A view that waits for a bank answers at once with what is known, and registers its attempt here (`wait_for`). Its thread is free
for others. The answer is held back until the bank has answered, or the reader has waited long enough, and is then sent with the
current state. In a process without this layer the view's own answer is sent, and the page polls.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from dropshop.core import access_log
from dropshop.core.client_address import client_address_of_scope
from dropshop.core.errors import DropshopError
from reservations.desk.answers import response_of
from reservations.desk.purchase_door import API_PATIENCE, PATIENCE, sold
from reservations.desk.requests import Scope, Send
from reservations.payments.errors import ConfirmationRequired
from reservations.purchases.attempts import PurchaseAttempt, PurchaseResult
from reservations.purchases.waiting import KEY, WaitingPurchase

PATH = re.compile(r"(?:/api/v1)?/reservations/[0-9a-f-]{36}(?:/purchase)?/?")
# Seconds; a page says then that the bank is asked, and looks again.
ANSWER_TIMEOUTS = {"page": PATIENCE, "fragment": PATIENCE, "api": API_PATIENCE}
OWN = {b"content-length", b"content-type", b"location", b"x-fragment", b"refresh", b"retry-after", b"www-authenticate"}

Message = dict[str, Any]


async def patiently(scope: Scope, send: Send, pages: Callable[..., Awaitable[None]]) -> None:
    """Has the request answered by `pages(scope, send=…)`; an answer whose bank is being asked waits here, without a thread."""
    if PATH.fullmatch(scope["path"]) is None:
        await pages(scope, send=send)
        return
    waiting, answer = WaitingPurchase(), Held()
    await pages({**scope, KEY: waiting}, send=answer.take)
    if waiting.attempt is not None:
        await _over(waiting.attempt, ANSWER_TIMEOUTS[waiting.reader])
        answer = _as_it_stands(waiting, answer)
        _log(scope, waiting, answer)
    for message in answer.messages:
        await send(message)


class Held:
    """An answer that is not sent yet."""

    def __init__(self, *messages: Message) -> None:
        self.messages = list(messages)

    async def take(self, message: Message) -> None:
        """In the place of `send`."""
        self.messages.append(message)


async def _over(attempt: PurchaseAttempt, seconds: float) -> None:
    """Returns when the attempt is over, or so many seconds have passed: its member is then told by a notice."""
    if attempt.done is None:
        return
    done = asyncio.wrap_future(attempt.done)
    try:
        await asyncio.wait([done], timeout=seconds)
    finally:  # also where the client has hung up, or the process ends
        attempt.is_late = not done.done() or done.cancelled()


def _as_it_stands(waiting: WaitingPurchase, said: Held) -> Held:
    """What the bank's answer makes of what the view had said."""
    attempt = waiting.attempt
    answer = attempt.answer if attempt else None
    if waiting.reader == "api":
        if answer is None:
            return said
        status, body, kind, headers = response_of(sold(answer) if isinstance(answer, PurchaseResult) else answer)
        kept = [pair for pair in said.messages[0]["headers"] if pair[0].lower() not in OWN]
        described = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
        start = {**said.messages[0], "status": status, "headers": [*kept, *headers, *described]}
        return Held(start, {"type": "http.response.body", "body": body})
    match answer:
        case PurchaseResult(purchase):
            return _elsewhere(said, purchase.get_absolute_url(), waiting.reader)
        case ConfirmationRequired():
            return _elsewhere(said, answer.facts["confirm_url"], waiting.reader)
    return said


def _elsewhere(said: Held, address: str, reader: str) -> Held:
    """On to another page: a redirect, or its address for a script."""
    name, status = (b"location", 303) if reader == "page" else (b"x-location", 200)
    kept = [pair for pair in said.messages[0]["headers"] if pair[0].lower() not in OWN]
    start = {**said.messages[0], "status": status, "headers": [*kept, (name, address.encode()), (b"content-length", b"0")]}
    return Held(start, {"type": "http.response.body", "body": b""})


def _log(scope: Scope, waiting: WaitingPurchase, said: Held) -> None:
    answer = waiting.attempt.answer if waiting.attempt else None
    access_log.finished(
        request=f"{scope['method']} {scope['path']}",
        code=said.messages[0]["status"],
        client=client_address_of_scope(scope),
        request_id=dict(said.messages[0]["headers"]).get(b"x-request-id", b"").decode(),
        member=waiting.member,
        outcome=answer.code if isinstance(answer, DropshopError) else "",
    )
