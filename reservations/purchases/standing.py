"""How it stands with a purchase that has been begun: whoever has begun to pay is told that, and never refused."""

from collections.abc import Sequence
from uuid import UUID

from dropshop.core.errors import DropshopError
from reservations.payments import due
from reservations.payments.errors import PaymentUnanswered
from reservations.payments.models import Payment
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent, PurchaseResult
from reservations.purchases.models import Purchase


def refuse_each(refused: Sequence[tuple[PurchaseAttempt, PurchaseIntent, DropshopError]]) -> None:
    """Each attempt has its refusal for its answer; or, where its member has begun to pay before, how that stands: the same
    again, after its address, its card or its place was taken away, is still that purchase.
    """
    standing = standing_each([intent for _, intent, _ in refused]) if refused else ()
    for (attempt, _, refusal), stands in zip(refused, standing, strict=True):
        attempt.answer = stands or refusal


def unanswered(payment: Payment) -> PaymentUnanswered:
    """The shop does not know yet, and goes on asking."""
    return PaymentUnanswered(pinned_until=payment.reservation.lapses_at, retry_after=2)


def standing_each(intents: Sequence[PurchaseIntent]) -> list[PurchaseResult | DropshopError | None]:
    """For each intent the purchase, or that its payment is under way, where its member has begun to pay for the hold before;
    two statements for all. The next sweep looks at those payments."""
    holds = [wanted.reservation_id for wanted in intents]
    sold = Purchase.objects.filter(reservation__in=holds).select_related("size")
    bought = {(sale.reservation_id, sale.member_id): sale for sale in sold}
    going = Payment.objects.filter(reservation__in=holds, status__in=Payment.OPEN).select_related("reservation")
    begun = {(payment.reservation_id, payment.reservation.member_id): payment for payment in going}
    return [_standing(wanted, bought, begun) for wanted in intents]


def _standing(
    wanted: PurchaseIntent, bought: dict[tuple[UUID, UUID], Purchase], begun: dict[tuple[UUID, UUID], Payment]
) -> PurchaseResult | DropshopError | None:
    key = wanted.reservation_id, wanted.member_id
    if key in bought:
        return PurchaseResult(bought[key], created=False)
    if key not in begun:
        return None
    due.look_soon(begun[key])
    return unanswered(begun[key])
