"""Events."""

import uuid
from datetime import timedelta

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from community.places.fields import PlaceField
from dropshop.core.time_zones import is_time_zone

# The longest event. Lists rely on it: whatever goes on now has started since.
MAX_DURATION = timedelta(days=7)
# What a guest's calendar shows (`point` has no equality: places are compared by their text), and the count itself, which a save
# of an older copy must not set back.
_SHOWN = [
    "title",
    "text",
    "starts_at",
    "ends_at",
    "time_zone",
    "venue",
    "city",
    "cancelled_at",
    "place::text",
    "revision",
    "changed_at",
]
_CHANGED = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in _SHOWN)


class Event(models.Model):
    """An event: when, where, for how many."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="events")
    title = models.CharField(max_length=120)
    text = models.CharField("what it is about", max_length=2000, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    time_zone = models.CharField(max_length=64, default="UTC", validators=[is_time_zone])
    venue = models.CharField(max_length=200, help_text="Name and street, for the guests.")
    city = models.CharField(max_length=120)
    place = PlaceField(help_text="Latitude, longitude in degrees.")
    capacity = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: no limit.")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    hidden = models.BooleanField(default=False, help_text="Hidden by a moderator.")
    created_at = models.DateTimeField(db_default=Now())
    # Written by the trigger alone: calendars take the file with the higher number for the newer one.
    revision = models.PositiveIntegerField(db_default=0, editable=False)
    changed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("starts_at", "id")
        triggers = (
            pgtrigger.Trigger(
                name="counts_changes",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(_CHANGED),
                func="NEW.revision = OLD.revision + 1; NEW.changed_at = clock_timestamp(); RETURN NEW;",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="event_ends_after_start",
                violation_error_message="It ends after it starts.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__lte=F("starts_at") + MAX_DURATION),
                name="event_lasts_a_week_at_most",
                violation_error_message="It lasts a week at most.",
            ),
            models.CheckConstraint(condition=Q(capacity=None) | Q(capacity__gte=1), name="event_capacity_positive"),
        )
        indexes = (
            # Which of those that began lately are still going on is answered by the index alone, without reading their rows.
            models.Index(
                fields=("starts_at", "ends_at", "id"), condition=Q(cancelled_at=None, hidden=False), name="event_to_come"
            ),
            models.Index(fields=("starts_at", "id"), name="event_by_start"),
            GistIndex(fields=("place",), name="event_by_place"),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/events/{self.pk}/"


class Attendance(models.Model):
    """A member's answer to an invitation; who waits moves up in the order of asking."""

    class Status(models.TextChoices):
        GOING = "going"
        WAITING = "waiting"
        DECLINED = "declined"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="attendances", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attendances")
    status = models.CharField(max_length=10, choices=Status)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("event", "member"), name="attendance_once"),
            models.CheckConstraint(condition=Q(status__in=["going", "waiting", "declined"]), name="attendance_known"),
        )
        indexes = (models.Index(fields=("event", "status", "since", "id"), name="attendance_in_order"),)

    def __str__(self) -> str:
        return f"{self.member}: {self.status}"
