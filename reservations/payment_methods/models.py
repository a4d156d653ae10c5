"""The cards that members have saved."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class SavedMethod(models.Model):
    """One card of a member at one provider: the provider's token, and what the member knows the card by (M3).

    Written before the provider is asked, with its own id as the key there. `retry_at`: when a worker carries on what nobody
    else has, and the lease of whoever is at it now.
    """

    class Status(models.TextChoices):
        SETTING_UP = "setting_up", "The provider is asked"
        CONFIRMING = "confirming", "Waits for the member's confirmation"
        READY = "ready", "Ready"
        DECLINED = "declined", "Declined"
        REMOVING = "removing", "Removed here, and soon at the provider"

    PENDING = (Status.SETTING_UP, Status.CONFIRMING)
    SHOWN = (*PENDING, Status.READY)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="payment_methods")
    provider = models.CharField(max_length=20)
    entered = models.CharField("provider's token for one use", max_length=200, blank=True)
    token = models.CharField("provider's token", max_length=200, blank=True)
    reference = models.CharField("provider's reference of the set-up", max_length=200, blank=True)
    confirm_url = models.TextField("where it is confirmed", blank=True)
    brand = models.CharField(max_length=40, blank=True)
    last_four = models.CharField(max_length=4, blank=True)
    expiry_month = models.SmallIntegerField(null=True)
    expiry_year = models.SmallIntegerField(null=True)
    fingerprint = models.CharField("the provider's mark of the card", max_length=64, blank=True, default="", db_default="")
    status = models.CharField(max_length=10, choices=Status, default=Status.SETTING_UP)
    note = models.CharField("what happened", max_length=300, blank=True)
    is_default = models.BooleanField("used first", default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())
    retry_at = models.DateTimeField("next try", null=True)
    tries = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ("-is_default", "-created_at", "id")
        indexes = (
            models.Index(fields=("retry_at",), condition=Q(retry_at__isnull=False), name="saved_method_due"),
            models.Index(fields=("created_at",), condition=Q(status="declined"), name="saved_method_to_forget"),
        )
        constraints = (
            models.UniqueConstraint(fields=("member",), condition=Q(is_default=True), name="saved_method_one_used_first"),
            models.CheckConstraint(
                condition=Q(status__in=["setting_up", "confirming", "ready", "declined", "removing"]),
                name="saved_method_status_known",
            ),
            models.CheckConstraint(condition=Q(is_default=False) | Q(status="ready"), name="saved_method_used_first_is_ready"),
            models.CheckConstraint(condition=~Q(status="ready", token=""), name="saved_method_ready_has_its_token"),
            models.CheckConstraint(
                condition=Q(status__in=["ready", "declined"], retry_at=None)
                | (~Q(status__in=["ready", "declined"]) & Q(retry_at__isnull=False)),
                name="saved_method_tried_until_done",
            ),
        )

    def __str__(self) -> str:
        return f"{self.brand} ·· {self.last_four}" if self.last_four else "a card"

    @property
    def expiry(self) -> str:
        """The last month of the card, as it is printed on it: "09/39"; "" where that is not known."""
        return f"{self.expiry_month:02}/{self.expiry_year % 100:02}" if self.expiry_month and self.expiry_year else ""
