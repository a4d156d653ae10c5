"""Public feeds of other stores that staff have registered, what was last seen there, and what things cost over time."""

import uuid

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from community.stores.models import Store
from drops.models import Sneaker

WORKINGS = [
    "next_at",
    "read_at",
    "failures",
    "etag",
    "last_modified",
    "trouble",
    "matched",
    "unmatched",
    "readings",
    "most_listed",
]


@pghistory.track(exclude=WORKINGS)
class Source(models.Model):
    """One public feed of a store that allows us to read it."""

    class Kind(models.TextChoices):
        PRODUCTS = "products", "Product JSON"
        FEED = "feed", "RSS or Atom"
        PAGE = "page", "Page with schema.org offers"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="sources")
    url = models.URLField(max_length=500, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    permission = models.CharField(max_length=300, help_text="Where the store allows this: the sentence, the mail, the page.")
    every_seconds = models.PositiveIntegerField(default=300)
    active = models.BooleanField(default=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    etag = models.CharField(max_length=300, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    next_at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    trouble = models.CharField(max_length=300, blank=True, editable=False, help_text="Why the last reading failed.")
    matched = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Items of the last reading that are in our catalogue."
    )
    unmatched = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Items of the last reading that are not."
    )
    readings = models.PositiveIntegerField(default=0, db_default=0, editable=False, help_text="Successful readings.")
    most_listed = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="The most products or entries that were there at once."
    )

    class Meta:
        ordering = ("store", "url")
        constraints = (
            models.CheckConstraint(condition=Q(every_seconds__range=(60, 86400)), name="source_every_minute_at_most"),
        )
        indexes = (models.Index(fields=("next_at",), condition=Q(active=True), name="source_due"),)

    def __str__(self) -> str:
        return f"{self.store}: {self.get_kind_display()}"


class Host(models.Model):
    """A host we read from: what its robots.txt said, and when it may be asked again. One row per host, for all its sources."""

    name = models.CharField(primary_key=True, max_length=300, help_text="As in the address: https://shop.example.com")
    robots = models.TextField(blank=True)
    robots_status = models.PositiveSmallIntegerField(default=0, help_text="HTTP status of robots.txt; 0: none.")
    robots_at = models.DateTimeField(null=True)
    free_at = models.DateTimeField(
        db_default=Now(), help_text="No request to the host before this time; far ahead while one is running."
    )

    def __str__(self) -> str:
        return self.name


STANDS = {True: "in", False: "out", None: "unknown"}


class Offer(models.Model):
    """How a sneaker in a size last stood at a source, as far as that is certain; only a change of it is news."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="offers", db_index=False)
    sneaker = models.ForeignKey(Sneaker, on_delete=models.CASCADE, related_name="+")
    size = models.CharField(max_length=20, blank=True)
    in_stock = models.BooleanField(null=True, help_text="As the store last said; unknown where it has not said it for a while.")
    missed = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Readings in a row in which the store should have said that it is in, and did not."
    )
    since = models.PositiveIntegerField(
        default=0, db_default=0, help_text="At which of the source's readings it was first seen."
    )
    is_announcement = models.BooleanField(
        default=False, db_default=False, help_text="An entry that tells news once: that it leaves the list says nothing."
    )
    price = models.PositiveBigIntegerField(null=True, help_text="In minor units.")
    currency = models.CharField(max_length=3, default="USD")
    link = models.URLField(max_length=500, blank=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("source", "sneaker", "size"), name="offer_once"),)

    def __str__(self) -> str:
        return f"{self.sneaker} {self.size}: {STANDS[self.in_stock]}"
