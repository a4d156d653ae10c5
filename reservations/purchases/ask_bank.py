"""Buying without waiting for a bank: threads of their own wait for banks, those that serve pages never do (M7).

    attempt = ask_bank.buy(ask_bank.intent(...), drop_id=drop.pk, admit=lambda: limit("purchase", request))
    attempt.answer  # the purchase or the refusal; None: the bank is being asked, and `attempt.done` resolves when that is over

A member who asks too often, or comes while too many payments wait for banks, is refused before anything is begun. A member who
has already begun to pay is never refused, but told the state of that payment.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection

from dropshop.core.errors import Busy, DropshopError, RateLimited, as_refusal
from dropshop.core.hooks import Hook
from reservations.idempotency.keys import RequestKey
from reservations.payments import due
from reservations.payments.errors import PaymentUnanswered
from reservations.payments.models import Payment
from reservations.payments.provider import answers_at_once
from reservations.purchases import reconcile
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent, PurchaseResult
from reservations.purchases.buy import advance, ask
from reservations.purchases.keyed import keep_standing
from reservations.purchases.standing import standing_each, unanswered

log = logging.getLogger(__name__)

# (drop, attempt): carries it in a batch with others; set at start-up by the process that has a desk.
group_commit: Hook[Callable[[UUID, PurchaseAttempt], object]] = Hook("reservations.purchases.group_commit", optional=True)

THREADS = 32  # payments that wait for a bank side by side; they hold no database connection meanwhile
MAX_WAITING = 4 * THREADS  # attempts that wait for a thread: with more of them a pin would run out before its bank was asked


class BankThreads:
    """One per process. An attempt counts from before it is begun until its answer: none is begun that cannot be asked."""

    def __init__(self, threads: int = THREADS, most: int = MAX_WAITING) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="bank")
        self._most, self._taken = most, 0
        # By payment: each is asked about once at a time.
        self._asking: dict[UUID, tuple[PurchaseAttempt, Future[None]]] = {}
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Ask no more banks; what was begun is carried on by `purchases.reconcile_open`."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def take_place(self, attempt: PurchaseAttempt) -> bool:
        """Whether there is room for this attempt; leave the place when it is over. One whose bank never waits needs none."""
        with self._lock:
            attempt.has_place = attempt.waits and self._taken < self._most
            self._taken += attempt.has_place
        return attempt.has_place or not attempt.waits

    def leave_place(self, attempt: PurchaseAttempt) -> None:
        """The attempt is over, whether or not it had a place."""
        with self._lock:
            self._taken -= attempt.has_place
            attempt.has_place = False

    def do(self, attempt: PurchaseAttempt) -> Future[None]:
        """Does the attempt's `todo`, in a thread; resolves when it is done, and never to an exception.

        Two attempts at one payment ask its bank once, and share what it says.
        """
        todo, attempt.todo = attempt.todo, None
        if todo is not ask:
            done: Future[None] = Future()
            self._pool.submit(_do, attempt, todo, done)
            return done
        payment = attempt.payment.pk
        with self._lock:
            leader, answered = self._asking.setdefault(payment, (attempt, Future()))
        if leader is attempt:
            answered.add_done_callback(lambda _: self._asking.pop(payment, None))
            self._pool.submit(_do, attempt, todo, answered)
            return answered
        follows: Future[None] = Future()

        def share(_: Future[None]) -> None:
            attempt.outcome = leader.outcome
            if isinstance(leader.answer, PaymentUnanswered):
                attempt.answer = leader.answer
            follows.set_result(None)

        answered.add_done_callback(share)
        return follows

    def finish(self, attempt: PurchaseAttempt) -> Future[None]:
        """Carries the attempt to its end by these threads; resolves when its answer is there."""
        over: Future[None] = Future()
        self._step(attempt, over)
        return over

    def _step(self, attempt: PurchaseAttempt, over: Future[None]) -> None:
        try:
            self.do(attempt).add_done_callback(lambda _: self._next(attempt, over))
        except RuntimeError:  # the process ends
            _call_off(over)

    def _next(self, attempt: PurchaseAttempt, over: Future[None]) -> None:
        try:
            self._pool.submit(self._carry, attempt, over)
        except RuntimeError:
            _call_off(over)

    def _carry(self, attempt: PurchaseAttempt, over: Future[None]) -> None:
        try:
            carry(attempt)
        finally:
            connection.close()
        if attempt.answer is None:
            self._step(attempt, over)
        else:
            over.set_result(None)


@cache
def bank_threads() -> BankThreads:
    """Those of this process."""
    return BankThreads()


def _call_off(over: Future[None]) -> None:
    """Cancelled, and whoever waits for several together hears of it: by `cancel` alone `wait` goes on waiting."""
    over.cancel()
    over.set_running_or_notify_cancel()


def _do(attempt: PurchaseAttempt, todo: Callable[[PurchaseAttempt], None] | None, done: Future[None]) -> None:
    """What the bank must be waited for, blocking; what fails there is told by what is known."""
    try:
        if todo is not None:
            todo(attempt)
    except Exception as error:  # noqa: BLE001 - named or logged in known_answer
        attempt.answer = known_answer(attempt, error)
    finally:
        connection.close()
        done.set_result(None)


def intent(reservation_id: UUID, member_id: UUID, **said: Any) -> PurchaseIntent:
    """`PurchaseIntent.of`, which knows whether its bank may have to be waited for."""
    made = PurchaseIntent.of(reservation_id, member_id, **said)
    return replace(made, waits=not answers_at_once(made.method))


def buy(
    wanted: PurchaseIntent, *, drop_id: UUID, admit: Callable[[], None] = lambda: None, key: RequestKey | None = None
) -> PurchaseAttempt:
    """Buys as far as that goes without waiting for a bank, and hands the rest to the bank threads.

    `admit` raises RateLimited. Raises it, or Busy, only where nothing was begun before.
    """
    attempt, banks = PurchaseAttempt(wanted, key=key), bank_threads()
    try:
        admit()
        if not banks.take_place(attempt):
            raise Busy
    except (RateLimited, Busy):
        (attempt.answer,) = standing_each([wanted])
        if attempt.answer is None:
            raise
        keep_standing([attempt])
        return attempt
    carry(attempt, drop_id)
    _hand_on(attempt)
    return attempt


def _hand_on(attempt: PurchaseAttempt) -> None:
    """What is left is done by the bank threads."""
    banks = bank_threads()
    if attempt.answer is not None:
        banks.leave_place(attempt)
        return
    attempt.done = banks.finish(attempt)
    attempt.done.add_done_callback(lambda _: banks.leave_place(attempt))


def come_back(payment: Payment, *, admit: Callable[[], None]) -> PurchaseAttempt:
    """The shopper is back from the bank: asks what became of the payment, once at a time, and carries it out.

    Who comes back too often, or meets too many at the banks, is not refused: the next sweep asks.
    """
    attempt = PurchaseAttempt(payment=payment)
    attempt.todo = _settle
    try:
        admit()
        is_asked = bank_threads().take_place(attempt) and due.claim_this(payment)
    except RateLimited:
        is_asked = False
    if not is_asked:
        bank_threads().leave_place(attempt)
        due.look_soon(payment)
        attempt.answer = unanswered(payment)
    elif attempt.waits:
        _hand_on(attempt)
    else:
        _settle_at_once(attempt)
    return attempt


def _settle_at_once(attempt: PurchaseAttempt) -> None:
    """By a bank that makes nobody wait; what fails there is told by what is known."""
    try:
        _settle(attempt)
    except Exception as error:  # noqa: BLE001 - logged in known_answer
        attempt.answer = known_answer(attempt, error)


def _settle(attempt: PurchaseAttempt) -> None:
    try:
        reconcile.reconcile(attempt)
        attempt.answer = attempt.answer or unanswered(attempt.payment)
    except DropshopError as refusal:
        attempt.answer = refusal
    finally:
        due.look_again(attempt.payment)


def carry(attempt: PurchaseAttempt, drop_id: UUID | None = None) -> None:
    """As far as it goes without waiting for a bank: `answer` or `todo` is there afterwards. Never raises."""
    if attempt.answer is not None:
        return
    try:
        if group_commit.filled is not None:
            group_commit.filled(drop_id or attempt.payment.reservation.drop_id, attempt)
        else:
            _carry_alone(attempt)
    except Exception as error:  # noqa: BLE001 - named or logged in known_answer
        attempt.answer = known_answer(attempt, error)


def _carry_alone(attempt: PurchaseAttempt) -> None:
    """A batch of one. A failed database is asked once more: a COMMIT of unknown outcome is found by going on from there."""
    try:
        carry_each([attempt])
    except (DatabaseError, InterfaceError):
        connection.close()
        carry_each([attempt])


def carry_each(attempts: Sequence[PurchaseAttempt], nearly_done: Callable[[], None] = lambda: None) -> None:
    """`advance`; but what fails behind a decision's COMMIT is nobody's failure: the answer stands, and a sweep will tell the
    bank. Raises where somebody is still undecided, to be called again."""
    try:
        advance(attempts, nearly_done)
    except Exception:
        if not all(attempt.answer or attempt.todo or attempt.decision for attempt in attempts):
            raise
        log.exception("a bank could not be told what was decided; a sweep will tell it")
    for attempt in attempts:
        if attempt.decision and not attempt.todo:
            attempt.answer = attempt.answer or attempt.decision


def known_answer(attempt: PurchaseAttempt, error: Exception) -> PurchaseResult | DropshopError:
    """What is known of an attempt on whose way something failed (M6): what was decided; that the bank was not asked; or that
    nobody knows yet, and that its member will be told."""
    if attempt.decision:
        log.error("a decided purchase met a failure", exc_info=error)
        return attempt.decision
    if attempt.payment is None:
        return as_refusal(error)
    if not isinstance(error, DropshopError):
        log.error("a purchase failed on its way", exc_info=error)
    return unanswered(attempt.payment)
