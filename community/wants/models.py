"""What a member looks for."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from community.pricing.condition import Condition
from drops.models import Sneaker


class Want(models.Model):
    """A pair somebody looks for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wants", db_index=False)
    sneaker = models.ForeignKey(Sneaker, on_delete=models.CASCADE, related_name="wants", db_index=False)
    sizes = ArrayField(models.CharField(max_length=20), blank=True, default=list, help_text="None: any size.")
    worst_condition = models.PositiveSmallIntegerField(choices=Condition, default=Condition.WORN)
    highest_price = models.PositiveBigIntegerField(null=True, blank=True, help_text="In minor units.")
    currency = models.CharField(max_length=3, default="USD")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(fields=("member", "sneaker"), name="want_once"),
            models.CheckConstraint(condition=Q(worst_condition__range=(1, 4)), name="want_condition_known"),
        )
        indexes = (models.Index(fields=("sneaker", "member"), name="want_of_sneaker"),)

    def __str__(self) -> str:
        return f"{self.member} wants {self.sneaker}"
