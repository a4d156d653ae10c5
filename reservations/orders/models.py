"""The history of an order."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from dropshop.core.triggers import NEVER_EMPTIED, append_only_but
from reservations.purchases.models import Purchase


class OrderMove(models.Model):
    """One move of an order from a state to the next: when, by whom and why. Only the words of `note` can be taken away."""

    purchase = models.ForeignKey(Purchase, on_delete=models.PROTECT, related_name="moves")
    was = models.CharField(max_length=10, choices=Purchase.Status)
    to = models.CharField(max_length=10, choices=Purchase.Status)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("id",)
        triggers = (append_only_but("note"), NEVER_EMPTIED)

    def __str__(self) -> str:
        return f"{self.get_was_display()} → {self.get_to_display()}"
