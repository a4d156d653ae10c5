"""Other shops, and reports that a sneaker is to be had there."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from community.stores.models import Store
from drops.models import Sneaker
from dropshop.core.money import Money


def picture_name(restock: "Restock", given: str) -> str:
    """A random name, so that members' file names stay private."""
    return f"restocks/{uuid.uuid4().hex}.webp"


class Restock(models.Model):
    """A report: this store has this sneaker in these sizes. At most one is open per store and sneaker; others join it."""

    class Status(models.TextChoices):
        REPORTED = "reported"
        CONFIRMED = "confirmed"
        DISPUTED = "disputed"
        GONE = "gone"

    # Allowed moves; every move is a compare-and-set under the row's lock. Disputed and gone are the end of a report.
    MOVES = {
        Status.REPORTED: {Status.CONFIRMED, Status.DISPUTED, Status.GONE},
        Status.CONFIRMED: {Status.DISPUTED, Status.GONE},
        Status.DISPUTED: set(),
        Status.GONE: {Status.DISPUTED},
    }
    OPEN = (Status.REPORTED, Status.CONFIRMED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="restocks", db_index=False)
    sneaker = models.ForeignKey(Sneaker, on_delete=models.PROTECT, related_name="restocks")
    sizes = ArrayField(models.CharField(max_length=20), blank=True, default=list)
    joined_sizes = ArrayField(
        models.CharField(max_length=20), null=True, blank=True, help_text="Those that others named who joined the report."
    )
    confirmed_sizes = ArrayField(
        models.CharField(max_length=20),
        null=True,
        blank=True,
        help_text="Those that enough members, staff or a feed confirmed.",
    )
    price = models.PositiveBigIntegerField(null=True, blank=True, help_text="In minor units.")
    currency = models.CharField(max_length=3, default="USD")
    link = models.URLField(max_length=500, blank=True)
    picture = models.ImageField(upload_to=picture_name, blank=True)
    note = models.CharField(max_length=500, blank=True)
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="restocks")
    source = models.ForeignKey("community.Source", null=True, on_delete=models.PROTECT, related_name="restocks")
    status = models.CharField(max_length=10, choices=Status, default=Status.REPORTED)
    hidden = models.BooleanField(default=False, help_text="Hidden by a moderator.")
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("store", "sneaker"), condition=Q(status__in=["reported", "confirmed"]), name="restock_one_open"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["reported", "confirmed", "disputed", "gone"]), name="restock_status_known"
            ),
            models.CheckConstraint(
                condition=Q(reporter__isnull=False) | Q(source__isnull=False), name="restock_comes_from_somebody"
            ),
        )
        indexes = (
            models.Index(fields=("-created_at", "-id"), name="restock_newest"),
            models.Index(fields=("store", "-created_at"), name="restock_of_store"),
        )

    def __str__(self) -> str:
        return f"{self.sneaker} at {self.store} ({self.status})"

    def get_absolute_url(self) -> str:
        return f"/restocks/{self.pk}/"

    @property
    def certain_sizes(self) -> list[str]:
        """The sizes that are confirmed (R1); of reports from before sizes were confirmed one by one, those they began with."""
        if self.confirmed_at is None:
            return []
        if self.confirmed_sizes is None:
            return [size for size in self.sizes if size not in (self.joined_sizes or ())]
        return [size for size in self.sizes if size in self.confirmed_sizes]

    @property
    def money(self) -> Money | None:
        """What it costs there; None where nobody said."""
        return None if self.price is None else Money(self.price, self.currency)


class RestockVote(models.Model):
    """One member's answer to a report: confirm, dispute or gone."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm"
        DISPUTE = "dispute"
        GONE = "gone"

    restock = models.ForeignKey(Restock, on_delete=models.PROTECT, related_name="votes", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="restock_votes")
    kind = models.CharField(max_length=10, choices=Kind)
    weight = models.PositiveSmallIntegerField(help_text="By the member's level at that moment; staff decide alone.")
    sizes = ArrayField(
        models.CharField(max_length=20),
        null=True,
        blank=True,
        help_text="Which they speak of; none: those the report began with.",
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("restock", "member"), name="restock_vote_once"),
            models.CheckConstraint(condition=Q(kind__in=["confirm", "dispute", "gone"]), name="restock_vote_known"),
        )

    def __str__(self) -> str:
        return f"{self.kind} by {self.member}"
