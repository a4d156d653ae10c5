"""Buying to a saved address: its lines are found before any lock is taken, and the order keeps a copy of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from dropshop.core.errors import Invalid
from reservations.addresses.models import SavedAddress
from reservations.purchases.attempts import PurchaseAttempt, PurchaseResult
from reservations.purchases.models import Purchase

NOT_SAVED = "You have no such address."


def with_saved(address: dict[str, str], member_id: UUID) -> dict[str, str]:
    """The address, checked before, with the lines of the saved one that it names. Raises Invalid where that is not there."""
    if "saved" not in address:
        return address
    found = SavedAddress.objects.filter(pk=address["saved"], member=member_id).first()
    if found is None:
        raise _not_saved()
    return dict(found.lines)


def find_saved(attempts: Sequence[PurchaseAttempt]) -> list[PurchaseAttempt]:
    """Those that can go on, each with the lines of its saved address; the others have their answer. It asks nothing where
    nobody names one.
    """
    naming = [attempt.intent for attempt in attempts if attempt.intent and "saved" in attempt.intent.address]
    if not naming:
        return [*attempts]
    rows = SavedAddress.objects.filter(pk__in={each.address["saved"] for each in naming})
    found = {(str(row.pk), row.member_id): dict(row.lines) for row in rows}
    for attempt in attempts:
        if attempt.intent and "saved" in attempt.intent.address:
            _fill_in(attempt, found)
    return [attempt for attempt in attempts if attempt.answer is None]


def _fill_in(attempt: PurchaseAttempt, found: Mapping[tuple[str, UUID], dict[str, str]]) -> None:
    intent = attempt.intent
    if intent is None:
        return
    lines = found.get((intent.address["saved"], intent.member_id))
    if lines is not None:
        attempt.intent = replace(intent, address=lines)
        return
    # The same purchase again, after its address was removed, is still that purchase.
    sold = Purchase.objects.filter(reservation=intent.reservation_id, member=intent.member_id).select_related("size").first()
    attempt.answer = PurchaseResult(sold, created=False) if sold else _not_saved()


def _not_saved() -> Invalid:
    return Invalid(NOT_SAVED, errors={"address": [NOT_SAVED]})
