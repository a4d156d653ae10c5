"""Purchase requests, their moves, how each drop's were carried out, and who was at a drop's page when it started."""

from types import MappingProxyType

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from drops.models import Drop
from dropshop.core.encrypted import EncryptedJSONField
from dropshop.core.ids import time_ordered_id
from dropshop.core.money import Money
from dropshop.core.triggers import NEVER_EMPTIED, append_only_but
from reservations.holds.models import Reservation
from reservations.payment_methods.models import SavedMethod


class Status(models.TextChoices):
    """Where a request stands."""

    ENTERED = "entered", "Entered"
    IN_QUEUE = "in_queue", "Waits for a pair"
    PROCESSING = "processing_payment", "Has a pair, and is paid for"
    SUCCESS = "success", "Bought"
    FAILED = "failed", "Got no pair"
    WITHDRAWN = "withdrawn", "Withdrawn"


# The moves that there are.
MOVES = MappingProxyType(
    {
        Status.ENTERED: (Status.IN_QUEUE, Status.PROCESSING, Status.FAILED, Status.WITHDRAWN),
        Status.IN_QUEUE: (Status.PROCESSING, Status.FAILED, Status.WITHDRAWN),
        Status.PROCESSING: (Status.SUCCESS, Status.FAILED),
        Status.SUCCESS: (),
        Status.FAILED: (),
        Status.WITHDRAWN: (),
    }
)
STANDING = (Status.ENTERED, Status.IN_QUEUE)  # those that may still get a pair
OPEN = (*STANDING, Status.PROCESSING)


class Reason(models.TextChoices):
    """Why a request got no pair."""

    TAKEN = "taken", "The pairs in your sizes went to others."
    PRICE = "price_above", "The pair costs more than your latest price."
    SIZES = "sizes_gone", "The drop no longer has your sizes."
    LIMIT = "limit_reached", "This drop allows no more pairs to you, your network or your device."
    COOLING = "cooling_down", "Pairs of this drop were held by you, your network or your device without being bought."
    MISSING = "requirement_missing", "You lacked something that this drop asks for."
    ACCOUNT = "account_closed", "The account was closed."
    DECLINED = "payment_declined", "The bank declined the payment."
    METHOD = "payment_method_gone", "The payment method was removed."
    ADDRESS = "address_refused", "The pair could not be sent to this address."
    LAPSED = "hold_expired", "The pair was not paid in time."
    TURN = "turn_passed", "Your turn in the queue passed without a free pair in your sizes."
    LEFT = "left_queue", "You left the queue."
    GIVEN_BACK = "given_back", "The pair was given back before it was paid."
    CALLED_OFF = "called_off", "The drop was called off."
    CLOSED = "closed", "The drop ended before the request was carried out."
    DRAW = "draw", "The drop has become a draw. Enter it yourself."
    STAFF = "staff", "The shop ended the request."


def because_of(reason: str, note: str) -> str:
    """Why a request got no pair, in words; what staff wrote stands for itself."""
    return note if reason == Reason.STAFF else f"{Reason(reason).label} {note}".strip()


