"""The history of an order, by which words its recipient is found, and which columns staff export."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
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


class RecipientWords(models.Model):
    """The words of a recipient's name, each as a keyed hash: by them staff find an order whose address is encrypted."""

    purchase = models.OneToOneField(Purchase, primary_key=True, on_delete=models.PROTECT, related_name="recipient_words")
    hashes = ArrayField(models.CharField(max_length=16))
    key = models.CharField("name of the key", max_length=40)

    class Meta:
        verbose_name_plural = "recipient words"
        indexes = (
            GinIndex(fields=("hashes",), name="recipient_by_words"),
            models.Index(fields=("key",), name="recipient_by_key"),
        )

    def __str__(self) -> str:
        return f"{len(self.hashes)} words"


class ExportColumns(models.Model):
    """The columns that somebody of staff chose when they last exported orders."""

    member = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+")
    columns = ArrayField(models.CharField(max_length=20))

    class Meta:
        verbose_name_plural = "export columns"

    def __str__(self) -> str:
        return ", ".join(self.columns)
