"""The built-in test bank, for development, demos and tests. It keeps books of its own and moves no money.

Tokens: `test_ok`, `test_declined`, `test_confirm` (wants a confirmation), `test_slow` (answers after 5 s), `test_timeout`
(sets the money aside, then never answers). A card with `test_confirm` that was set up is `test_confirmed` from then on.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from dropshop.core.connections import give_back
from dropshop.core.money import Money
from dropshop.core.sql import rows
from reservations.payments.gateways import (
    Authorised,
    AuthoriseRequest,
    CaptureRefused,
    Card,
    ConfirmationNeeded,
    Declined,
    Fee,
    GatewayTimeout,
    ListedPayment,
    Outcome,
    PaymentMethod,
    RefundAboveCapture,
    RefundRefused,
    SetUp,
    SetUpOutcome,
)
from reservations.payments.test_bank.models import TestCharge, TestRefund

SLOW, SILENT = "test_slow", "test_timeout"
SLOW_SECONDS = 5
FIRST_STATUS = {
    "test_ok": TestCharge.Status.AUTHORISED,
    "test_slow": TestCharge.Status.AUTHORISED,
    "test_timeout": TestCharge.Status.AUTHORISED,
    "test_confirmed": TestCharge.Status.AUTHORISED,
    "test_confirm": TestCharge.Status.CONFIRMING,
    "test_declined": TestCharge.Status.DECLINED,
}
SAVED = {"test_confirm": "test_confirmed"}
EXPIRES = (9, 2039)
NOTHING = Money(0, "USD")
METHODS = [
    PaymentMethod(token, name, f"The test bank's card that {does}.")
    for token, name, does in (
        ("test_ok", "Test card ·· 4242", "pays"),
        ("test_declined", "Test card ·· 0002", "is declined"),
        ("test_confirm", "Test card ·· 3220", "wants you to confirm at the bank"),
        ("test_slow", "Test card ·· 5005", "answers after 5 seconds"),
        ("test_timeout", "Test card ·· 9999", "charges, then never answers"),
    )
]


# A key that is known answers for its first attempt; `first` is true of rows that no update has touched. Each commit waits until
# it is on disk: a bank does not forget what it has said, and the shop's process may outlive a crash of the database.
CHARGE = """
INSERT INTO {testcharge} AS charge (id, key, token, amount, currency, status, captured, refunded, return_url, created_at)
SELECT id, key, token, amount, currency, status, 0, 0, url, now()
  FROM unnest(%(ids)s::uuid[], %(keys)s::text[], %(tokens)s::text[], %(amounts)s::bigint[], %(currencies)s::text[],
              %(statuses)s::text[], %(return_urls)s::text[]) AS new(id, key, token, amount, currency, status, url)
 ORDER BY key
ON CONFLICT (key) DO UPDATE SET key = charge.key
RETURNING key, id, status, token, xmax = 0
"""
CAPTURE = """
UPDATE {testcharge} AS charge SET status = 'captured', captured = asked.minor
  FROM unnest(%(ids)s::uuid[], %(sums)s::bigint[]) AS asked(id, minor)
 WHERE charge.id = asked.id AND charge.status = 'authorised' AND charge.amount >= asked.minor
