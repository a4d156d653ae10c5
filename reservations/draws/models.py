"""Draws: what was promised before, who entered, the files that prove the result, and what was awarded."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from drops.models import Drop, Size
from dropshop.core.encrypted import EncryptedJSONField
from dropshop.core.ids import time_ordered_id
from dropshop.core.triggers import append_only_but
from reservations.addresses.place_hash import place_hash_field
from reservations.draws.compute import RULES
from reservations.holds.models import Reservation


class Draw(models.Model):
    """The draw of one drop; there from the moment the drop is published. Every step is a compare-and-set on `state`.

    `retry_at`: when a worker carries it on, and the lease of whoever is at it now.
    """

    class State(models.TextChoices):
        OPEN = "open", "Entries may come"
        CLOSED = "closed", "Closed; waits for the beacon"
        DRAWN = "drawn", "Drawn"
        CALLED_OFF = "called_off", "Called off"

    # The moves; there are no others.
    MOVES = {State.OPEN: {State.CLOSED, State.CALLED_OFF}, State.CLOSED: {State.DRAWN, State.CALLED_OFF}}

    drop = models.OneToOneField(Drop, on_delete=models.PROTECT, related_name="draw")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    rules = models.PositiveSmallIntegerField("version of the rules", default=RULES)
    loyalty = models.BooleanField("fair losses count", default=False)
    closes_at = models.DateTimeField(help_text="By which the beacons were fixed.")
    beacons = models.JSONField(help_text="In their order, each with the moment from which it is used.")
    published_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)
    listed = models.JSONField(null=True, help_text="What was published at close: counts, root, hash of the list, stock.")
    beacon = models.JSONField(null=True)
    beacon_at = models.DateTimeField(null=True)
    drawn_at = models.DateTimeField(null=True)
    told_up_to = models.PositiveIntegerField(default=0, help_text="People, in the order of their marks, who have a notice.")
    retry_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)
    note = models.CharField("what it waits for", max_length=300, blank=True)

    class Meta:
        ordering = ("-closes_at", "id")
        indexes = (models.Index(fields=("retry_at",), condition=Q(retry_at__isnull=False), name="draw_due"),)
        constraints = (
            models.CheckConstraint(condition=Q(state__in=["open", "closed", "drawn", "called_off"]), name="draw_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["closed", "drawn"]) | Q(closed_at__isnull=False, listed__isnull=False),
                name="draw_closed_has_its_list",
            ),
            models.CheckConstraint(
                condition=~Q(state="drawn") | Q(drawn_at__isnull=False, beacon__isnull=False), name="draw_drawn_has_its_beacon"
            ),
        )
        permissions = (("throw_dice", "Can enter the dice of a draw"),)

    def __str__(self) -> str:
        return f"the draw of {self.drop}"


class DrawGroup(models.Model):
    """Two to four friends who win or lose together; whoever knows the code may join until the draw closes."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="groups")
    code = models.CharField(max_length=16, unique=True)

    def __str__(self) -> str:
        return self.code


class DrawEntry(models.Model):
    """One person's entry. What is published of it says nothing of who it is; `salt` shows that it is theirs."""

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="entries", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="draw_entries")
    group = models.ForeignKey(DrawGroup, null=True, on_delete=models.PROTECT, related_name="entries")
    salt = models.CharField(max_length=32, blank=True)
    mark = models.CharField(max_length=64, unique=True)
    sizes = ArrayField(models.BigIntegerField(), help_text="Ids, the one that is wanted most first.")
    address = EncryptedJSONField(null=True)
    place_hash = place_hash_field("address")
    method = models.UUIDField("saved card", null=True)
    instrument = models.CharField("keyed hash of the card", max_length=64, blank=True)
    entered_at = models.DateTimeField(db_default=Now())
    withdrawn_at = models.DateTimeField(null=True)
    losses = models.PositiveSmallIntegerField(default=0)
    # From close on; those who win or lose together have one leaf.
    leaf = models.CharField(max_length=64, blank=True)
    rank = models.PositiveIntegerField(null=True)
    won = models.ForeignKey(Size, null=True, on_delete=models.PROTECT, related_name="+")
    stepped_back = models.BooleanField(default=False)
    waits = models.JSONField(default=dict, help_text="By the id of a size the place on its waitlist.")

    class Meta:
        verbose_name_plural = "draw entries"
        ordering = ("rank", "id")
        indexes = (
            models.Index(fields=("draw", "rank", "id"), name="draw_entry_by_rank"),
            models.Index(fields=("draw", "leaf"), condition=~Q(leaf=""), name="draw_entry_by_leaf"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("draw", "member"), condition=Q(withdrawn_at=None), name="draw_entry_one_per_member"
            ),
            models.UniqueConstraint(
                fields=("draw", "place_hash"),
                condition=Q(withdrawn_at=None) & Q(place_hash__gt=""),
                name="draw_entry_one_per_address",
            ),
            models.UniqueConstraint(
                fields=("draw", "instrument"),
                condition=Q(withdrawn_at=None) & Q(instrument__gt=""),
                name="draw_entry_one_per_card",
            ),
        )

    def __str__(self) -> str:
        return f"an entry of {self.member}"

    def get_absolute_url(self) -> str:
        return f"/drops/{self.draw.drop.slug}/draw/"


class DrawFile(models.Model):
    """A file by which anybody can compute the draw again, exactly as it was published."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="files", db_index=False)
    name = models.CharField(max_length=20)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField("bytes")
    published_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("draw", "name")
        constraints = (models.UniqueConstraint(fields=("draw", "name"), name="draw_file_once"),)

    def __str__(self) -> str:
        return self.name


class DrawAward(models.Model):
    """A pair that a person of the draw gets: first held for them, then charged for; or passed on, with the reason.

    `retry_at`: when a worker carries it on, and the lease of whoever is at it now.
    """

    class State(models.TextChoices):
        DUE = "due", "To be held"
        HELD = "held", "Held, and to be paid"
        PAID = "paid", "Paid"
        PASSED_ON = "passed_on", "Passed on to the next"

    entry = models.OneToOneField(DrawEntry, on_delete=models.PROTECT, related_name="award")
    size = models.ForeignKey(Size, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    after = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")  # whose pair it was before
    reservation = models.OneToOneField(Reservation, null=True, on_delete=models.PROTECT, related_name="award")
    charged_at = models.DateTimeField("charge was tried", null=True)
    reason = models.CharField(max_length=300, blank=True)
    awarded_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True, db_default=Now())
    tries = models.SmallIntegerField(default=0)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("retry_at",), condition=Q(retry_at__isnull=False), name="draw_award_due"),)
        constraints = (
            models.CheckConstraint(condition=Q(state__in=["due", "held", "paid", "passed_on"]), name="draw_award_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=["due", "passed_on"]) | Q(reservation__isnull=False), name="draw_award_held_has_its_hold"
            ),
            models.UniqueConstraint(fields=("after",), condition=Q(after__isnull=False), name="draw_award_passed_on_once"),
        )

    def __str__(self) -> str:
        return f"{self.size.label} for rank {self.entry.rank}"


class DrawMove(models.Model):
    """One step of a draw, by whom and why; nothing of it is ever changed."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="moves")
    step = models.CharField(max_length=20)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("id",)
        triggers = (append_only_but("reason"),)

    def __str__(self) -> str:
        return self.step
