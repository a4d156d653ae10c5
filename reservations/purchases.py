"""Buying the pair one holds: authorise, decide under the lock, capture; or void (M1).

Every step takes a batch, and one shopper is a batch of one. The provider is never called inside a transaction. A Payment row
is written before the first call, so that whatever happens to this process, `settle_open` can finish or undo it (M2).

    begin    orders.begin_each      lock, pin the holds, write the payments down
    ask      payments.ask           no transaction; a slow bank is asked by a thread that holds nobody else up
    decide   sales.decide_each      lock, sell or refuse
    capture  payments.capture       or call off
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic as steady
from typing import Any
from uuid import UUID

from django.db import transaction

from drops.clock import database_time
from dropshop.errors import DropshopError
from dropshop.transactions import retrying
from reservations import due
from reservations.errors import PaymentUnanswered
from reservations.gateways import AsksMany, Authorised, Confirm, Declined, Outcome, Unanswered, gateway
from reservations.holds import lock_holds, refuse_ended
from reservations.models import Payment, Purchase
from reservations.orders import Order, begin_each
from reservations.payments import NotAsked, ask, ask_each, call_off, capture, capture_each, together
from reservations.sales import Bought, Record, Verdict, decide_each

__all__ = ["Attempt", "Bought", "Order", "advance", "buy", "settle", "settle_open"]

log = logging.getLogger(__name__)
Status = Payment.Status
SWEEP_SECONDS = 20  # after which a sweep begins no further look: with a silent bank each takes as long as its time-out
_sweeps = threading.BoundedSemaphore(2)  # of a worker's four slots


class Attempt:
    """One purchase on its way through the steps; remembers what has been committed, to be carried on after a failure.

    `answer` is there when it is over. Until then `todo` is what a bank that takes its time must be waited for: run it outside
    of any batch, then `advance` again.
    """

    __slots__ = ("answer", "bought", "order", "outcome", "payment", "record", "refusal", "todo", "tries")

    def __init__(self, order: Order | None = None, *, record: Record | None = None, verdict: Verdict | None = None) -> None:
        """A new order; or a payment that the bank has answered."""
        self.order, self.record = order, record
        self.payment: Any = verdict and verdict.payment
        self.outcome: Outcome | NotAsked | None = verdict and verdict.outcome
        self.bought: Any = None
        self.refusal: DropshopError | None = None  # of what was authorised: it has to be given back first
        self.answer: Bought | DropshopError | None = None
        self.todo: Callable[[], None] | None = None
        self.tries = 0  # how often it was put to the database whether this is a sale

    def ask(self) -> None:
        """Asks the bank alone."""
        try:
            self.outcome = ask(self.payment)
        except PaymentUnanswered as unanswered:
            self.answer = unanswered

    def decided(self, answer: Bought | DropshopError) -> None:
        """What `decide_each` says; what an earlier try of this very order sold without living to say so, it has created."""
        if isinstance(answer, Bought):
            own = self.tries > 1 and self.order is not None and self.payment.pk == self.order.payment_id
            self.bought = Bought(answer.purchase, created=answer.created or own)
        elif isinstance(self.outcome, Authorised):
            self.refusal = answer
        else:
            self.answer = answer

    def give_back(self) -> None:
        """Calls off what was authorised and is not sold."""
        call_off(self.payment)
        self.answer = self.refusal

    def capture(self) -> None:
        """Takes the money alone."""
        self.paid(capture(self.payment))

    def paid(self, taken: bool) -> None:
        """The sale is made; where the bank has not taken the money, `settle_open` will ask again."""
        if taken and self.bought.purchase.status == Purchase.Status.PROCESSING:
            self.bought.purchase.status = Purchase.Status.PAID
        self.answer = self.bought


def advance(attempts: Sequence[Attempt], nearly_done: Callable[[], None] = lambda: None) -> None:
    """Carries each attempt on until it is over (`answer`) or its bank must be waited for (`todo`); step by step, all together.

    May be called again with attempts that another call has failed on: every step finds what was committed. `nearly_done` is
    called when nobody else need wait for what is left: telling the bank.
    """
    bank = together()
    going = [attempt for attempt in attempts if attempt.answer is None]
    _begin([attempt for attempt in going if attempt.payment is None])
    _ask(bank, [attempt for attempt in going if attempt.payment and not attempt.outcome])
    _decide([attempt for attempt in going if attempt.outcome and not attempt.bought and not attempt.refusal])
    nearly_done()
    for attempt in going:
        if attempt.refusal:
            _do(bank, attempt, attempt.give_back)
    _capture(bank, [attempt for attempt in going if attempt.bought])


def _do(bank: AsksMany | None, attempt: Attempt, deed: Callable[[], None]) -> None:
    """The deed at once with a bank that keeps nobody waiting, else in its own time."""
    if bank is None:
        attempt.todo = deed
    else:
        deed()


def _begin(attempts: Sequence[Attempt]) -> None:
    if not attempts:
        return
    for attempt, begun in zip(attempts, begin_each([attempt.order for attempt in attempts if attempt.order]), strict=True):
        if isinstance(begun, Payment):
            attempt.payment = begun
        else:
            attempt.answer = Bought(begun, created=False) if isinstance(begun, Purchase) else begun


def _ask(bank: AsksMany | None, attempts: Sequence[Attempt]) -> None:
    quick = [attempt for attempt in attempts if bank is not None and bank.answers_at_once(attempt.payment.method)]
    payments = {attempt.payment.pk: attempt.payment for attempt in quick}
    if bank is not None and len(payments) > 1:
        outcomes = dict(zip(payments, ask_each(bank, list(payments.values())), strict=True))
        for attempt in quick:
            attempt.outcome = outcomes[attempt.payment.pk]
    for attempt in attempts:
        if attempt.outcome is None:
            _do(bank if attempt in quick else None, attempt, attempt.ask)


def _decide(attempts: Sequence[Attempt]) -> None:
    if not attempts:
        return
    for attempt in attempts:
        attempt.tries += 1
    verdicts = [Verdict(attempt.payment, attempt.outcome, attempt.record) for attempt in attempts if attempt.outcome]
    for attempt, answer in zip(attempts, decide_each(verdicts), strict=True):
        attempt.decided(answer)


def _capture(bank: AsksMany | None, attempts: Sequence[Attempt]) -> None:
    payments = {attempt.payment.pk: attempt.payment for attempt in attempts}
    if bank is None or len(payments) < 2:
        for attempt in attempts:
            _do(bank, attempt, attempt.capture)
        return
    taken = dict(zip(payments, capture_each(bank, list(payments.values())), strict=True))
    for attempt in attempts:
        attempt.paid(taken[attempt.payment.pk])


def buy(
    reservation_id: UUID | str,
    *,
    member: Any,
    address: Any,
    payment_method: Any,
    drop_id: UUID | None = None,
    record: Record | None = None,
) -> Bought:
    """Sells the held pair to its holder. The same again returns the same purchase and takes the money once.

    `payment_method` is the provider's token. Where `drop_id` is given, a hold of any other drop is not there. `record` is
    called inside the transaction of the sale, for what must commit with it. Raises NotFound, Invalid, HoldExpired,
    AlreadyCancelled, PaymentDeclined, ConfirmationRequired, PaymentUnanswered, ConcurrentUpdate (another payment for this
    hold is on its way). Not to be called in a transaction.
    """
    order = Order.of(UUID(str(reservation_id)), member.pk, address=address, method=payment_method, drop_id=drop_id)
    return _alone(Attempt(order, record=record))


def _alone(attempt: Attempt) -> Bought:
    """The end of one attempt, whose bank is waited for."""
    while attempt.answer is None:
        advance([attempt])
        if attempt.todo is not None:
            todo, attempt.todo = attempt.todo, None
            todo()
    if isinstance(attempt.answer, DropshopError):
        raise attempt.answer
    return attempt.answer


def settle_open() -> int:
    """Finishes or undoes the payments whose process went away or whose provider was silent; how many were looked at.

    Those that a process may still be working on are left alone (`due`), each is looked at by one sweep at a time, and one
    that cannot be settled does not keep the others waiting: newest and oldest are taken by turns, until none is due or the
    sweep has had its time. A process has two sweeps at once at most.
    """
    if not _sweeps.acquire(blocking=False):
        return 0
    try:
        return _sweep(database_time(), steady() + SWEEP_SECONDS)
    finally:
        _sweeps.release()


def _sweep(moment: datetime, end: float) -> int:
    looked = 0
    while steady() < end:
        payment = (due.claim(moment, newest=True) if looked % 2 == 0 else None) or due.claim(moment, newest=False)
        if payment is None:
            break
        _look(payment)
        looked += 1
    return looked


def _look(payment: Payment) -> None:
    try:
        settle(payment)
    except DropshopError as refusal:
        log.info("settled", extra={"payment": str(payment.pk), "outcome": refusal.code})
    except Exception:
        log.exception("not settled", extra={"payment": str(payment.pk)})
    due.look_again(payment)


def settle(payment: Payment) -> Bought | None:
    """Asks the provider what became of the payment and carries it out; None where nothing was sold.

    Raises what `buy` raises.
    """
    if payment.status == Status.VOIDED:
        call_off(payment)
        return None
    if payment.status == Status.AUTHORISED:
        return _finish(payment, Authorised(payment.authorisation))
    if not payment.asked:
        return _finish(payment, NotAsked())
    try:
        outcome = gateway().lookup(str(payment.pk))
    except Unanswered:
        return None
    if outcome is None:
        decide_each([Verdict(payment, Declined("The bank never heard of this payment."))])
        return None
    if isinstance(outcome, Confirm):
        _await_confirmation(payment, outcome)
        return None
    return _finish(payment, outcome)


def _finish(payment: Payment, outcome: Outcome | NotAsked) -> Bought:
    return _alone(Attempt(verdict=Verdict(payment, outcome)))


@retrying
def _await_confirmation(payment: Payment, outcome: Confirm) -> None:
    """Waits for the shopper as long as the hold stands; then the payment is called off."""
    with transaction.atomic():
        holds, moment = lock_holds([payment.reservation_id])
        payment.refresh_from_db()
        payment.move(Status.CONFIRMING, authorisation=outcome.reference)
        try:
            refuse_ended(holds[payment.reservation_id], moment)
        except DropshopError:
            payment.move(Status.VOIDED, note="It was not confirmed in time.")
        else:
            due.wait_for_shopper(payment)
    if payment.status == Status.VOIDED:
        call_off(payment)