RETURNING charge.id
"""


def _first_status(asked: AuthoriseRequest) -> TestCharge.Status:
    status = FIRST_STATUS.get(asked.token, TestCharge.Status.DECLINED)
    return status if asked.shopper_present or status != TestCharge.Status.CONFIRMING else TestCharge.Status.DECLINED


class TestGateway:
    """See `reservations.payments.gateways.Gateway`."""

    __test__ = False  # not a test case, whatever pytest thinks of the name
    name = "test bank"
    template = set_up_template = "reservations/payments/_methods.html"

    def methods(self) -> Sequence[PaymentMethod]:
        return METHODS

    def set_up(
        self, *, key: str, token: str, return_path: str, reference: str = "", note: Callable[[str], bool] = lambda _: True
    ) -> SetUpOutcome:
        outcome = self.authorise(key=key, token=token, money=NOTHING, return_path=return_path)
        if isinstance(outcome, Declined):
            return outcome
        if not note(outcome.reference):
            self.void(outcome.reference)
            return Declined("The card was taken away before it was set up.")
        if isinstance(outcome, Authorised):
            self.capture(outcome.reference, NOTHING)
            return SetUp(SAVED.get(token, token), _card(token))
        return outcome

    def forget_card(self, *, token: str, reference: str) -> None:
        if reference and not token:
            self.void(reference)

    def authorise(
        self, *, key: str, token: str, money: Money, return_path: str, shopper_present: bool = True, keep: bool = False
    ) -> Outcome:
        ((charge, first),) = self._charge([AuthoriseRequest(key, token, money, return_path, shopper_present)])
        if first and not self.answers_at_once(token):
            give_back()
            time.sleep(min(SLOW_SECONDS, settings.PAYMENT_TIMEOUT) if token == SLOW else settings.PAYMENT_TIMEOUT)
            if token == SILENT:
                raise GatewayTimeout
        return charge

    def kept_card(self, reference: str) -> SetUp | None:
        charge = TestCharge.objects.get(pk=reference)
        return SetUp(SAVED.get(charge.token, charge.token), _card(charge.token))

    def answers_at_once(self, token: str) -> bool:
        return token not in (SLOW, SILENT)

    def authorise_each(self, requests: Sequence[AuthoriseRequest]) -> list[Outcome]:
        return [outcome for outcome, _ in self._charge(requests)]

    def _charge(self, requests: Sequence[AuthoriseRequest]) -> list[tuple[Outcome, bool]]:
        """Each charge's outcome, and whether it was made now; one statement for all."""
        found = {
            key: (_outcome(pk, status, token), first)
            for key, pk, status, token, first in rows(
                CHARGE,
                ids=[uuid4() for _ in requests],
                keys=[asked.key for asked in requests],
                tokens=[asked.token for asked in requests],
                amounts=[asked.money.minor for asked in requests],
                currencies=[asked.money.currency for asked in requests],
                statuses=[_first_status(asked).value for asked in requests],
                return_urls=[asked.return_path for asked in requests],
            )
        }
        return [found[asked.key] for asked in requests]

    def lookup(self, key: str) -> Outcome | None:
        charge = TestCharge.objects.filter(key=key).first()
        return _outcome(charge.pk, charge.status, charge.token) if charge else None

    def confirm(self, charge_id: UUID | str, *, agreed: bool) -> TestCharge:
        """The shopper's answer on the bank's own page; the second answer changes nothing."""
        status = TestCharge.Status.AUTHORISED if agreed else TestCharge.Status.DECLINED
        waiting = TestCharge.objects.filter(pk=charge_id, status=TestCharge.Status.CONFIRMING)
        waiting.update(status=status)
        return TestCharge.objects.get(pk=charge_id)

    def capture(self, reference: str, money: Money) -> None:
        (refusal,) = self.capture_each([(reference, money)])
        if refusal is not None:
            raise refusal

    def capture_each(self, captures: Sequence[tuple[str, Money]]) -> list[CaptureRefused | None]:
        references = [UUID(reference) for reference, _ in captures]
        taken = {pk for (pk,) in rows(CAPTURE, ids=references, sums=[money.minor for _, money in captures])}
        if len(taken) < len(captures):
            before = TestCharge.objects.filter(pk__in=references).values_list("pk", "captured")
            wanted = {reference: money.minor for reference, (_, money) in zip(references, captures, strict=True)}
            taken |= {pk for pk, captured in before if captured == wanted[pk]}
        return [None if pk in taken else CaptureRefused("no such sum is set aside") for pk in references]

    def void(self, reference: str) -> None:
        not_taken = (TestCharge.Status.AUTHORISED, TestCharge.Status.CONFIRMING)
        TestCharge.objects.filter(pk=reference, status__in=not_taken).update(status=TestCharge.Status.VOIDED)

    def refund(self, reference: str, money: Money, *, key: str) -> str:
        with transaction.atomic():
            charge = TestCharge.objects.select_for_update().get(pk=reference)
            refund, is_new = TestRefund.objects.get_or_create(key=key, defaults={"charge": charge, "amount": money.minor})
            if (refund.charge_id, refund.amount, charge.currency) != (charge.pk, money.minor, money.currency):
                raise RefundRefused("the test bank knows this key for another refund")
            if is_new:
                if charge.refunded + money.minor > charge.captured:
                    raise RefundAboveCapture("the test bank has not so much left of this payment")
                charge.refunded += money.minor
                charge.save(update_fields=["refunded"])
        return str(refund.pk)

    def takes_fees(self) -> bool:
        return settings.TEST_BANK_FEE > 0

    def fee(self, reference: str) -> Fee | None:
        charge = TestCharge.objects.get(pk=reference)
        if charge.status != TestCharge.Status.CAPTURED:
            return None
        return Fee(reference, Money((charge.captured * settings.TEST_BANK_FEE + 5_000) // 10_000, charge.currency))

    def listed_since(self, moment: datetime) -> Iterable[ListedPayment]:
        began = Q(created_at__gte=moment) | Q(refunds__created_at__gte=moment)
        return map(_listed, TestCharge.objects.filter(began).distinct().order_by("created_at"))

    def listed(self, reference: str) -> ListedPayment | None:
        try:
            return _listed(TestCharge.objects.get(pk=UUID(reference)))
        except (ValueError, TestCharge.DoesNotExist):  # the first: of another provider
            return None


def _outcome(charge: UUID, status: str, token: str) -> Outcome:
    if status == TestCharge.Status.CONFIRMING:
        return ConfirmationNeeded(str(charge), f"/test-bank/{charge}/")
    if status in (TestCharge.Status.AUTHORISED, TestCharge.Status.CAPTURED):
        return Authorised(str(charge))
    return Declined("The test bank said no." if token in FIRST_STATUS else "The test bank does not know this payment method.")


def _card(token: str) -> Card:
    name = next(method.name for method in METHODS if SAVED.get(method.token, method.token) == SAVED.get(token, token))
    brand, _, last_four = name.partition(" ·· ")
    return Card(brand, last_four, *EXPIRES)


def _listed(charge: TestCharge) -> ListedPayment:
    set_aside = charge.amount if charge.status == TestCharge.Status.AUTHORISED else 0
    sums = (set_aside, charge.captured, charge.refunded, 0)
    return ListedPayment(str(charge.pk), charge.key, *(Money(minor, charge.currency) for minor in sums))
