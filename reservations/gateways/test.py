"""The built-in test bank, for development, demos and tests. It keeps books of its own and moves no money.

Tokens: `test_ok`, `test_declined`, `test_confirm` (wants a confirmation), `test_slow` (answers after 5 s), `test_timeout`
(sets the money aside, then never answers).
"""

import time
from uuid import UUID

from django.conf import settings
from django.db import transaction

from drops.money import Money
from reservations.gateways import Authorised, CaptureRefused, Confirm, Declined, Outcome, Unanswered
from reservations.models import TestCharge

SLOW_SECONDS = 5
FIRST_STATUS = {
    "test_ok": TestCharge.Status.AUTHORISED,
    "test_slow": TestCharge.Status.AUTHORISED,
    "test_timeout": TestCharge.Status.AUTHORISED,
    "test_confirm": TestCharge.Status.CONFIRMING,
    "test_declined": TestCharge.Status.DECLINED,
}


class RefundAboveCapture(Exception):
    """More was to be given back than had been taken."""


class TestGateway:
    """See `reservations.gateways.Gateway`."""

    __test__ = False  # not a test case, whatever pytest thinks of the name

    def authorise(self, *, key: str, token: str, money: Money, return_path: str) -> Outcome:
        charge, first = TestCharge.objects.get_or_create(
            key=key,
            defaults={
                "token": token,
                "amount": money.minor,
                "currency": money.currency,
                "status": FIRST_STATUS.get(token, TestCharge.Status.DECLINED),
                "return_url": return_path,
            },
        )
        if first and token == "test_slow":  # noqa: S105 - a test token, not a secret
            time.sleep(min(SLOW_SECONDS, settings.PAYMENT_TIMEOUT))
        if first and token == "test_timeout":  # noqa: S105
            time.sleep(settings.PAYMENT_TIMEOUT)
            raise Unanswered
        return self._outcome(charge)

    def lookup(self, key: str) -> Outcome | None:
        charge = TestCharge.objects.filter(key=key).first()
        return self._outcome(charge) if charge else None

    def _outcome(self, charge: TestCharge) -> Outcome:
        if charge.status == TestCharge.Status.CONFIRMING:
            return Confirm(str(charge.pk), f"/test-bank/{charge.pk}/")
        if charge.status in (TestCharge.Status.AUTHORISED, TestCharge.Status.CAPTURED):
            return Authorised(str(charge.pk))
        known = charge.token in FIRST_STATUS
        return Declined("The test bank said no." if known else "The test bank does not know this payment method.")

    def confirm(self, charge_id: UUID | str, *, agreed: bool) -> TestCharge:
        """The shopper's answer on the bank's own page; the second answer changes nothing."""
        status = TestCharge.Status.AUTHORISED if agreed else TestCharge.Status.DECLINED
        waiting = TestCharge.objects.filter(pk=charge_id, status=TestCharge.Status.CONFIRMING)
        waiting.update(status=status)
        return TestCharge.objects.get(pk=charge_id)

    def capture(self, reference: str, money: Money) -> None:
        authorised = TestCharge.objects.filter(pk=reference, status=TestCharge.Status.AUTHORISED, amount__gte=money.minor)
        taken = authorised.update(status=TestCharge.Status.CAPTURED, captured=money.minor)
        if not taken and not TestCharge.objects.filter(pk=reference, captured=money.minor).exists():
            raise CaptureRefused("no such sum is set aside")

    def void(self, reference: str) -> None:
        not_taken = (TestCharge.Status.AUTHORISED, TestCharge.Status.CONFIRMING)
        TestCharge.objects.filter(pk=reference, status__in=not_taken).update(status=TestCharge.Status.VOIDED)

    def refund(self, reference: str, money: Money, *, key: str) -> None:
        with transaction.atomic():
            charge = TestCharge.objects.select_for_update().get(pk=reference)
            if charge.refunded + money.minor > charge.captured:
                raise RefundAboveCapture
            charge.refunded += money.minor
            charge.save(update_fields=["refunded"])
