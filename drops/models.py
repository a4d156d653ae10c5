"""A drop: one release of one sneaker, and its phase. Also the face of this app's models for the apps above."""

import uuid
from datetime import datetime
from typing import Any

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from drops.catalogue.models import Sneaker, SneakerPicture, Tint
from drops.stock.models import Size, StockAdjustment
from dropshop.core.clock import ClockTimestamp
from dropshop.core.members import Viewer, signed_in
from dropshop.core.money import Money
from dropshop.core.time_zones import is_time_zone

__all__ = ["Access", "Drop", "Mode", "Phase", "Size", "Sneaker", "SneakerPicture", "StockAdjustment", "Tint"]


class Phase(models.TextChoices):
    """Where a drop stands; derived from the clock and the stock, never stored."""

    DRAFT = "draft"
    UPCOMING = "upcoming"
    LIVE = "live"
    SOLD_OUT = "sold_out"
    ENDED = "ended"


class Access(models.TextChoices):
    """Who may enter: everybody looks on at a public drop; a members-only drop shows visitors its title, time and price."""

    PUBLIC = "public"
    MEMBERS = "members"


class Mode(models.TextChoices):
    """How the pairs of a drop find their people (F1)."""

    FIRST_COME = "first_come", "First come, first served"
    QUEUE = "queue", "Queue: a random place at the start, then in order"
    DRAW = "draw", "Draw: entries until it closes, then a random order"


class DropQuerySet(models.QuerySet["Drop"]):
    """Predicates of a drop as queries; they share their words with `Drop`. The clock is the database's (S3)."""

    def published(self) -> "DropQuerySet":
        return self.filter(published=True)

    def with_phase(self) -> "DropQuerySet":
        """Each drop with its `phase_now`, in the words of `Phase`."""
        now = ClockTimestamp()
        sizes = Drop._meta.get_field("sizes").related_model._default_manager
        unsold = models.Exists(sizes.filter(drop=models.OuterRef("pk"), sold__lt=models.F("total")))
        return self.annotate(
            phase_now=models.Case(
                models.When(published=False, then=models.Value(Phase.DRAFT.value)),
                models.When(called_off_at__isnull=False, then=models.Value(Phase.ENDED.value)),
                models.When(starts_at__gt=now, then=models.Value(Phase.UPCOMING.value)),
                models.When(ends_at__lte=now, then=models.Value(Phase.ENDED.value)),
                models.When(unsold, then=models.Value(Phase.LIVE.value)),
                default=models.Value(Phase.SOLD_OUT.value),
            )
        )

    def in_phase(self, *phases: str) -> "DropQuerySet":
        """The drops of these phases."""
        with_phase: Any = self.with_phase()
        return with_phase.filter(phase_now__in=phases)


# What was decided is kept with every change of it; which phase was announced last is the shop's own business.
@pghistory.track(exclude=["announced_phase", "created_at"])
class Drop(models.Model):
    """One release of one sneaker: price, opening hours, the rules of its holds, and a size run."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    sneaker = models.ForeignKey(Sneaker, on_delete=models.PROTECT, related_name="drops")
    title = models.CharField(max_length=120)
    price = models.PositiveBigIntegerField(validators=[MinValueValidator(1)], help_text="In minor units: 18000 is 180.00.")
    currency = models.CharField(max_length=3, default="USD")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    time_zone = models.CharField(max_length=64, default="UTC", validators=[is_time_zone])
    hold_seconds = models.PositiveSmallIntegerField(default=60, validators=[MinValueValidator(5), MaxValueValidator(900)])
    limit_per_member = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(100)])
    limit_per_address = models.PositiveSmallIntegerField(
        default=2,
        db_default=2,
        validators=[MaxValueValidator(10_000)],
        help_text="Pairs that go to one address, whoever buys them and however they write it; 0: as many as are bought.",
    )
    max_extensions = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(10)])
    lapses_allowed = models.PositiveSmallIntegerField(
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Lapsed holds before a member must wait (H7).",
    )
    cooldown_seconds = models.PositiveIntegerField(default=300, validators=[MaxValueValidator(86400)])
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.FIRST_COME, db_default=Mode.FIRST_COME)
    access = models.CharField(max_length=10, choices=Access, default=Access.PUBLIC)
    min_karma = models.PositiveIntegerField(
        "karma needed",
        default=0,
        db_default=0,
        validators=[MaxValueValidator(1_000_000)],
        help_text="Points a member must have to reserve; 0: everybody may. Looked at when a pass is given.",
    )
    weight = models.PositiveIntegerField(
        "weight (grams)",
        default=1500,
        db_default=1500,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
        help_text="Of the parcel with one pair; shipping is charged by it.",
    )
    published = models.BooleanField(default=False)
    called_off_at = models.DateTimeField(null=True, editable=False)
    called_off_because = models.CharField(max_length=300, blank=True, default="", db_default="", editable=False)
    announced_phase = models.CharField(max_length=10, choices=Phase, default=Phase.DRAFT, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    phase_now: str  # of drops that came `.with_phase()`, and of no others

    objects = DropQuerySet.as_manager()

    class Meta:
        ordering = ("starts_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="drop_ends_after_start",
                violation_error_message="A drop ends after it starts.",
            ),
            models.CheckConstraint(condition=models.Q(price__gt=0), name="drop_price_positive"),
            models.CheckConstraint(condition=models.Q(hold_seconds__range=(5, 900)), name="drop_hold_seconds_5_to_900"),
            models.CheckConstraint(condition=models.Q(mode__in=["first_come", "queue", "draw"]), name="drop_mode_known"),
            models.CheckConstraint(
                condition=models.Q(called_off_at=None, called_off_because="")
                | models.Q(called_off_at__isnull=False) & ~models.Q(called_off_because=""),
                name="drop_called_off_for_a_reason",
            ),
            models.CheckConstraint(condition=models.Q(limit_per_member__gte=1), name="drop_limit_at_least_one"),
            models.CheckConstraint(condition=models.Q(weight__range=(1, 100_000)), name="drop_weighs_1_to_100000_grams"),
        )
        indexes = (models.Index(fields=("published", "starts_at"), name="drop_calendar"),)
        permissions = (
            ("publish_drop", "Can publish a drop"),
            ("end_drop", "Can end a drop now"),
            ("call_off_drop", "Can call a drop off"),
            ("adjust_stock", "Can adjust the stock of a drop"),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/drops/{self.slug}/"

    @property
    def money(self) -> Money:
        """The price a hold granted now would freeze."""
        return Money(self.price, self.currency)

    def phase_at(self, moment: datetime, *, sold_out: bool) -> Phase:
        """The phase at `moment` (from the database's clock, S3), given whether every pair is sold."""
        if not self.published:
            return Phase.DRAFT
        if self.is_over_at(moment):
            return Phase.ENDED
        if moment < self.starts_at:
            return Phase.UPCOMING
        return Phase.SOLD_OUT if sold_out else Phase.LIVE

    def is_over_at(self, moment: datetime) -> bool:
        """Whether nobody may reserve any more at `moment`: it has ended, or was called off."""
        return self.called_off_at is not None or moment >= self.ends_at

    def may_enter(self, viewer: Viewer) -> bool:
        """Whether this viewer may see the size run."""
        return self.access == Access.PUBLIC or signed_in(viewer) is not None
