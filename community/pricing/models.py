"""What a pair was sold for, and when."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from community.stores.models import Store
from drops.models import Sneaker
from dropshop.core.money import Money


class PricePoint(models.Model):
    """What a sneaker in a size cost at a moment, and where we know it from."""

    class Origin(models.TextChoices):
        SOURCE = "source", "A store's feed"
        REPORT = "report", "A member's report"
        SALE = "sale", "A sale here"
        TRADE = "trade", "A trade here"

    sneaker = models.ForeignKey(Sneaker, on_delete=models.PROTECT, related_name="prices", db_index=False)
    size = models.CharField(max_length=20, blank=True)
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    price = models.PositiveBigIntegerField(help_text="In minor units.")
    currency = models.CharField(max_length=3)
    origin = models.CharField(max_length=10, choices=Origin)
    is_odd = models.BooleanField(default=False, help_text="Far from earlier prices; not counted in any value.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(price__gt=0), name="price_point_positive"),)
        indexes = (models.Index(fields=("sneaker", "size", "-at"), name="price_history"),)

    def __str__(self) -> str:
        return f"{self.sneaker} {self.size}: {Money(self.price, self.currency)}"
