"""A hold on one pair."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest

from drops.models import Drop, Size
from dropshop.core.clock import ClockTimestamp, StatementTimestamp
from dropshop.core.errors import DropshopError
from dropshop.core.ids import time_ordered_id
from dropshop.core.money import Money
from reservations.holds.errors import AlreadyCancelled, AlreadyPurchased, HoldExpired


class ReservationQuerySet(models.QuerySet["Reservation"]):
    """Predicates of a hold as queries; the clock is the database's (S3)."""

    def active(self) -> "ReservationQuerySet":
        """Still counted in `reserved`, whether or not its time has run out."""
        return self.filter(status=Reservation.Status.ACTIVE)

    def overdue(self, moment: datetime | None = None) -> "ReservationQuerySet":
        """Active by its status, but its time has run out and no payment pins it: free for the next shopper (S4).

        At `moment`, read under a lock; without one, at the database's clock as the statement begins, by which PostgreSQL goes
        from size to size in the index and reads what is due.
        """
        now = moment or StatementTimestamp()
        return self.active().filter(Q(expires_at__lte=now) & (Q(pinned_until=None) | Q(pinned_until__lte=now)))

    def standing(self) -> "ReservationQuerySet":
        """Active, and their time has not run out: those that their members may still buy, at the database's clock."""
        now = ClockTimestamp()
        return self.active().filter(Q(expires_at__gt=now) | Q(pinned_until__gt=now))

    def rested(self, moment: datetime | None = None) -> "ReservationQuerySet":
        """Given back, and their pairs have rested for long enough to be offered again; the moment is as above."""
        return self.filter(offered_at__lte=moment or StatementTimestamp())

    def with_lapse(self) -> Any:
        """Each hold with its `lapse`: `lapses_at`, for the database (whose GREATEST passes over NULL)."""
        return self.annotate(lapse=Greatest("expires_at", "pinned_until"))


class Reservation(models.Model):
    """A hold: active, then exactly one of completed, expired, cancelled (H4)."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        COMPLETED = "completed"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    # No index of their own: every insert when a drop opens would pay for three, and the indexes below start with these columns.
    # And size and drop have one foreign key together (migration 0039), so that the size is one of the drop.
    drop = models.ForeignKey(Drop, models.PROTECT, related_name="reservations", db_index=False, db_constraint=False)
    size = models.ForeignKey(Size, models.PROTECT, related_name="reservations", db_index=False, db_constraint=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reservations", db_index=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    price = models.PositiveBigIntegerField(help_text="Frozen when the hold was made; in minor units.")
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    extensions = models.PositiveSmallIntegerField(default=0)
    pinned_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # A pair that was given back while there was no other rests: it is offered at a moment that nobody knows, until then it
    # counts as held, and screens are told of the latest moment at which it may return.
    offered_at = models.DateTimeField(null=True, blank=True)
    offered_by = models.DateTimeField(null=True, blank=True)
    network = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)
    device = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)

    locked_at: datetime  # the database's clock after its size was locked; only `lifecycle.lock_holds` and its like set it

    objects = ReservationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("drop", "member"), condition=Q(status="active"), name="reservation_one_active_per_member_and_drop"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["active", "completed", "expired", "cancelled"]), name="reservation_status_known"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="reservation_expires_after_grant"),
            models.CheckConstraint(
                condition=Q(status="active", ended_at=None) | (~Q(status="active") & Q(ended_at__isnull=False)),
                name="reservation_ended_exactly_when_not_active",
            ),
            models.CheckConstraint(
                condition=Q(offered_at=None, offered_by=None) | Q(status="cancelled", offered_at__lte=F("offered_by")),
                name="reservation_rests_only_when_given_back",
            ),
        )
        indexes = (
            models.Index(fields=("size", "expires_at"), condition=Q(status="active"), name="reservation_active_by_size"),
            models.Index(fields=("member", "drop", "status"), name="reservation_of_member_in_drop"),
            models.Index(fields=("size", "offered_at"), condition=Q(offered_at__isnull=False), name="reservation_resting"),
            models.Index(fields=("drop", "network"), condition=~Q(network=""), name="reservation_by_network"),
            models.Index(fields=("drop", "device"), condition=~Q(device=""), name="reservation_by_device"),
        )

    def __str__(self) -> str:
        return f"{self.size} for {self.member} ({self.status})"

    def get_absolute_url(self) -> str:
        return f"/reservations/{self.pk}/"

    @property
    def money(self) -> Money:
        """The price this hold will be sold at."""
        return Money(self.price, self.currency)

    @property
    def extensions_left(self) -> int:
        """How often "more time" may still be asked for (H3)."""
        return max(0, self.drop.max_extensions - self.extensions)

    @property
    def lapses_at(self) -> datetime:
        """When the pair is free again: the expiry, or a little later while a payment pins it (H5)."""
        return max(self.expires_at, self.pinned_until or self.expires_at)

    def is_overdue(self, moment: datetime) -> bool:
        """The predicate of `.overdue()` for one row, at a moment of the database's clock."""
        return self.status == self.Status.ACTIVE and self.lapses_at <= moment

    @property
    def refusal(self) -> DropshopError | None:
        """What whoever wants a hold that is over is told (H4): what has become of it; judged at `locked_at`, under the lock."""
        if self.status == self.Status.COMPLETED:
            return AlreadyPurchased(purchase=str(self.purchase.pk))
        if self.status == self.Status.CANCELLED:
            return AlreadyCancelled()
        if self.status == self.Status.EXPIRED or self.is_overdue(self.locked_at):
            return HoldExpired(expires_at=self.expires_at)
        return None


class SweeperRun(models.Model):
    """One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="sweeper_run_is_one_row"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} UTC"
