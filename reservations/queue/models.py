"""A drop's queue, the places in it, which of them cannot win any more, and what staff did."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from drops.models import Drop
from dropshop.core.triggers import APPEND_ONLY, NEVER_EMPTIED

TURN_SECONDS = (30, 3600)
MAX_PER_MINUTE = 100_000
WORD_MAX_LENGTH = 300  # characters; as long as a reason


class DropQueue(models.Model):
    """How the queue of one drop is run. Its row is what letting people in, and every deed of staff, locks first."""

    drop = models.OneToOneField(Drop, primary_key=True, on_delete=models.PROTECT, related_name="queue")
    turn_seconds = models.PositiveSmallIntegerField(
        default=300,
        validators=[MinValueValidator(TURN_SECONDS[0]), MaxValueValidator(TURN_SECONDS[1])],
        help_text="For which somebody who is let in may choose.",
    )
    per_minute = models.PositiveIntegerField(
        "let in per minute, at most",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_PER_MINUTE)],
        help_text="Empty: as many as the stock allows.",
    )
    on_hold_at = models.DateTimeField("on hold since", null=True, blank=True)
    drained_at = models.DateTimeField("closed to new arrivals since", null=True, blank=True)
    word = models.CharField("word to those waiting", max_length=WORD_MAX_LENGTH, blank=True, default="", db_default="")
    word_at = models.DateTimeField(null=True, blank=True)
    # What those waiting were promised: the turn of the place `promised_place` comes at `promised_at` at the latest, and those
    # behind it so many per minute later.
    promised_at = models.DateTimeField(null=True)
    promised_place = models.PositiveIntegerField(default=0, db_default=0)
    promised_per_minute = models.FloatField(default=0, db_default=0)
    later_at = models.DateTimeField("later than promised since", null=True)
    later_because = models.CharField(max_length=WORD_MAX_LENGTH, blank=True, default="", db_default="")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(turn_seconds__range=TURN_SECONDS), name="queue_turn_30_s_to_an_hour"),
            models.CheckConstraint(
                condition=Q(per_minute=None) | Q(per_minute__range=(1, MAX_PER_MINUTE)), name="queue_lets_in_at_least_one"
            ),
            models.CheckConstraint(
                condition=Q(later_at=None, later_because="") | Q(later_at__isnull=False) & ~Q(later_because=""),
                name="queue_is_later_for_a_reason",
            ),
        )
        permissions = (("run_queue", "Can run a queue"),)

    def __str__(self) -> str:
        return f"Queue of {self.drop}"


class QueuePlace(models.Model):
    """A member's arrival in the queue of a drop, and what became of it; kept when it is over, so that nobody's place moves.

    `number` rises with every arrival, `changed` (from the same sequence) with every change of a row: whoever keeps the order in
    memory reads by them what is new (`reservations.queue.order`).
    """

    class Ending(models.TextChoices):
        LEFT = "left", "Left"
        LAPSED = "lapsed", "Let the turn pass"
        DONE = "done", "Took a pair"

    number = models.BigAutoField(primary_key=True)
    drop = models.ForeignKey(Drop, on_delete=models.PROTECT, related_name="queue_places", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="queue_places", db_index=False)
    arrived_at = models.DateTimeField()
    sizes = ArrayField(models.BigIntegerField(), default=list, help_text="Their ids, in order of preference.")
    admitted_at = models.DateTimeField(null=True, blank=True)
    admitted_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=6, choices=Ending, blank=True, default="", db_default="")
    told = models.BooleanField("told of the turn", default=False, db_default=False, editable=False)
    changed = models.BigIntegerField(null=True, editable=False)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=("drop", "member"), condition=Q(ended_at=None), name="queue_place_one_open_per_member_and_drop"
            ),
            models.CheckConstraint(
                condition=Q(admitted_at=None, admitted_until=None) | Q(admitted_until__gt=models.F("admitted_at")),
                name="queue_place_admitted_until_later",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="") | Q(ended_at__isnull=False, ending__in=["left", "lapsed", "done"]),
                name="queue_place_ends_in_some_way",
            ),
            models.CheckConstraint(
                condition=Q(ending__in=["", "left"]) | Q(admitted_at__isnull=False), name="queue_place_had_a_turn"
            ),
        )
        indexes = (
            models.Index(fields=("drop", "number"), name="queue_place_by_arrival"),
            models.Index(fields=("drop", "changed"), condition=Q(changed__isnull=False), name="queue_place_by_change"),
            models.Index(fields=("member", "drop"), name="queue_place_of_member"),
            models.Index(fields=("drop", "admitted_at"), condition=Q(admitted_at__isnull=False), name="queue_place_admitted"),
            models.Index(fields=("number",), condition=Q(admitted_at__isnull=False, told=False), name="queue_place_untold"),
        )

    def __str__(self) -> str:
        return f"{self.member} in the queue of {self.drop}"


class QueueVerdict(models.Model):
    """From this moment the places from `from_place` on could not win any more (none, where it is empty), by these numbers."""

    drop = models.ForeignKey(Drop, on_delete=models.PROTECT, related_name="queue_verdicts", db_index=False)
    from_place = models.PositiveIntegerField(null=True)
    left = models.PositiveIntegerField()
    held = models.PositiveIntegerField()
    let_in = models.PositiveIntegerField("in their turn, without a pair")
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        default_permissions = ("view",)
        indexes = (models.Index(fields=("drop", "id"), name="queue_verdict_of_drop"),)
        triggers = (APPEND_ONLY, NEVER_EMPTIED)

    def __str__(self) -> str:
        return f"From place {self.from_place} on"


class QueueDeed(models.Model):
    """What staff did with a queue, and why. Append-only."""

    class Kind(models.TextChoices):
        RATE = "rate", "Rate"
        TURN = "turn", "Length of a turn"
        HOLD = "hold", "Put on hold"
        GO_ON = "go_on", "Went on"
        WORD = "word", "Word to those waiting"
        DRAIN = "drain", "Closed to new arrivals"

    drop = models.ForeignKey(Drop, on_delete=models.PROTECT, related_name="queue_deeds")
    kind = models.CharField(max_length=5, choices=Kind)
    was = models.CharField(max_length=WORD_MAX_LENGTH, blank=True)
    to = models.CharField(max_length=WORD_MAX_LENGTH, blank=True)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-id",)
        default_permissions = ("view",)
        triggers = (APPEND_ONLY, NEVER_EMPTIED)

    def __str__(self) -> str:
        return self.get_kind_display()
