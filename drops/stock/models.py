"""One line of a drop's size run, with its counters, and the record of every adjustment by hand."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Size(models.Model):
    """`total = available + reserved + sold`, all >= 0, and `version` rises with every change (S1).

    Only `drops.stock.counters` writes the counters, on a row it holds locked (S2).
    """

    drop = models.ForeignKey("drops.Drop", on_delete=models.PROTECT, related_name="sizes")
    label = models.CharField("size", max_length=20)
    position = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveIntegerField()
    available = models.PositiveIntegerField(editable=False)
    reserved = models.PositiveIntegerField(default=0, editable=False)
    sold = models.PositiveIntegerField(default=0, editable=False)
    version = models.PositiveBigIntegerField(default=1, editable=False)

    class Meta:
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(fields=("drop", "label"), name="size_label_once_per_drop"),
            models.UniqueConstraint(fields=("id", "drop"), name="size_in_its_drop"),  # for foreign keys that name both
            models.CheckConstraint(condition=Q(total=F("available") + F("reserved") + F("sold")), name="size_counters_balance"),
            models.CheckConstraint(
                condition=Q(total__gte=0, available__gte=0, reserved__gte=0, sold__gte=0), name="size_counters_not_negative"
            ),
        )

    def __str__(self) -> str:
        return f"{self.drop} · {self.label}"

    def save(self, *args: Any, **options: Any) -> None:
        """Of a row that exists, only what describes it: what was read before the lock must not overwrite the counters (S5)."""
        if not self._state.adding and options.get("update_fields") is None:
            options["update_fields"] = ("drop", "label", "position")
        super().save(*args, **options)


class StockAdjustment(models.Model):
    """Staff changed a size's total, and why (S5). Append-only."""

    size = models.ForeignKey(Size, on_delete=models.PROTECT, related_name="adjustments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    total_before = models.PositiveIntegerField()
    total_after = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-at", "-id")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.size}: {self.total_before} → {self.total_after}"
