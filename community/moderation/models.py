"""What members complain of, and what moderators did about it."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from dropshop.core.triggers import NEVER_EMPTIED, append_only_but

TARGETS = ("item", "comment", "restock", "pair", "event", "rating", "person")


def exactly_one() -> Q:
    """Exactly one of the targets is named."""
    ways = (Q(**{f"{name}__isnull": name != named for name in TARGETS}) for named in TARGETS)
    return Q(*ways, _connector=Q.OR)


class About(models.Model):
    """Something a moderator can decide about: exactly one thing."""

    item = models.ForeignKey("community.FeedItem", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    comment = models.ForeignKey("community.Comment", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    restock = models.ForeignKey("community.Restock", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    pair = models.ForeignKey("community.Pair", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey("community.Event", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    rating = models.ForeignKey(
        "community.Rating", null=True, blank=True, on_delete=models.PROTECT, related_name="+", to_field="reference"
    )
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    @property
    def target(self) -> Any:
        """The thing itself."""
        return next(found for name in TARGETS if (found := getattr(self, name)) is not None)


class Complaint(About):
    """A member reports something to the moderators; one open complaint per member and thing."""

    class Reason(models.TextChoices):
        SPAM = "spam", "Spam or advertising"
        ABUSE = "abuse", "Insults or threats"
        FRAUD = "fraud", "Fraud or a fake"
        OTHER = "other", "Something else"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="complaints", db_index=False)
    reason = models.CharField(max_length=10, choices=Reason)
    text = models.CharField(max_length=500, blank=True)
    quote = models.CharField(
        max_length=2000,
        blank=True,
        db_default="",
        help_text="What it said when it was reported; its author may change it.",
    )
    created_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.CheckConstraint(condition=exactly_one(), name="complaint_about_one_thing"),
            models.UniqueConstraint(
                fields=("by", *TARGETS), condition=Q(closed_at=None), name="complaint_open_once", nulls_distinct=False
            ),
        )
        indexes = (models.Index(fields=("created_at",), condition=Q(closed_at=None), name="complaint_queue"),)
        permissions = (("moderate", "Can decide about complaints, hide, and silence"),)

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.target}"


class ModerationAction(About):
    """The trail: who decided what about which thing, and why. Appended, never changed; the reason goes with who it is about."""

    class Action(models.TextChoices):
        HIDDEN = "hidden", "Hidden"
        RESTORED = "restored", "Shown again"
        DISMISSED = "dismissed", "Complaint dismissed"
        WARNED = "warned", "Author warned"
        SILENCED = "silenced", "Author silenced"
        UNSILENCED = "unsilenced", "Author may write again"
        CALLED_OFF = "called-off", "Event cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    action = models.CharField(max_length=12, choices=Action)
    complaint = models.ForeignKey(Complaint, null=True, on_delete=models.PROTECT, related_name="actions")
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-created_at",)
        constraints = (models.CheckConstraint(condition=exactly_one(), name="moderation_about_one_thing"),)
        triggers = (append_only_but("reason"), NEVER_EMPTIED)

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.target}"
