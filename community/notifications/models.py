"""What concerns one member: an answer, an offer, a verdict, something they follow."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Notice(models.Model):
    """One line of a member's list. The same cause tells the same member once, however often it is delivered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices", db_index=False)
    kind = models.SlugField(max_length=40, db_index=False)
    cause = models.CharField(max_length=120)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (models.UniqueConstraint(fields=("member", "kind", "cause"), name="notice_once"),)
        indexes = (
            models.Index(fields=("member", "-created_at", "-id"), name="notice_newest"),
            models.Index(fields=("member",), condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=("read_at",), condition=Q(read_at__isnull=False), name="notice_read"),
            models.Index(fields=("created_at",), condition=Q(read_at=None), name="notice_unread_age"),
        )

    def __str__(self) -> str:
        return self.text


class Telling(models.Model):
    """Members who are still to be told of something, in batches by their ids; the row is gone when all of them have been."""

    class What(models.TextChoices):
        REPORTED = "reported", "Followers hear of a report"
        CONFIRMED = "confirmed", "Followers hear that it is so"
        WANTED = "wanted", "Members hear of what they look for"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    what = models.CharField(max_length=10, choices=What)
    restock = models.ForeignKey("community.Restock", null=True, on_delete=models.CASCADE, related_name="+")
    pair = models.ForeignKey("community.Pair", null=True, on_delete=models.CASCADE, related_name="+")
    sizes = ArrayField(models.CharField(max_length=20), default=list, help_text="Of the report, those that are new.")
    told = models.UUIDField(null=True, help_text="Who was told last.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(restock__isnull=False, pair=None) | Q(restock=None, pair__isnull=False), name="telling_of_one_thing"
            ),
            models.CheckConstraint(condition=Q(what__in=["reported", "confirmed", "wanted"]), name="telling_known"),
        )
        indexes = (models.Index(fields=("created_at", "id"), name="telling_oldest"),)

    def __str__(self) -> str:
        return f"{self.get_what_display()}: {self.restock or self.pair}"
