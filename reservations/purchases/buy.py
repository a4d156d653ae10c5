"""Buying a held pair: authorise, decide under the lock, capture; or void (M1).

Every step takes a batch, and one shopper is a batch of one. The provider is never called inside a transaction. A Payment row
is written before the first call, so that whatever happens to this process, `reconcile_open` can finish or undo it (M2).

    begin    begin.begin_each        lock, pin the holds, write the payments down
    ask      provider.authorise      no transaction; a slow bank is asked by a thread that holds nobody else up
    decide   decide.decide_each      lock, sell or refuse
    tell     provider.capture, void  the bank takes the money, or gives it back
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from dropshop.core.errors import DropshopError
from dropshop.core.members import Member
from reservations.idempotency.keys import RequestKey
from reservations.payments.errors import PaymentUnanswered
from reservations.payments.gateways import BatchGateway
from reservations.payments.provider import authorise, authorise_each, batch_gateway, capture, capture_each, void
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent, PurchaseResult
from reservations.purchases.begin import begin_each
from reservations.purchases.decide import decide_each
from reservations.purchases.keyed import keep_standing
from reservations.purchases.models import Purchase
from reservations.purchases.pickup import find_places
from reservations.purchases.saved import find_saved


def advance(attempts: Sequence[PurchaseAttempt], nearly_done: Callable[[], None] = lambda: None) -> None:
    """Carries each attempt on until it is over (`answer`) or its bank must be waited for (`todo`); step by step, all together.

    May be called again with attempts that another call has failed on: every step finds what was committed. `nearly_done` is
    called when nobody else need wait for what is left: telling the bank.
    """
    bank = batch_gateway()
    going = [attempt for attempt in attempts if attempt.answer is None]
    new = [attempt for attempt in going if attempt.payment is None]
    ready = find_places(find_saved(new))
    keep_standing([attempt for attempt in new if attempt.answer])
    begin_each(ready)
    _ask(bank, [attempt for attempt in going if attempt.payment and not attempt.outcome])
    answered = [attempt for attempt in going if attempt.outcome and not attempt.decision]
    for attempt in answered:
        attempt.tries += 1
    decide_each(answered)
    nearly_done()
    _finish(bank, [attempt for attempt in going if attempt.decision])


def _ask(bank: BatchGateway | None, attempts: Sequence[PurchaseAttempt]) -> None:
    """A bank that answers at once is asked about all payments in one call, each once; others are left as `todo`."""
    quick = [attempt for attempt in attempts if bank is not None and bank.answers_at_once(attempt.payment.method)]
    payments = {attempt.payment.pk: attempt.payment for attempt in quick}
    if bank is not None and len(payments) > 1:
        outcomes = dict(zip(payments, authorise_each(bank, [*payments.values()]), strict=True))
        for attempt in quick:
            attempt.outcome = outcomes[attempt.payment.pk]
    for attempt in attempts:
        if attempt.outcome is None:
            _do(bank if attempt in quick else None, attempt, ask)


def _finish(bank: BatchGateway | None, attempts: Sequence[PurchaseAttempt]) -> None:
    """What was set aside and is not sold is given back, and what is sold is paid: in one call, where the bank can."""
    for attempt in attempts:
        if attempt.refusal:
            _do(bank, attempt, give_back)
    sold = [attempt for attempt in attempts if attempt.sale]
    payments = {attempt.payment.pk: attempt.payment for attempt in sold}
    if bank is not None and len(payments) > 1:
        taken = dict(zip(payments, capture_each(bank, [*payments.values()]), strict=True))
        for attempt in sold:
            _is_paid(attempt, taken[attempt.payment.pk])
        return
    for attempt in sold:
        _do(bank, attempt, take_money)


def _do(bank: BatchGateway | None, attempt: PurchaseAttempt, call: Callable[[PurchaseAttempt], None]) -> None:
    """Calls the bank at once if it answers at once, otherwise leaves that as the attempt's `todo`."""
    if bank is None:
        attempt.todo = call
    else:
        call(attempt)


def ask(attempt: PurchaseAttempt) -> None:
    """Asks the bank about this payment alone."""
    try:
        attempt.outcome = authorise(attempt.payment)
    except PaymentUnanswered as unanswered:
        attempt.answer = unanswered


def give_back(attempt: PurchaseAttempt) -> None:
    """Voids what was authorised and is not sold."""
    void(attempt.payment)
    attempt.answer = attempt.refusal


def take_money(attempt: PurchaseAttempt) -> None:
    """Captures this payment alone."""
    _is_paid(attempt, capture(attempt.payment))


def _is_paid(attempt: PurchaseAttempt, taken: bool) -> None:
    """The sale is made; where the bank has not taken the money, `reconcile_open` will ask again."""
    if taken and attempt.sale and attempt.sale.purchase.status == Purchase.Status.PROCESSING:
        attempt.sale.purchase.status = Purchase.Status.PAID
    attempt.answer = attempt.sale


def buy(
    reservation_id: UUID | str,
    *,
    member: Member,
    address: Any,
    payment_method: Any,
    drop_id: UUID | None = None,
    total: Any = None,
    key: RequestKey | None = None,
) -> PurchaseResult:
    """Sells the held pair to its holder. The same again returns the same purchase and takes the money once.

    `payment_method` is the provider's token, or the id of a saved card. Where `drop_id` is given, a hold of any other drop is
    not there. Under a `key` the same is told again (H8). `total`, where given, is the only sum that is paid.
    Raises NotFound, Invalid, NotShippedThere, TotalChanged, HoldExpired, AlreadyCancelled, PaymentDeclined,
    ConfirmationRequired, PaymentUnanswered, IdempotencyMismatch, ConcurrentUpdate (another payment for this hold is on its
    way). Not to be called in a transaction.
    """
    intent = PurchaseIntent.of(
        UUID(str(reservation_id)), member.pk, address=address, method=payment_method, drop_id=drop_id, total=total
    )
    return advance_alone(PurchaseAttempt(intent, key=key))


def advance_alone(attempt: PurchaseAttempt) -> PurchaseResult:
    """The end of one attempt, whose bank is waited for."""
    while attempt.answer is None:
        advance([attempt])
        if attempt.todo is not None:
            todo, attempt.todo = attempt.todo, None
            todo(attempt)
    if isinstance(attempt.answer, DropshopError):
        raise attempt.answer
    return attempt.answer
