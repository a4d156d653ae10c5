"""Buying a held pair: authorise, decide under the lock, capture; or void (M1).

Every step takes a batch, and one shopper is a batch of one. The provider is never called inside a transaction. A Payment row
is written before the first call, so that whatever happens to this process, `reconcile_open` can finish or undo it (M2).

    begin    orders.begin_each      lock, pin the holds, write the payments down
    ask      payments.ask           no transaction; a slow bank is asked by a thread that holds nobody else up
    decide   sales.decide_each      lock, sell or refuse
    capture  payments.capture       or call off
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any
from uuid import UUID

from dropshop.core.errors import DropshopError
from reservations.payments.errors import PaymentUnanswered
from reservations.payments.gateways import Authorised, BatchGateway, Outcome
from reservations.payments.models import Payment
from reservations.payments.provider import (
    NotAsked,
    answers_at_once,
    authorise,
    authorise_each,
    batch_gateway,
    capture,
    capture_each,
    void,
)
from reservations.purchases.begin import PurchaseIntent, begin_each
from reservations.purchases.decide import GatewayAnswer, OnSale, PurchaseResult, decide_each
from reservations.purchases.models import Purchase

__all__ = ["PurchaseAttempt", "PurchaseIntent", "PurchaseResult", "advance", "buy"]

log = logging.getLogger(__name__)
Status = Payment.Status


class PurchaseAttempt:
    """One purchase on its way through the steps; remembers what has been committed, to be carried on after a failure.

    `answer` is there when it is over. Until then `todo` is what a bank that takes its time must be waited for: run it outside
    of any batch, then `advance` again.
    """

    __slots__ = (
        *("answer", "bought", "done", "has_place", "is_late", "order"),
        *("outcome", "payment", "record", "refusal", "todo", "tries", "was_told_late"),
    )

    def __init__(
        self,
        order: PurchaseIntent | None = None,
        *,
        record: OnSale | None = None,
        payment: Payment | None = None,
        verdict: GatewayAnswer | None = None,
    ) -> None:
        """A new order; or a payment that was begun before; or one that the bank has answered."""
        self.order, self.record = order, record
        self.payment: Any = verdict.payment if verdict else payment
        self.was_told_late = verdict.is_late if verdict else None
        self.outcome: Outcome | NotAsked | None = verdict and verdict.outcome
        self.bought: Any = None
        self.refusal: DropshopError | None = None  # of what was authorised: it has to be given back first
        self.answer: PurchaseResult | DropshopError | None = None
        self.todo: Callable[[], None] | None = None
        self.tries = 0  # how often it was put to the database whether this is a sale
        self.is_late = False  # nobody waits for the answer any more: its member is told by a notice
        self.has_place = False  # among those who may wait for a bank
        self.done: Future[None] | None = None  # where bank threads carry it on: resolves when the answer is there

    @property
    def waits(self) -> bool:
        """Whether its bank may have to be waited for."""
        return self.order.waits if self.order else not answers_at_once(self.payment.method)

    @property
    def is_decided(self) -> bool:
        """Whether it is a sale, or was refused, whatever the bank has been told of that."""
        return self.bought is not None or self.refusal is not None

    @property
    def decision(self) -> PurchaseResult | DropshopError:
        """The sale or the refusal; where it `is_decided`."""
        decided: Any = self.bought or self.refusal
        return decided

    def is_told_late(self) -> bool:
        """`is_late` at this moment."""
        return self.was_told_late() if self.was_told_late else self.is_late

    def follow(self, leader: "PurchaseAttempt") -> None:
        """Shares what the bank has said to another attempt at the same payment."""
        self.outcome = leader.outcome
        if isinstance(leader.answer, PaymentUnanswered):
            self.answer = leader.answer

    def ask(self) -> None:
        """Asks the bank alone."""
        try:
            self.outcome = authorise(self.payment)
        except PaymentUnanswered as unanswered:
            self.answer = unanswered

    def decided(self, answer: PurchaseResult | DropshopError) -> None:
        """What `decide_each` says; what an earlier try of this very order sold without living to say so, it has created."""
        if isinstance(answer, PurchaseResult):
            own = self.tries > 1 and self.order is not None and self.payment.pk == self.order.payment_id
            self.bought = PurchaseResult(answer.purchase, created=answer.created or own)
        elif isinstance(self.outcome, Authorised):
            self.refusal = answer
        else:
            self.answer = answer

    def give_back(self) -> None:
        """Calls off what was authorised and is not sold."""
        void(self.payment)
        self.answer = self.refusal

    def capture(self) -> None:
        """Takes the money alone."""
        self.paid(capture(self.payment))

    def paid(self, taken: bool) -> None:
        """The sale is made; where the bank has not taken the money, `reconcile_open` will ask again."""
        if taken and self.bought.purchase.status == Purchase.Status.PROCESSING:
            self.bought.purchase.status = Purchase.Status.PAID
        self.answer = self.bought


def advance(attempts: Sequence[PurchaseAttempt], nearly_done: Callable[[], None] = lambda: None) -> None:
    """Carries each attempt on until it is over (`answer`) or its bank must be waited for (`todo`); step by step, all together.

    May be called again with attempts that another call has failed on: every step finds what was committed. `nearly_done` is
    called when nobody else need wait for what is left: telling the bank.
    """
    bank = batch_gateway()
    going = [attempt for attempt in attempts if attempt.answer is None]
    _begin([attempt for attempt in going if attempt.payment is None])
    _ask(bank, [attempt for attempt in going if attempt.payment and not attempt.outcome])
    _decide([attempt for attempt in going if attempt.outcome and not attempt.bought and not attempt.refusal])
    nearly_done()
    for attempt in going:
        if attempt.refusal:
            _do(bank, attempt, attempt.give_back)
    _capture(bank, [attempt for attempt in going if attempt.bought])


def _do(bank: BatchGateway | None, attempt: PurchaseAttempt, deed: Callable[[], None]) -> None:
    """Runs the step at once if the bank answers at once, otherwise leaves it as the attempt's `todo`."""
    if bank is None:
        attempt.todo = deed
    else:
        deed()


