"""The table of the provider's events."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class ProviderEvent(models.Model):
    """Something happened to a thing at the provider. Which thing is all that is kept: what it has come to is asked anew.

    `retry_at` is when it is due, and the lease of whoever handles it now.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waits to be handled"
        HANDLED = "handled", "Handled"
        NOT_HANDLED = "not_handled", "Not handled yet: no rule for this kind"
        UNKNOWN = "unknown", "No payment of ours"
        FAILED = "failed", "Could not be handled"
        SET_ASIDE = "set_aside", "Set aside: not for this shop"

    id = models.CharField("provider's id", primary_key=True, max_length=100)
    kind = models.CharField(max_length=100)
    subject = models.CharField("what it happened to", max_length=100, blank=True)
    reference = models.CharField("provider's reference of the payment", max_length=100, blank=True)
    payment_key = models.CharField("payment that it names", max_length=100, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.WAITING)
    received_at = models.DateTimeField(db_default=Now())
    retry_at = models.DateTimeField("next try", null=True, blank=True, db_default=Now())
    tries = models.SmallIntegerField("tries so far", default=0, db_default=0)
    settled_at = models.DateTimeField("handled, or set aside", null=True, blank=True)
    error = models.CharField("why it was not handled", max_length=300, blank=True)

    class Meta:
        ordering = ("-received_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "handled", "not_handled", "unknown", "failed", "set_aside"]),
                name="event_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", retry_at__isnull=False, settled_at=None)
                | (~Q(status="waiting") & Q(retry_at=None, settled_at__isnull=False)),
                name="event_waits_or_is_settled",
            ),
        )
        indexes = (
            models.Index(fields=("retry_at",), condition=Q(status="waiting"), name="event_due"),
            models.Index(fields=("kind",), condition=Q(status="not_handled"), name="event_not_handled"),
            models.Index(fields=("settled_at",), condition=~Q(status="waiting"), name="event_settled"),
            models.Index(fields=("-received_at",), name="event_newest"),
        )

    def __str__(self) -> str:
        return f"{self.kind} ({self.get_status_display()})"
