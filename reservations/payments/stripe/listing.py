"""Stripe's own list of payments, for the audit: in pages, and patiently where Stripe wants fewer requests."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import stripe

from dropshop.core.money import Money
from reservations.payments.gateways import GatewayTimeout, ListedPayment, ListTooLong
from reservations.payments.stripe.amounts import shop_money
from reservations.payments.stripe.refunds import StripeRefunds, charged_back, refunds_that_count, taken_by_banks

T = TypeVar("T")
PAGE, MOST_PAGES = 100, 2000  # things of a page, the most that Stripe gives; pages of one list
PAUSES = (1, 2, 4, 8, 16)  # seconds: https://docs.stripe.com/rate-limits
WORTH_ANOTHER_TRY = (stripe.RateLimitError, stripe.APIConnectionError, stripe.APIError)


class StripeList(StripeRefunds):
    """The part of the gateway that reads the whole list."""

    def listed_since(self, moment: datetime) -> Iterator[ListedPayment]:
        since = {"created": {"gte": int(moment.timestamp())}}
        # Whatever went back of a payment that was begun since then has gone back since then.
        refunds, disputes = (_by_intent(self._each(ask, since)) for ask in (self._refunds.list, self._disputes.list))
        for intent in self._each(self._intents.list, since):
            yield _listed(intent, refunds.pop(intent.id, ()), disputes.pop(intent.id, ()))
        for reference in refunds.keys() | disputes.keys():  # of payments that were begun before
            if older := self.listed(reference):
                yield older

    def listed(self, reference: str) -> ListedPayment | None:
        of_it = {"payment_intent": reference}
        try:
            intent = self._patiently(partial(self._intents.retrieve, reference))
        except stripe.InvalidRequestError as error:
            if error.code != "resource_missing":
                raise
            return None
        return _listed(intent, [*self._each(self._refunds.list, of_it)], [*self._each(self._disputes.list, of_it)])

    def _each(self, ask: Callable[..., Any], params: dict[str, Any]) -> Iterator[Any]:
        """Everything that is listed so, the newest first."""
        after: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            page = self._patiently(partial(ask, params={**params, "limit": PAGE, **after}))
            yield from page.data
            if not page.has_more:
                return
            after = {"starting_after": page.data[-1].id}
        raise ListTooLong(f"Stripe's list goes on after {PAGE * MOST_PAGES} rows.")

    def _patiently(self, ask: Callable[[], T]) -> T:
        for pause in PAUSES:
            try:
                with self.asking():
                    return ask()
            except GatewayTimeout as error:
                if not isinstance(error.__cause__, WORTH_ANOTHER_TRY):
                    raise
            time.sleep(pause)
        with self.asking():
            return ask()


def _by_intent(things: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for thing in things:
        if thing.payment_intent:  # else it belongs to a charge that is none of the shop's
            found[thing.payment_intent].append(thing)
    return found


def _listed(intent: Any, refunds: Sequence[Any], disputes: Sequence[Any]) -> ListedPayment:
    sums = (
        intent.amount_capturable if intent.status == "requires_capture" else 0,
        intent.amount_received,
        sum(refund.amount for refund in refunds_that_count(refunds)),
    )
    key = intent.metadata.to_dict().get("payment", "") if intent.metadata is not None else ""
    set_aside, captured, refunded = (shop_money(amount, intent.currency) for amount in sums)
    return ListedPayment(intent.id, key, set_aside, captured, refunded, _lost(disputes, captured.currency))


def _lost(disputes: Sequence[Any], currency: str) -> Money:
    """What banks have taken and not given back, as far as somebody has said it in this currency."""
    backs = [charged_back(dispute) for dispute in taken_by_banks(disputes)]
    sums = [back.in_currency(currency) for back in backs if not back.is_ours]
    return Money(sum(money.minor for money in sums if money), currency)