def _begin(attempts: Sequence[PurchaseAttempt]) -> None:
    if not attempts:
        return
    for attempt, begun in zip(attempts, begin_each([attempt.order for attempt in attempts if attempt.order]), strict=True):
        if isinstance(begun, Payment):
            attempt.payment = begun
        else:
            attempt.answer = PurchaseResult(begun, created=False) if isinstance(begun, Purchase) else begun


def _ask(bank: BatchGateway | None, attempts: Sequence[PurchaseAttempt]) -> None:
    quick = [attempt for attempt in attempts if bank is not None and bank.answers_at_once(attempt.payment.method)]
    payments = {attempt.payment.pk: attempt.payment for attempt in quick}
    if bank is not None and len(payments) > 1:
        outcomes = dict(zip(payments, authorise_each(bank, list(payments.values())), strict=True))
        for attempt in quick:
            attempt.outcome = outcomes[attempt.payment.pk]
    for attempt in attempts:
        if attempt.outcome is None:
            _do(bank if attempt in quick else None, attempt, attempt.ask)


def _decide(attempts: Sequence[PurchaseAttempt]) -> None:
    if not attempts:
        return
    for attempt in attempts:
        attempt.tries += 1
    verdicts = [
        GatewayAnswer(attempt.payment, attempt.outcome, attempt.record, attempt.is_told_late)
        for attempt in attempts
        if attempt.outcome
    ]
    for attempt, answer in zip(attempts, decide_each(verdicts), strict=True):
        attempt.decided(answer)


def _capture(bank: BatchGateway | None, attempts: Sequence[PurchaseAttempt]) -> None:
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
    record: OnSale | None = None,
) -> PurchaseResult:
    """Sells the held pair to its holder. The same again returns the same purchase and takes the money once.

    `payment_method` is the provider's token. Where `drop_id` is given, a hold of any other drop is not there. `record` is
    called inside the transaction of the sale, for what must commit with it. Raises NotFound, Invalid, HoldExpired,
    AlreadyCancelled, PaymentDeclined, ConfirmationRequired, PaymentUnanswered, ConcurrentUpdate (another payment for this
    hold is on its way). Not to be called in a transaction.
    """
    order = PurchaseIntent.of(UUID(str(reservation_id)), member.pk, address=address, method=payment_method, drop_id=drop_id)
    return advance_alone(PurchaseAttempt(order, record=record))


def advance_alone(attempt: PurchaseAttempt) -> PurchaseResult:
    """The end of one attempt, whose bank is waited for."""
    while attempt.answer is None:
        advance([attempt])
        if attempt.todo is not None:
            todo, attempt.todo = attempt.todo, None
            todo()
    if isinstance(attempt.answer, DropshopError):
        raise attempt.answer
    return attempt.answer
