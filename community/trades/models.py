"""An offer of pairs for pairs, and what becomes of it."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from community.closet.models import Pair


class Trade(models.Model):
    """Pairs for pairs. A counter-offer is a trade of its own that answers the one before: a chain."""

    class Status(models.TextChoices):
        PENDING = "pending"
        ACCEPTED = "accepted"
        REJECTED = "rejected"
        COUNTERED = "countered"
        WITHDRAWN = "withdrawn"
        STALE = "stale"

    # Allowed moves; every move is a compare-and-set under the trade's lock.
    MOVES = {
        Status.PENDING: {Status.ACCEPTED, Status.REJECTED, Status.COUNTERED, Status.WITHDRAWN, Status.STALE},
        Status.ACCEPTED: set(),
        Status.REJECTED: set(),
        Status.COUNTERED: set(),
        Status.WITHDRAWN: set(),
        Status.STALE: set(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    proposer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="offers", db_index=False)
    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="offered", db_index=False)
    answers = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="answered_by")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    message = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True, help_text="Both sides have what they traded for.")
    undone_at = models.DateTimeField(null=True, blank=True, help_text="Staff gave every pair back after a dispute.")

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(condition=~Q(proposer=F("receiver")), name="trade_is_between_two"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "accepted", "rejected", "countered", "withdrawn", "stale"]),
                name="trade_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="pending", decided_at=None) | (~Q(status="pending") & Q(decided_at__isnull=False)),
                name="trade_decided_exactly_when_not_pending",
            ),
            models.CheckConstraint(
                condition=Q(completed_at=None, undone_at=None)
                | Q(status="accepted", completed_at__isnull=False, undone_at=None)
                | Q(status="accepted", completed_at=None, undone_at__isnull=False),
                name="trade_ends_once_and_when_accepted",
            ),
        )
        indexes = (
            models.Index(fields=("proposer", "-created_at"), name="trade_of_proposer"),
            models.Index(fields=("receiver", "-created_at"), name="trade_of_receiver"),
        )

    def __str__(self) -> str:
        return f"{self.proposer} and {self.receiver} ({self.status})"

    def get_absolute_url(self) -> str:
        return f"/trades/{self.pk}/"


# The giver's own words and photographs may be taken away, and nothing else is ever changed.
TERMS_FROZEN = pgtrigger.Trigger(
    name="terms_frozen",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func=(
        "IF (NEW.trade_id, NEW.pair_id, NEW.giver_id) IS DISTINCT FROM (OLD.trade_id, OLD.pair_id, OLD.giver_id) "
        "OR (OLD.terms IS NOT NULL AND NEW.terms IS DISTINCT FROM OLD.terms AND NEW.terms IS DISTINCT FROM "
        "OLD.terms || jsonb_build_object('notes', '', 'pictures', jsonb_build_array())) THEN "
        "RAISE EXCEPTION 'the terms of an offer are frozen' USING ERRCODE = 'restrict_violation'; "
        "END IF; RETURN NEW;"
    ),
)


class TradeItem(models.Model):
    """One pair of a trade, who gives it, and what it was when it was offered."""

    trade = models.ForeignKey(Trade, on_delete=models.PROTECT, related_name="items", db_index=False)
    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="trade_items")
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    terms = models.JSONField(null=True, editable=False, help_text="See community.trades.agreed.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("trade", "pair"), name="trade_item_once"),)
        triggers = (TERMS_FROZEN,)

    def __str__(self) -> str:
        return f"{self.pair} from {self.giver}"


class Shipment(models.Model):
    """One side of an accepted trade on its way: sent by the deadline, and received."""

    trade = models.ForeignKey(Trade, on_delete=models.PROTECT, related_name="shipments", db_index=False)
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    due_at = models.DateTimeField(help_text="The pairs must be sent by then; otherwise staff are told.")
    carrier = models.CharField(max_length=60, blank=True)
    tracking = models.CharField(max_length=80, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    overdue_at = models.DateTimeField(
        null=True, blank=True, help_text="When both sides and staff were told that nothing had been sent in time."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("trade", "sender"), name="shipment_once_per_side"),
            models.CheckConstraint(
                condition=Q(received_at=None) | Q(sent_at__isnull=False), name="shipment_received_after_sent"
            ),
        )
        indexes = (models.Index(fields=("due_at",), condition=Q(sent_at=None), name="shipment_unsent"),)

    def __str__(self) -> str:
        return f"from {self.sender}"


class Dispute(models.Model):
    """Something went wrong with an accepted trade; staff decide."""

    class Resolution(models.TextChoices):
        OPEN = "", "Open"
        UPHELD = "upheld", "The trade stands"
        UNDONE = "undone", "Every pair went back"

    trade = models.OneToOneField(Trade, on_delete=models.PROTECT, related_name="dispute")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=1000)
    opened_at = models.DateTimeField(db_default=Now())
    resolution = models.CharField(max_length=10, choices=Resolution, blank=True, default=Resolution.OPEN)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(resolution="", resolved_at=None) | (~Q(resolution="") & Q(resolved_at__isnull=False)),
                name="dispute_resolved_exactly_when_decided",
            ),
        )
        permissions = (("resolve_dispute", "Can decide that a trade stands, or undo it"),)

    def __str__(self) -> str:
        return f"{self.trade}: {self.get_resolution_display()}"


class Rating(models.Model):
    """What one side says of the other after a completed trade, once."""

    trade = models.ForeignKey(Trade, on_delete=models.PROTECT, related_name="ratings", db_index=False)
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    rated = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="ratings")
    stars = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=300, blank=True)
    hidden = models.BooleanField(default=False, db_default=False, help_text="A moderator hid the words; the stars count.")
    created_at = models.DateTimeField(db_default=Now())
    reference = models.UUIDField(
        null=True,
        unique=True,
        editable=False,
        default=uuid.uuid4,
        db_default=RandomUUID(),
        help_text="The id that others use for it.",
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("trade", "rater"), name="rating_once_per_side"),
            models.CheckConstraint(condition=Q(stars__range=(1, 5)), name="rating_one_to_five"),
            models.CheckConstraint(condition=~Q(rater=F("rated")), name="rating_is_of_another"),
        )

    def __str__(self) -> str:
        return f"{self.stars} for {self.rated}"

    def get_absolute_url(self) -> str:
        return f"/members/{self.rated.username}/"

    @property
    def words(self) -> str:
        """What others read of it: nothing where a moderator has hidden it."""
        return "" if self.hidden else self.text


class PairMove(models.Model):
    """Provenance: from whom to whom a pair went, and in which trade. Appended, never changed."""

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="moves")
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    trade = models.ForeignKey("community.Trade", on_delete=models.PROTECT, related_name="moves")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(giver=models.F("taker")), name="pair_moves_to_another"),)

    def __str__(self) -> str:
        return f"{self.pair}: {self.giver} to {self.taker}"
