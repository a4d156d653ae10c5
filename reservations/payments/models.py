"""One attempt to take the money for a hold."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from dropshop.core.encrypted import EncryptedJSONField
from dropshop.core.ids import time_ordered_id
from dropshop.core.money import Money
from reservations.addresses.place_hash import place_hash_field
from reservations.charges.calculate import Charges
from reservations.charges.models import DAYS_SOUND, NOTHING_NEGATIVE, ChargedModel
from reservations.holds.models import Reservation


class Payment(ChargedModel):
    """What was asked of the gateway and what came of it; stores the provider's token, never a card (M3).

    Written before the gateway is called, with its own id as the gateway's idempotency key, so that a crash at any
    point leaves a row from which the attempt can be finished or voided (M1, M2). `settled_at` says that nothing is
    left to do, here and at the provider: until then `purchases.reconcile_open` comes back to it, at `retry_at`.
    """

    class Status(models.TextChoices):
        STARTED = "started", "Asked; no answer yet"
        CONFIRMING = "confirming", "Waits for the shopper's confirmation"
        AUTHORISED = "authorised", "Authorised"
        CAPTURED = "captured", "Captured"
        VOIDED = "voided", "Voided"
        DECLINED = "declined", "Declined"
        UNCAPTURED = "uncaptured", "Sold, but the bank refuses the money"

    # Allowed moves; every move is a compare-and-set on the status. AUTHORISED is written in the transaction of the sale.
    MOVES = {
        Status.STARTED: {Status.CONFIRMING, Status.AUTHORISED, Status.DECLINED, Status.VOIDED},
        Status.CONFIRMING: {Status.AUTHORISED, Status.DECLINED, Status.VOIDED},
        Status.AUTHORISED: {Status.CAPTURED, Status.UNCAPTURED},
        Status.CAPTURED: set(),
        Status.UNCAPTURED: set(),
        Status.VOIDED: set(),
        Status.DECLINED: {Status.VOIDED},  # the provider's yes came after we gave up, and is called off
    }
    OPEN = (Status.STARTED, Status.CONFIRMING, Status.AUTHORISED)
    SOLD = (Status.AUTHORISED, Status.CAPTURED, Status.UNCAPTURED)

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, related_name="payments")
    method = models.CharField("provider's token", max_length=200)
    amount = models.PositiveBigIntegerField(help_text="In minor units: price, shipping, and the tax that is added to them.")
    currency = models.CharField(max_length=3)
    address = EncryptedJSONField(null=True, help_text="Forgotten a day after nothing is left to do: a sale has its own.")
    place_hash = place_hash_field("address")
    status = models.CharField(max_length=10, choices=Status, default=Status.STARTED)
    authorisation = models.CharField("provider's reference", max_length=200, blank=True)
    note = models.CharField("what happened", max_length=300, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    # False while the payment waits for its turn at the bank: nobody has asked, so nothing can have been set aside.
    asked = models.BooleanField("the bank was asked", default=True, db_default=True)
    # Until a worker has saved both, or has had the provider forget the card of a payment that took no money.
    keeps = models.BooleanField("address and card are saved for next time", default=False, db_default=False)
    # When `reconcile_open` looks at it next; before its first look None, then also a lease of whoever looks at it now.
    retry_at = models.DateTimeField("next look", null=True, blank=True)
    tries = models.SmallIntegerField("looks so far", default=0, db_default=0)
    # Moved by `payments.money_back` alone. What is promised back counts from the promise on, so that no two promises together
    # are more than was captured.
    refunded = models.BigIntegerField("refunds, also those on their way", default=0, db_default=0)
    charged_back = models.BigIntegerField("taken back by the shopper's bank", default=0, db_default=0)

    # When the worker asks for the provider's fee (next), and the lease of whoever asks now; None once it is booked.
    fee_due_at = models.DateTimeField("provider's fee is asked for", null=True, blank=True)

    places: list[str] | None = None  # the hashes of the address's place, where this process has just computed them
    sale: Any = None  # its Purchase, where this process has just made it
    shopper_present = True  # where this process asks the bank: whether somebody can confirm it
    sealed: str | None = None  # the address as it was stored, where this process has just written it: no need to open it again

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("reservation",),
                condition=Q(status__in=["started", "confirming", "authorised", "captured"]),
                name="payment_one_open_or_captured_per_reservation",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["started", "confirming", "authorised", "captured", "voided", "declined", "uncaptured"]),
                name="payment_status_known",
            ),
            models.CheckConstraint(
                condition=Q(asked=True) | Q(status__in=["started", "declined"]), name="payment_answered_only_when_asked"
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, charged_back__gte=0, refunded__lte=F("amount") - F("charged_back")),
                name="payment_money_back_within_capture",
            ),
            models.CheckConstraint(
                condition=Q(status="captured") | Q(refunded=0, charged_back=0), name="payment_money_back_only_of_captured"
            ),
            models.CheckConstraint(
                condition=NOTHING_NEGATIVE
                & (
                    Q(tax_included=False, amount__gte=F("shipping") + F("tax"))
                    | Q(tax_included=True, amount__gte=F("shipping")) & Q(amount__gte=F("tax"))
                ),
                name="payment_covers_its_charges",
            ),
            models.CheckConstraint(condition=DAYS_SOUND, name="payment_days_sound"),
        )
        indexes = (
            models.Index(fields=("created_at",), condition=Q(settled_at=None, tries=0), name="payment_never_looked_at"),
            models.Index(
                fields=("place_hash",),
                condition=Q(place_hash__gt="", status__in=["started", "confirming"]),
                name="payment_under_way_by_place",
            ),
            models.Index(Coalesce("retry_at", "created_at"), condition=Q(settled_at=None), name="payment_due"),
            models.Index(
                fields=("settled_at",),
                condition=Q(settled_at__isnull=False, address__isnull=False),
                name="payment_address_to_forget",
            ),
            models.Index(fields=("settled_at",), condition=Q(keeps=True), name="payment_to_keep"),
            models.Index(fields=("fee_due_at",), condition=Q(fee_due_at__isnull=False), name="payment_fee_due"),
        )

    def __str__(self) -> str:
        return f"{self.money} ({self.status})"

    @property
    def money(self) -> Money:
        """What is, or was, asked for."""
        return Money(self.amount, self.currency)

    @property
    def left(self) -> Money:
        """What can still be given back: captured, neither promised back nor charged back."""
        captured = self.amount if self.status == self.Status.CAPTURED else 0
        return Money(captured - self.refunded - self.charged_back, self.currency)

    @property
    def charges(self) -> Charges:
        """What the amount is made of."""
        added = 0 if self.tax_included else self.tax
        return self.charges_on(Money(self.amount - self.shipping - added, self.currency))

    def move(self, to: "Payment.Status", **values: object) -> bool:
        """Compare-and-set of the status; False where another process has moved it meanwhile."""
        if to not in self.MOVES[self.Status(self.status)]:
            return False
        moved = Payment.objects.filter(pk=self.pk, status=self.status).update(status=to, **values)
        if moved:
            self.status = to
            for name, value in values.items():
                setattr(self, name, value)
        return bool(moved)
