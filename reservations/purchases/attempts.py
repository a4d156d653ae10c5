"""What is carried through the steps of buying: what a member wants, and how far it has come."""

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from dropshop.core.errors import DropshopError, Invalid, unknown_fields
from dropshop.core.ids import time_ordered_id
from dropshop.core.money import InvalidAmount, Money
from reservations.idempotency.keys import RequestKey
from reservations.payments.gateways import Outcome
from reservations.payments.models import Payment
from reservations.payments.provider import NotAsked, answers_at_once
from reservations.payments.tokens import token_fault
from reservations.purchases.addresses import check_address
from reservations.purchases.models import Purchase

FIELDS = ("address", "payment_method", "total", "keep")  # of a request to buy
AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,4})?")


@dataclass(frozen=True, slots=True)
class PurchaseIntent:
    """A member wants to buy what they hold. `drop_id`, where given, is the only drop whose holds may be meant; `total`, where
    given, the only sum that may be paid; `keep`: address and card are saved for next time.
    """

    reservation_id: UUID
    member_id: UUID
    address: dict[str, str]
    method: str
    drop_id: UUID | None = None
    total: Money | None = None
    keep: bool = False
    shopper_present: bool = True  # else nobody can confirm the payment
    waits: bool = False  # for its turn at the bank: nobody asks it before `due.take_turn`
    # Chosen here, so that it can be begun again without a second payment.
    payment_id: UUID = field(default_factory=time_ordered_id)

    @classmethod
    def of(
        cls,
        reservation_id: UUID,
        member_id: UUID,
        *,
        address: Any,
        method: Any,
        drop_id: UUID | None = None,
        total: Any = None,
        keep: Any = False,
        sent: Iterable[Any] = FIELDS,
    ) -> "PurchaseIntent":
        """An intent whose address can be delivered to and whose `method` (the provider's token, or the id of a saved card) can
        be one; else raises Invalid.

        `sent` are the names of all fields that somebody sent: nothing is known but `FIELDS`.
        """
        errors, lines, wrong = unknown_fields(sent, FIELDS), {}, ""
        sum_shown: Money | None = None
        try:
            lines = check_address(address)
        except Invalid as refusal:
            errors |= refusal.facts["errors"]
            wrong = refusal.detail
        if fault := token_fault(method):
            errors["payment_method"] = [fault]
        if not isinstance(keep, bool):
            errors["keep"] = ["Send true or false."]
        try:
            sum_shown = None if total is None else _money(total)
        except InvalidAmount as fault:
            errors["total"] = [str(fault)]
        if errors:
            raise Invalid(wrong, errors=errors)
        return cls(reservation_id, member_id, lines, method, drop_id, sum_shown, keep)


def _money(given: Any) -> Money:
    """An amount of money as the API writes it; raises InvalidAmount."""
    if not isinstance(given, Mapping) or given.keys() != {"amount", "currency"}:
        raise InvalidAmount('Give the total as {"amount": "180.00", "currency": "USD"}.')
    amount, currency = given["amount"], given["currency"]
    if not isinstance(amount, str) or not AMOUNT.fullmatch(amount) or not isinstance(currency, str):
        raise InvalidAmount('Give the total as {"amount": "180.00", "currency": "USD"}.')
    return Money.parse(amount, currency)


@dataclass(frozen=True, slots=True)
class PurchaseResult:
    """The purchase; `created` is False where it had been made before."""

    purchase: Purchase
    created: bool

    @property
    def status(self) -> int:
        """The HTTP status that says so."""
        return 201 if self.created else 200


@dataclass(slots=True, eq=False)
class PurchaseAttempt:
    """One purchase on its way. Each step notes here what it has committed: the next goes on from there, also after a failure.

    `answer` is there when it is over. Until then `todo` is what a bank that takes its time must be waited for: run it on the
    attempt outside of any batch, then `advance` again.
    """

    intent: PurchaseIntent | None = None  # None where the payment was begun before
    key: RequestKey | None = None  # under which it was sent
    payment: Any = None  # a Payment, from the first step on
    outcome: Outcome | NotAsked | None = None  # what the bank has said
    sale: PurchaseResult | None = None
    refusal: DropshopError | None = None  # of what the bank has set aside: it is given back first
    answer: PurchaseResult | DropshopError | None = None
    todo: "Callable[[PurchaseAttempt], None] | None" = None
    tries: int = 0  # how often it was put to the database whether this is a sale
    is_late: bool = False  # nobody waits for the answer any more: its member is told by a notice
    has_place: bool = False  # among those who may wait for a bank
    done: Future[None] | None = None  # where bank threads carry it on: resolves when the answer is there

    @property
    def waits(self) -> bool:
        """Whether its bank may have to be waited for."""
        return self.intent.waits if self.intent else not answers_at_once(self.payment.method)

    @property
    def decision(self) -> PurchaseResult | DropshopError | None:
        """The sale or the refusal, whatever the bank has been told of that; None before."""
        return self.sale or self.refusal

    @property
    def may_have_sold(self) -> bool:
        """Whether a sale of its payment that is found now may be its own: of an earlier try that did not live to say so."""
        payment: Payment = self.payment
        return self.tries > 1 and self.intent is not None and payment.pk == self.intent.payment_id
