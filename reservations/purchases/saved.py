"""Buying to a saved address, and with a saved card: what they stand for is found before any lock is taken.

The order keeps a copy of the address, and the payment the provider's token.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from dropshop.core.errors import Invalid
from reservations.addresses.models import SavedAddress
from reservations.payment_methods.saved import tokens_of
from reservations.payments.provider import answers_at_once
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent
from reservations.purchases.standing import refuse_each

NOT_SAVED = "You have no such address."
NO_SUCH_METHOD = "You have no such payment method."
Found = Mapping[tuple[str, UUID], dict[str, str]]
Tokens = Mapping[tuple[str, UUID], str]


def with_saved(address: dict[str, str], member_id: UUID) -> dict[str, str]:
    """The address, checked before, with the lines of the saved one that it names. Raises Invalid where that is not there."""
    if "saved" not in address:
        return address
    found = SavedAddress.objects.filter(pk=address["saved"], member=member_id).first()
    if found is None:
        raise Invalid(NOT_SAVED, errors={"address": [NOT_SAVED]})
    return dict(found.lines)


def find_saved(attempts: Sequence[PurchaseAttempt]) -> list[PurchaseAttempt]:
    """Those that can go on, each with the lines of its saved address and the token of its saved card; the others have their
    answer. It asks nothing where nobody names one.
    """
    intents = [attempt.intent for attempt in attempts if attempt.intent]
    addresses = {intent.address["saved"] for intent in intents if "saved" in intent.address}
    methods = {named for intent in intents if (named := saved_method(intent.method))}
    if not addresses and not methods:
        return [*attempts]
    rows = SavedAddress.objects.filter(pk__in=addresses) if addresses else ()
    lines = {(str(row.pk), row.member_id): dict(row.lines) for row in rows}
    tokens = tokens_of(methods) if methods else {}
    wanting = [(attempt, attempt.intent) for attempt in attempts if attempt.intent]
    filled = [(attempt, intent, _fill_in(attempt, intent, lines, tokens)) for attempt, intent in wanting]
    refuse_each([(attempt, intent, refusal) for attempt, intent, refusal in filled if refusal])
    return [attempt for attempt in attempts if attempt.answer is None and attempt.todo is None]


def saved_method(method: str) -> str:
    """The id of the saved card that is named where a provider's token could stand; "" where that is a token."""
    try:
        return str(UUID(method))
    except ValueError:
        return ""


def _fill_in(attempt: PurchaseAttempt, intent: PurchaseIntent, lines: Found, tokens: Tokens) -> Invalid | None:
    """Gives the attempt what its intent stands for; or says what of it is not there."""
    faults: dict[str, str] = {}
    if "saved" in intent.address:
        address = lines.get((intent.address["saved"], intent.member_id))
        faults |= {} if address else {"address": NOT_SAVED}
        intent = replace(intent, address=address or intent.address)
    if named := saved_method(intent.method):
        token = tokens.get((named, intent.member_id), "")
        faults |= {} if token else {"payment_method": NO_SUCH_METHOD}
        # A bank that was not expected to make anybody wait may do so for this card.
        intent = replace(intent, method=token, waits=intent.waits or not answers_at_once(token)) if token else intent
    if faults:
        return Invalid(" ".join(faults.values()), errors={name: [words] for name, words in faults.items()})
    attempt.intent = intent
    return None