class PurchaseRequest(models.Model):
    """A standing order of one member for one pair of a coming drop. `sizes` are ids, the liked best first.

    `retry_at`: while it is paid for, when a worker takes it up again, and the lease of whoever is at it. `told_at`: when its
    member was told how it ended. The address is forgotten once it has ended.
    """

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    drop = models.ForeignKey(Drop, models.PROTECT, related_name="purchase_requests", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="purchase_requests", db_index=False)
    sizes = ArrayField(models.BigIntegerField())
    address = EncryptedJSONField(null=True)
    payment_method = models.ForeignKey(SavedMethod, models.SET_NULL, null=True, related_name="+")
    latest_price = models.PositiveBigIntegerField(help_text="The most that the member pays for the pair; in minor units.")
    currency = models.CharField(max_length=3)
    network = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)
    device = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)
    status = models.CharField(max_length=20, choices=Status, default=Status.ENTERED)
    reason = models.CharField(max_length=30, choices=Reason, blank=True, default="", db_default="")
    note = models.CharField(max_length=300, blank=True, default="", db_default="")
    place = models.PositiveIntegerField("place in the order", null=True)
    reservation = models.OneToOneField(Reservation, models.PROTECT, null=True, related_name="purchase_request")
    created_at = models.DateTimeField(db_default=Now())
    moved_at = models.DateTimeField(db_default=Now())
    told_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField("next try", null=True)
    tries = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("member", "drop"),  # the member first, as `bell.WAITING` asks
                condition=Q(status__in=["entered", "in_queue", "processing_payment", "success"]),
                name="request_one_per_member_and_drop",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="request_status_known"),
            models.CheckConstraint(
                condition=(Q(status="failed") & ~Q(reason="")) | (~Q(status="failed") & Q(reason="")),
                name="request_failed_for_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["processing_payment", "success"]) | Q(reservation__isnull=False),
                name="request_with_a_pair_has_its_hold",
            ),
            models.CheckConstraint(
                condition=Q(status="processing_payment", retry_at__isnull=False)
                | (~Q(status="processing_payment") & Q(retry_at=None)),
                name="request_tried_while_it_is_paid",
            ),
        )
        indexes = (
            models.Index(fields=("drop", "place"), condition=Q(status__in=["entered", "in_queue"]), name="request_standing"),
            models.Index(fields=("retry_at",), condition=Q(status="processing_payment"), name="request_to_be_paid"),
            models.Index(
                fields=("drop",), condition=Q(told_at=None, status__in=["success", "failed"]), name="request_to_be_told"
            ),
            models.Index(fields=("status", "drop"), name="request_by_status_and_drop"),
            models.Index(fields=("member", "-created_at"), name="request_of_member"),
            models.Index(fields=("moved_at",), condition=Q(address__isnull=False), name="request_with_address"),
        )
        permissions = (("fail_purchaserequest", "Can end a purchase request with a reason"),)

    def __str__(self) -> str:
        return f"{self.member} for {self.drop}"

    @property
    def price_limit(self) -> Money:
        """The most that the member pays for the pair."""
        return Money(self.latest_price, self.currency)


class RequestMove(models.Model):
    """One move of a request: when, and why. Only the words of `note` can be taken away."""

    request = models.ForeignKey(PurchaseRequest, models.PROTECT, related_name="moves")
    was = models.CharField(max_length=20, choices=Status)
    to = models.CharField(max_length=20, choices=Status)
    reason = models.CharField(max_length=30, choices=Reason, blank=True)
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        triggers = (append_only_but("note"), NEVER_EMPTIED)

    def __str__(self) -> str:
        return f"{self.get_was_display()} → {self.get_to_display()}"


class RequestRound(models.Model):
    """How the requests for one drop are carried out; there from the first request on.

    `decided_at`: the first round was decided, with so many requests, so many people at the page, and of each size, by its id,
    these pairs for requests. `over_at`: no request gets a pair any more. `done_at`: everybody was told.
    """

    drop = models.OneToOneField(Drop, models.PROTECT, primary_key=True, related_name="request_round")
    decided_at = models.DateTimeField(null=True)
    requests = models.PositiveIntegerField(default=0, db_default=0)
    people = models.PositiveIntegerField(default=0, db_default=0)
    parts = models.JSONField(default=dict)
    over_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("drop",), condition=Q(done_at=None), name="request_round_not_done"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(over_at=None) | Q(decided_at__isnull=False), name="request_round_decided_before_it_is_over"
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(over_at__isnull=False), name="request_round_over_before_it_is_done"
            ),
        )

    def __str__(self) -> str:
        return f"{self.requests} requests and {self.people} people at the page"


class PageVisitor(models.Model):
    """A member who was at the page of a drop before its start, with a pass that is good until then."""

    id = models.BigAutoField(primary_key=True)
    drop = models.ForeignKey(Drop, models.CASCADE, related_name="page_visitors", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    until = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("drop", "member"), name="page_visitor_once"),)
        indexes = (models.Index(fields=("until",), name="page_visitor_until"),)

    def __str__(self) -> str:
        return f"{self.member} at {self.drop}"
