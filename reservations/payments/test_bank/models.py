"""The books of the built-in test bank. Stands for the provider's own records; the shop's operations never read it."""

import uuid

from django.db import models
from django.db.models.functions import Now


class TestCharge(models.Model):
    """One authorisation at the test bank."""

    __test__ = False  # not a test case, whatever pytest thinks of the name

    class Status(models.TextChoices):
        CONFIRMING = "confirming"
        AUTHORISED = "authorised"
        CAPTURED = "captured"
        VOIDED = "voided"
        DECLINED = "declined"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField("idempotency key", max_length=200, unique=True)
    token = models.CharField(max_length=200)
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=Status)
    captured = models.PositiveBigIntegerField(default=0)
    refunded = models.PositiveBigIntegerField(default=0)
    return_url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(captured__lte=models.F("amount")), name="charge_capture_within_amount"),
            models.CheckConstraint(condition=models.Q(refunded__lte=models.F("captured")), name="charge_refund_within_capture"),
        )

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} ({self.status})"


class TestRefund(models.Model):
    """What was given back of a charge: once for each key."""

    __test__ = False

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    charge = models.ForeignKey(TestCharge, on_delete=models.CASCADE, related_name="refunds")
    key = models.CharField("idempotency key", max_length=200, unique=True)
    amount = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.amount} of {self.charge_id}"
