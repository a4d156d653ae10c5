"""Money that goes back: refunds, which the shop or the provider gives, and chargebacks, which the shopper's bank takes."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from dropshop.core.money import Money
from reservations.purchases.models import Purchase


class Refund(models.Model):
    """The n-th refund of an order. Its sum is held back from the capture from the day it is asked for (`Payment.refunded`).

    `retry_at` is when the provider is asked (next), and the lease of whoever asks now; `settled_at` is when it was decided.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waits for approval"
        APPROVED = "approved", "To be sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Sent, and did not arrive"
        REFUSED = "refused", "Refused by the bank"
        CALLED_OFF = "called_off", "Called off"
        ABOVE = "above", "Reported above the capture, not booked"

    class Source(models.TextChoices):
        STAFF = "staff", "Staff"
        PROVIDER = "provider", "Made at the provider"
        WITHDRAWAL = "withdrawal", "Withdrawal"

    HELD = (Status.WAITING, Status.APPROVED, Status.SENT)  # counted in `Payment.refunded`

    purchase = models.ForeignKey(Purchase, on_delete=models.PROTECT, related_name="refunds", verbose_name="order")
    n = models.PositiveSmallIntegerField("number")
    amount = models.PositiveBigIntegerField(help_text="In minor units.")
    currency = models.CharField(max_length=3)
    source = models.CharField(max_length=10, choices=Source, default=Source.STAFF)
    status = models.CharField(max_length=10, choices=Status)
    reason = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="asked by"
    )
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField("provider's reference", max_length=200, blank=True)
    note = models.CharField("what happened", max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField("next try", null=True, blank=True)
    tries = models.SmallIntegerField("tries so far", default=0, db_default=0)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("purchase", "n"), name="refund_number_once_per_order"),
            models.UniqueConstraint(fields=("reference",), condition=~Q(reference=""), name="refund_reference_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_moves_money"),
            models.CheckConstraint(
                condition=Q(status="approved", retry_at__isnull=False) | (~Q(status="approved") & Q(retry_at=None)),
                name="refund_is_tried_while_it_is_to_be_sent",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "approved", "above"], settled_at=None)
                | Q(status__in=["sent", "failed", "refused", "called_off"], settled_at__isnull=False),
                name="refund_is_open_or_settled",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | Q(by=None) | ~Q(approved_by=F("by")), name="refund_approved_by_another"
            ),
        )
        indexes = (models.Index(fields=("retry_at",), condition=Q(status="approved"), name="refund_due"),)
        permissions = (("refund", "Can give money back, approve refunds and cancel orders"),)

    def __str__(self) -> str:
        return f"Refund {self.n} of {self.purchase}: {self.money}"

    @staticmethod
    def called_off_by(name: str) -> str:
        """The note of a refund that somebody of staff has called off."""
        return f"Called off by {name}."

    @property
    def money(self) -> Money:
        """What goes back."""
        return Money(self.amount, self.currency)

    @property
    def cause(self) -> str:
        """Of the ledger's transfer."""
        return f"refund:{self.n}"

    @property
    def key(self) -> str:
        """The provider's idempotency key; the same for each try."""
        return f"refund:{self.purchase.number}:{self.n}"


class Chargeback(models.Model):
    """A sum that the shopper's bank has taken back, once per reference of the provider."""

    class Status(models.TextChoices):
        TAKEN = "taken", "Taken back by the bank"
        WON = "won", "Won: the money is ours again"
        ABOVE = "above", "Reported above the capture, not booked"
        FOREIGN = "foreign", "In another currency, not booked"

    purchase = models.ForeignKey(Purchase, on_delete=models.PROTECT, related_name="chargebacks", verbose_name="order")
    amount = models.PositiveBigIntegerField(help_text="In minor units.")
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=Status)
    reference = models.CharField("provider's reference", max_length=200, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField("won", null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0) & ~Q(reference=""), name="chargeback_moves_money"),
            models.CheckConstraint(
                condition=Q(status__in=["taken", "above", "foreign"], settled_at=None)
                | Q(status="won", settled_at__isnull=False),
                name="chargeback_taken_or_won",
            ),
        )

    def __str__(self) -> str:
        return f"Chargeback of {self.purchase}: {self.money}"

    @property
    def money(self) -> Money:
        """What was taken back."""
        return Money(self.amount, self.currency)

    @property
    def cause(self) -> str:
        """Of the ledger's transfers."""
        return f"chargeback:{self.pk}"
