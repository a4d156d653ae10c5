"""Purchases under an Idempotency-Key (H8).

A purchase takes several transactions, and a bank is asked between them. So its key is claimed by the one that writes the
payment down: from then on no other request is served under it. The one that sells stores the answer. What is refused frees the
key, but not while a payment for the hold is under way: a sale may still come of that. Where a sweep ends that payment, the same
request sent again completes the key, or frees it.

Whoever sends the same again names the same hold, so the lock of its size keeps two of them apart.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from dropshop.core.errors import ConcurrentUpdate, DropshopError, IdempotencyMismatch
from reservations.idempotency.key_batch import KeyAtWork, KeyBatch, complete_each, free_each
from reservations.idempotency.keys import RequestKey, StoredResponse
from reservations.purchases.attempts import PurchaseAttempt, PurchaseResult
from reservations.purchases.facts import with_given_back
from reservations.purchases.models import Purchase

Decision = PurchaseResult | DropshopError


class KeyInUse(ConcurrentUpdate):
    """Another transaction is at work under the key: whoever can wait for it (`keys.wait_for`) asks again."""


def refusal_of(known: StoredResponse | IdempotencyMismatch | KeyAtWork | None) -> DropshopError | None:
    """Why a request is not served under its key, of which this is known."""
    return known if isinstance(known, IdempotencyMismatch) else KeyInUse() if isinstance(known, KeyAtWork) else None


def keep_bought(keys: KeyBatch, key: RequestKey | None, bought: PurchaseResult) -> PurchaseResult:
    """A pair that was bought before, as it is told under this key; what is told for the first time is stored with the batch."""
    known = keys.recall(key)
    if isinstance(known, StoredResponse):
        return _as_told(bought, known)
    keys.remember(key, _kept(bought))
    return bought


def keep_decided(
    attempts: Sequence[PurchaseAttempt], decisions: Sequence[Decision], under_way: Collection[UUID]
) -> list[Decision]:
    """Stores, in the transaction that decides, what those with a key are told, and frees the keys of those that are refused.

    The decisions as they are told. `under_way`: the holds for which a payment is still open.
    """
    keyed = [(attempt.key, attempt, decision) for attempt, decision in zip(attempts, decisions, strict=True) if attempt.key]
    if not keyed:
        return [*decisions]
    new: dict[RequestKey, StoredResponse] = {}
    for key, _, decision in keyed:
        if isinstance(decision, PurchaseResult):
            new.setdefault(key, _kept(decision))
    told = complete_each(new)
    free_each(
        {
            key
            for key, attempt, decision in keyed
            if isinstance(decision, DropshopError) and attempt.payment.reservation_id not in under_way
        }
    )
    return [
        _as_told(decision, told.get(attempt.key)) if attempt.key and isinstance(decision, PurchaseResult) else decision
        for attempt, decision in zip(attempts, decisions, strict=True)
    ]


def keep_standing(attempts: Sequence[PurchaseAttempt]) -> None:
    """The same for those that were told outside of any lock that they have bought before."""
    told = [(attempt, attempt.answer) for attempt in attempts if attempt.key and isinstance(attempt.answer, PurchaseResult)]
    if not told:
        return
    with transaction.atomic():
        keys = KeyBatch(attempt.key for attempt, _ in told if attempt.key)
        for attempt, bought in told:
            attempt.answer = refusal_of(keys.recall(attempt.key)) or keep_bought(keys, attempt.key, bought)
        keys.store()


def sales_of(answers: Collection[StoredResponse]) -> dict[str, Purchase]:
    """The purchases that these stored answers tell of, as they stand now, by their ids; one query, or none."""
    ids = [sale_in(answer) for answer in answers]
    sales = with_given_back(Purchase.objects.select_related("size")).filter(pk__in=ids) if ids else ()
    return {str(sale.pk): sale for sale in sales}


def sale_in(answer: StoredResponse) -> str:
    """The id of the purchase."""
    return str(answer.body["purchase"]["id"])


def _kept(bought: PurchaseResult) -> StoredResponse:
    """What is stored: the purchase itself is read again when it is told again."""
    return StoredResponse(bought.status, {"purchase": {"id": str(bought.purchase.pk)}})


def _as_told(bought: PurchaseResult, first: StoredResponse | None) -> PurchaseResult:
    """The same purchase, told as it was told first."""
    return bought if first is None else replace(bought, created=first.status == 201)
