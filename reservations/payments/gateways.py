"""The interface to a payment provider: authorise, capture, void, refund, and asking about the outcome of an attempt.

A gateway never touches the shop's tables. Every call may be repeated: `key` and `reference` make it idempotent.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, Protocol, runtime_checkable

from django.conf import settings
from django.utils.module_loading import import_string

from dropshop.core.money import Money


@dataclass(frozen=True, slots=True)
class Authorised:
    """The money is set aside under the provider's `reference`."""

    reference: str


@dataclass(frozen=True, slots=True)
class Declined:
    """No money is set aside; `reason` in words for the shopper."""

    reason: str


@dataclass(frozen=True, slots=True)
class ConfirmationNeeded:
    """The shopper must confirm at `url` (3-D Secure and its like); then the same call answers anew."""

    reference: str
    url: str


class Card(NamedTuple):
    """What a shopper knows a card by; its number is nobody's but the provider's."""

    brand: str
    last_four: str
    month: int  # until the end of which it is good
    year: int
    fingerprint: str = ""  # the same wherever this card is entered; "" where the provider does not tell


@dataclass(frozen=True, slots=True)
class SetUp:
    """The card can be charged later by this `token`, also when its shopper is not there."""

    token: str
    card: Card


Outcome = Authorised | Declined | ConfirmationNeeded
SetUpOutcome = SetUp | Declined | ConfirmationNeeded


class GatewayTimeout(Exception):
    """The provider did not answer in PAYMENT_TIMEOUT seconds; the money may or may not be set aside."""


class CaptureRefused(Exception):
    """There is nothing set aside to take: it was voided, or has lapsed at the provider; the message says which."""


class MoneyNotTaken(ValueError):
    """The provider cannot take this sum, or any in this currency; the message says which. No money has moved."""


class RefundRefused(Exception):
    """The provider will not give this back, now or later; the message says why. No money has moved."""


class RefundAboveCapture(RefundRefused):
    """More was to be given back than had been taken."""


class PaymentMethod(NamedTuple):
    """What a shopper can choose at the checkout: the provider's token, a name for it, and a sentence about it."""

    token: str
    name: str
    about: str = ""


class Gateway(Protocol):
    """A provider. Each call but `methods` raises GatewayTimeout when it takes longer than PAYMENT_TIMEOUT seconds."""

    # What it has given is stored under this name, for its tokens mean nothing to another provider.
    name: str

    # Of the part of the checkout in which a shopper chooses how to pay: it sends a token as `payment_method`, and shows what
    # is wrong with that (`decision.errors.payment_method`).
    template: str
    # Of the form in which a member enters a card to be saved; the same.
    set_up_template: str

    def methods(self) -> Sequence[PaymentMethod]:
        """What everybody can choose, the first if nobody chooses; asks nobody. Empty where the template lets shoppers type."""

    def set_up(
        self, *, key: str, token: str, return_path: str, reference: str = "", note: Callable[[str], bool] = lambda _: True
    ) -> SetUpOutcome:
        """Makes the card one that can be charged later, for which nothing is charged or set aside now. The same key again
        answers for the same attempt.

        Its reference is handed to `note` before any bank is asked: where that answers False, the card is declined. Given that
        `reference`, the attempt is found however long ago it was made.
        """

    def forget_card(self, *, token: str, reference: str) -> None:
        """A card that was set up cannot be charged any more; one whose set-up has this reference and has not come to an end
        (then `token` is empty) is not set up any more. As often as is asked."""

    def authorise(
        self, *, key: str, token: str, money: Money, return_path: str, shopper_present: bool = True, keep: bool = False
    ) -> Outcome:
        """Sets the money aside; the same key again answers for the same attempt. Raises MoneyNotTaken.

        A shopper who is not present has set the card up before, and cannot confirm: a card that wants it is declined.
        `keep`: the card is set up, too, if that succeeds; `kept_card` tells it.
        """

    def kept_card(self, reference: str) -> SetUp | None:
        """What was set up by the payment with this reference; None where nothing was."""

    def lookup(self, key: str) -> Outcome | None:
        """What became of that attempt; None where nothing was set aside, and nothing will be."""

    def capture(self, reference: str, money: Money) -> None:
        """Takes the money that was set aside; once, however often it is called. Raises CaptureRefused."""

    def void(self, reference: str) -> None:
        """Gives the money back that was set aside; once, however often it is called."""

    def refund(self, reference: str, money: Money, *, key: str) -> str:
        """Gives captured money back, never more than was captured; once, however often the same key is sent.

        The provider's reference of the refund. Raises RefundRefused.
        """


@runtime_checkable
class ReferringGateway(Protocol):
    """What a gateway offers beyond `Gateway` whose attempts have a reference before any money can move.

    The shop stores the reference first. So an attempt whose answer was lost is found at once and at any time, without a
    search; and one that was given up is closed at the provider, so that a late request sets nothing aside. Its `lookup` is
    asked by that reference.
    """

    def authorise_noted(
        self,
        *,
        key: str,
        token: str,
        money: Money,
        return_path: str,
        shopper_present: bool = True,
        keep: bool = False,
        note: Callable[[str], bool],
    ) -> Outcome | None:
        """`authorise`, which hands the reference to `note` first; None, and nothing is set aside, where that answers False."""


