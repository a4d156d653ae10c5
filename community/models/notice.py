"""What concerns one member: an answer, an offer, a verdict, something they follow."""

import uuid

from django.conf import settings
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
        )

    def __str__(self) -> str:
        return self.text
