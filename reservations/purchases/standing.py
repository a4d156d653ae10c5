"""How it stands with a purchase that has been begun: whoever has begun to pay is told that, and never refused."""

from collections.abc import Sequence
from functools import partial
from typing import TypeAlias
from uuid import UUID

from dropshop.core.errors import DropshopError
from reservations.payments import due
from reservations.payments.errors import ConfirmationRequired, PaymentUnanswered
from reservations.payments.gateways import ConfirmationNeeded, GatewayTimeout
from reservations.payments.models import Payment
from reservations.payments.provider import answers_at_once, lookup
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent, PurchaseResult
from reservations.purchases.models import Purchase

Key: TypeAlias = tuple[UUID, UUID]  # of a hold and its member


def refuse_each(refused: Sequence[tuple[PurchaseAttempt, PurchaseIntent, DropshopError]]) -> None:
    """Each attempt has its refusal for its answer; or, where its member has begun to pay before, how that stands: the same
    again, after its address, its card or its place was taken away, is still that purchase. Where the shopper has yet to
    confirm it, the bank says where; one that makes wait is left as `todo`.
    """
    bought, begun = _found([intent for _, intent, _ in refused]) if refused else ({}, {})
    for attempt, intent, refusal in refused:
        payment = begun.get(_key(intent))
        if payment is None or payment.status != Payment.Status.CONFIRMING or _key(intent) in bought:
            attempt.answer = _standing(intent, bought, begun) or refusal
        elif answers_at_once(payment.method):
            _ask_where_to_confirm(payment, attempt)
        else:
            attempt.todo = partial(_ask_where_to_confirm, payment)


def _ask_where_to_confirm(payment: Payment, attempt: PurchaseAttempt) -> None:
    try:
        outcome = lookup(payment)
    except GatewayTimeout:
        outcome = None
    if isinstance(outcome, ConfirmationNeeded):
        attempt.answer = ConfirmationRequired(confirm_url=outcome.url)
    else:
        due.look_soon(payment)
        attempt.answer = unanswered(payment)


def unanswered(payment: Payment) -> PaymentUnanswered:
    """The shop does not know yet, and goes on asking."""
    return PaymentUnanswered(pinned_until=payment.reservation.lapses_at, retry_after=2)


def standing_each(intents: Sequence[PurchaseIntent]) -> list[PurchaseResult | DropshopError | None]:
    """For each intent the purchase, or that its payment is under way, where its member has begun to pay for the hold before;
    two statements for all. The next sweep looks at those payments."""
    bought, begun = _found(intents)
    return [_standing(wanted, bought, begun) for wanted in intents]


def _found(intents: Sequence[PurchaseIntent]) -> tuple[dict[Key, Purchase], dict[Key, Payment]]:
    """What is sold, and what is being paid, of the holds that are meant."""
    holds = [wanted.reservation_id for wanted in intents]
    sold = Purchase.objects.filter(reservation__in=holds).select_related("size")
    bought = {(sale.reservation_id, sale.member_id): sale for sale in sold}
    going = Payment.objects.filter(reservation__in=holds, status__in=Payment.OPEN).select_related("reservation")
    begun = {(payment.reservation_id, payment.reservation.member_id): payment for payment in going}
    return bought, begun


def _key(wanted: PurchaseIntent) -> Key:
    return wanted.reservation_id, wanted.member_id


def _standing(
    wanted: PurchaseIntent, bought: dict[Key, Purchase], begun: dict[Key, Payment]
) -> PurchaseResult | DropshopError | None:
    key = _key(wanted)
    if key in bought:
        return PurchaseResult(bought[key], created=False)
    if key not in begun:
        return None
    due.look_soon(begun[key])
    return unanswered(begun[key])