class AuthoriseRequest(NamedTuple):
    """What `Gateway.authorise` is asked, for a gateway that can be asked by many at once."""

    key: str
    token: str
    money: Money
    return_path: str
    shopper_present: bool = True
    keep: bool = False


@runtime_checkable
class BatchGateway(Protocol):
    """What a gateway may offer beyond `Gateway`: answers to many payments in one call, and without making anybody wait."""

    def answers_at_once(self, token: str) -> bool:
        """Whether this token may be asked together with others; the rest are asked alone, so that they hold nobody up."""

    def authorise_each(self, requests: Sequence[AuthoriseRequest]) -> list[Outcome]:
        """`authorise` for many, each with a key of its own, in their order; all of them `answers_at_once`."""

    def capture_each(self, captures: Sequence[tuple[str, Money]]) -> list[CaptureRefused | None]:
        """`capture` for many (reference, sum), in their order; each is done or refused by itself."""


class MoneyBack(NamedTuple):
    """Money of a payment that has gone back, as the provider has it now, under its own `reference`."""

    reference: str
    money: Money
    is_chargeback: bool = False  # else a refund
    is_ours: bool = False  # again: a chargeback that the shop has won, or a refund that the shopper's bank did not take
    key: str = ""  # of a refund: under which it was asked for, if that is known
    why: str = ""  # a refund was not taken, in the provider's words
    fees: "Sequence[Fee]" = ()  # that the provider keeps for it, as far as they are known
    settled: Sequence[Money] = ()  # of a chargeback: what the account has lost by it, in the currency in which it is settled

    def in_currency(self, currency: str) -> Money | None:
        """The sum in this currency: a bank may take money back in its cardholder's. None where nobody has said it."""
        return next((money for money in (self.money, *self.settled) if money.currency == currency), None)


@runtime_checkable
class TellingGateway(Protocol):
    """What a gateway may offer beyond `Gateway`: what has gone back of a payment, also without the shop."""

    def money_back(self, reference: str) -> Sequence[MoneyBack]:
        """Every refund and every chargeback of the payment with this reference. Raises GatewayTimeout."""


class Limits(NamedTuple):
    """What can be paid at once in one currency, in the shop's minor units: from `least` to `most`, in multiples of `step`."""

    least: int
    most: int
    step: int = 1


@runtime_checkable
class LimitedGateway(Protocol):
    """What a gateway may offer beyond `Gateway` whose provider cannot take every sum. Ask `reservations.payments.limits`."""

    def limits(self, currency: str) -> Limits | None:
        """Of this currency (ISO 4217); None where nothing can be paid in it. Asks nobody."""


class Fee(NamedTuple):
    """What the provider has kept for its work, under its own `reference`; below zero where it gave some of it back.

    In the currency in which the provider settles, which may be another than the payment's.
    """

    reference: str
    money: Money


@runtime_checkable
class FeeGateway(Protocol):
    """What a gateway may offer beyond `Gateway`: what it keeps of each payment for its work."""

    def takes_fees(self) -> bool:
        """Whether it keeps anything; else nobody need ask of each payment. Asks nobody."""

    def fee(self, reference: str) -> Fee | None:
        """Of the payment with this reference, also where it is nought; None where that is not known yet. Raises GatewayTimeout.

        Known after the capture at the earliest, and at some providers much later.
        """


class ListedPayment(NamedTuple):
    """A payment as the provider's own list has it. `key`: which payment of the shop it names; "" where it names none."""

    reference: str
    key: str
    set_aside: Money  # that waits to be taken, or to be given free
    captured: Money
    refunded: Money  # less what failed
    charged_back: Money  # less what was won


class ListTooLong(Exception):
    """The provider's list has more than can be read; the message says how much was read."""


@runtime_checkable
class ListingGateway(Protocol):
    """What a gateway may offer beyond `Gateway`: its own list, for `manage.py audit --provider`, which may take its time."""

    def listed_since(self, moment: datetime) -> Iterable[ListedPayment]:
        """Every payment that was begun since then, or of which money went back. Raises GatewayTimeout, ListTooLong."""

    def listed(self, reference: str) -> ListedPayment | None:
        """One of them, as it is now; None where the provider knows none of this reference. Raises GatewayTimeout."""


def lease_seconds() -> float:
    """For how long whoever asks the provider about one thing has it alone (`dropshop.core.leases`): two calls that take all of
    PAYMENT_TIMEOUT, and half a minute for everything else.
    """
    return 2 * max(0.0, settings.PAYMENT_TIMEOUT) + 30


@lru_cache(maxsize=1)
def gateway() -> Gateway:
    """The gateway that PAYMENT_GATEWAY names: one per process, which all threads share."""
    return import_string(settings.PAYMENT_GATEWAY)()
