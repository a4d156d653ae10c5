"""Paying for the pairs of requests: by the ordinary purchase, with the saved method, while the shopper is not there.

A worker claims requests whose hold stands (`dropshop.core.leases`) and carries them on together; banks that take their time are
waited for by the bank threads, and the pair is pinned meanwhile. What became of the hold says what became of the request:
whatever is killed here, `settle` finds it.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import wait
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from dropshop.core.errors import DropshopError, Invalid
from dropshop.core.leases import sql
from dropshop.core.members import Member
from dropshop.core.sql import rows
from dropshop.core.sweeps import Sweeps, log_failure
from dropshop.core.transactions import retrying
from reservations.charges.errors import NotShippedThere
from reservations.holds import lifecycle
from reservations.holds.errors import AlreadyPurchased, HoldExpired, LimitReached
from reservations.payments.errors import AmountNotTaken, ConfirmationRequired, PaymentDeclined, PaymentUnanswered
from reservations.payments.gateways import lease_seconds
from reservations.purchases.ask_bank import bank_threads, carry_each
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent
from reservations.requests.models import PurchaseRequest, Reason, Status
from reservations.requests.moves import Moving, move_each

log = logging.getLogger(__name__)

AT_ONCE = 100  # payments that are carried on together
SETTLED_AT_ONCE = 1000
_sweeps = Sweeps(at_once=1)

CLAIM = """
UPDATE {purchaserequest} SET {CLAIMED}
 WHERE id IN (SELECT id FROM {purchaserequest} WHERE status = 'processing_payment' AND retry_at <= %(moment)s
               ORDER BY retry_at LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id
"""
SOON = "UPDATE {purchaserequest} SET retry_at = clock_timestamp() WHERE id = %(id)s AND status = 'processing_payment'"


def sweep() -> int:
    """Pays for what is held for requests, and notes how each ended; how many batches. A process has one sweep at once."""
    paid = _sweeps.run(_claim, _pay)
    settle()
    return paid


def _claim(moment: datetime) -> list[UUID] | None:
    """The next requests that nobody is paying for; None where there are none."""
    claimed = rows(sql(CLAIM), moment=moment, lease=lease_seconds(), most=AT_ONCE)
    return [pk for (pk,) in claimed] or None


def _pay(ids: Sequence[UUID]) -> None:
    """Carries these payments on as far as they go, and ends the requests that cannot be paid."""
    found = PurchaseRequest.objects.filter(pk__in=ids, status=Status.PROCESSING).select_related("reservation")
    attempts = {request: _attempt(request, request.reservation_id) for request in found if request.reservation_id is not None}
    with log_failure("requests could not be paid for together; each is carried on alone"):
        carry_each(list(attempts.values()))
    banks = bank_threads()
    wait([banks.finish(attempt) for attempt in attempts.values() if attempt.answer is None])
    for request, attempt in attempts.items():
        if isinstance(attempt.answer, DropshopError):
            _end(request, attempt.answer)
    settle()


def _attempt(request: PurchaseRequest, hold: UUID) -> PurchaseAttempt:
    """The ordinary purchase of the request's hold; its answer is there already where it cannot even be begun."""
    attempt = PurchaseAttempt()
    try:
        wanted = PurchaseIntent.of(
            hold, request.member_id, address=request.address, method=str(request.payment_method_id or "")
        )
        attempt.intent = replace(wanted, shopper_present=False)
    except Invalid as refusal:
        attempt.answer = refusal
    return attempt


def _end(request: PurchaseRequest, refusal: DropshopError) -> None:
    """What the refusal of the purchase means for the request; some mean that it is tried again."""
    match refusal:
        case PaymentDeclined() | ConfirmationRequired():
            fail(request.pk, Reason.DECLINED, refusal.detail)
        case NotShippedThere() | AmountNotTaken() | LimitReached():
            fail(request.pk, Reason.ADDRESS, refusal.detail)
        case Invalid():
            named = refusal.facts["errors"]
            fail(request.pk, Reason.METHOD if "payment_method" in named else Reason.ADDRESS)
        case PaymentUnanswered():
            log.info("request waits for its bank", extra={"request": str(request.pk)})
        case _:
            rows(SOON, id=request.pk)


@retrying
def fail(request_id: UUID, reason: Reason, note: str = "", *, by: Member | None = None) -> bool:
    """Ends a request that has a pair, which goes back; whether it was ended. One that was bought meanwhile stays so."""
    with transaction.atomic():
        request = PurchaseRequest.objects.select_related("member", "reservation").get(pk=request_id)
        if request.status != Status.PROCESSING or request.reservation_id is None:
            return False
        try:
            with suppress(HoldExpired):
                lifecycle.cancel(request.reservation_id, member=request.member)
        except AlreadyPurchased:
            return False
        return bool(move_each(Status.PROCESSING, Status.FAILED, [Moving(request_id, reason, note)], by=by))


ENDED = """
SELECT request.id, hold.status FROM {purchaserequest} AS request JOIN {reservation} AS hold ON hold.id = request.reservation_id
 WHERE request.status = 'processing_payment' AND hold.status <> 'active' LIMIT %(most)s
"""
BECOMES = {
    "completed": (Status.SUCCESS, ""),
    "expired": (Status.FAILED, Reason.LAPSED),
    "cancelled": (Status.FAILED, Reason.GIVEN_BACK),
}


def settle() -> int:
    """Ends the requests whose holds have ended, whoever ended them; how many."""
    settled, found = 0, SETTLED_AT_ONCE
    while found == SETTLED_AT_ONCE:
        ended = rows(ENDED, most=SETTLED_AT_ONCE)
        found = len(ended)
        for status, (to, reason) in BECOMES.items():
            moving = [Moving(pk, reason) for pk, ended_as in sorted(ended) if ended_as == status]
            settled += len(_settle(to, moving))
    return settled


@retrying
def _settle(to: Status, moving: Sequence[Moving]) -> set[UUID]:
    with transaction.atomic():
        return move_each(Status.PROCESSING, to, moving)
