"""The sale."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from drops.models import Drop, Size
from dropshop.core.encrypted import EncryptedJSONField
from dropshop.core.ids import time_ordered_id
from dropshop.core.money import Money
from reservations.addresses.place_hash import place_hash_field
from reservations.charges.arrival import Arrival, arrival
from reservations.charges.calculate import Charges
from reservations.charges.models import DAYS_SOUND, NOTHING_NEGATIVE, ChargedModel
from reservations.holds.models import Reservation

# Crockford's base 32: no I, L, O, U, so that a number can be read out on the phone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_number() -> str:
    """An order number that tells nobody how many orders there are: "DS-7K3F-9QXM", 40 random bits."""
    bits = secrets.randbits(40)
    letters = "".join(ALPHABET[bits >> shift & 31] for shift in range(35, -1, -5))
    return f"DS-{letters[:4]}-{letters[4:]}"


class Purchase(ChargedModel):
    """One per reservation, at the price frozen when the hold was made, with the charges of its payment. Never deleted (M4)."""

    class Status(models.TextChoices):
        PROCESSING = "processing", "Processing payment"
        PAID = "paid", "Paid"
        PACKED = "packed", "Packed"
        SHIPPED = "shipped", "Shipped"
        DELIVERED = "delivered", "Delivered"
        RETURNED = "returned", "Returned"
        REFUNDED = "refunded", "Refunded"
        CANCELLED = "cancelled", "Cancelled"

    # Allowed moves. A refund alone moves nothing: an order is "refunded" when its pair is with the shop and all its money with
    # the shopper.
    MOVES = {
        Status.PROCESSING: {Status.PAID, Status.CANCELLED},
        Status.PAID: {Status.PACKED, Status.CANCELLED},
        Status.PACKED: {Status.PAID, Status.SHIPPED, Status.DELIVERED, Status.CANCELLED},
        Status.SHIPPED: {Status.DELIVERED, Status.RETURNED},
        Status.DELIVERED: {Status.RETURNED},
        Status.RETURNED: {Status.REFUNDED},
        Status.CANCELLED: {Status.REFUNDED},
        Status.REFUNDED: set(),
    }
    KEPT = (Status.PAID, Status.PACKED, Status.SHIPPED, Status.DELIVERED)  # paid, and the pair is the shopper's
    FINISHED = (Status.DELIVERED, Status.RETURNED, Status.REFUNDED, Status.CANCELLED)  # nothing more is sent to the shopper
    ENDED = (Status.RETURNED, Status.REFUNDED, Status.CANCELLED)  # the pair is not the shopper's any more

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    number = models.CharField(max_length=14, unique=True, default=new_number, editable=False)
    reservation = models.OneToOneField(Reservation, on_delete=models.PROTECT, related_name="purchase")
    drop = models.ForeignKey(Drop, on_delete=models.PROTECT, related_name="purchases")
    size = models.ForeignKey(Size, on_delete=models.PROTECT, related_name="purchases")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="purchases")
    price = models.PositiveBigIntegerField(help_text="Of the pair alone, in minor units.")
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=Status, default=Status.PROCESSING)
    address = EncryptedJSONField()
    place_hash = place_hash_field("address")
    created_at = models.DateTimeField()
    restocked = models.BooleanField("the pair is for sale again", default=False, db_default=False)
    carrier = models.CharField(max_length=40, blank=True, default="", db_default="")
    tracking = models.CharField("tracking number", max_length=60, blank=True, default="", db_default="")
    # Of a forgotten address only the country is left, and the place that handed the pair out (`orders.forget`).
    address_forgotten = models.BooleanField(default=False, db_default=False)
    member_left = models.BooleanField("its member is erased", default=False, db_default=False)
    found_by_name = models.BooleanField("its recipient's words are stored", default=False, db_default=False)

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        *("processing", "paid", "packed", "shipped", "delivered"),
                        *("returned", "refunded", "cancelled"),
                    ]
                ),
                name="purchase_status_known",
            ),
            models.CheckConstraint(
                condition=Q(restocked=False) | Q(status__in=["returned", "refunded", "cancelled"]),
                name="purchase_restocked_when_ended",
            ),
            models.CheckConstraint(
                condition=Q(carrier="", tracking="")
                | (~Q(carrier="") & ~Q(tracking="") & Q(status__in=["shipped", "delivered", "returned", "refunded"])),
                name="purchase_tracked_once_shipped",
            ),
            models.CheckConstraint(
                condition=NOTHING_NEGATIVE & (Q(tax_included=False) | Q(tax__lte=F("price") + F("shipping"))),
                name="purchase_charges_sound",
            ),
            models.CheckConstraint(condition=DAYS_SOUND, name="purchase_days_sound"),
        )
        indexes = (
            models.Index(fields=("drop", "member"), name="purchase_of_member_in_drop"),
            models.Index(fields=("drop", "-created_at"), name="purchase_newest_in_drop"),
            models.Index(fields=("place_hash", "drop"), condition=Q(place_hash__gt=""), name="purchase_by_place"),
            models.Index(fields=("tracking",), condition=~Q(tracking=""), name="purchase_by_tracking"),
            models.Index(
                fields=("created_at",),
                condition=Q(address_forgotten=False, status__in=["delivered", "returned", "refunded", "cancelled"]),
                name="purchase_address_to_forget",
            ),
            models.Index(fields=("id",), condition=Q(found_by_name=False), name="purchase_not_found_by_name"),
        )
        permissions = (
            ("view_address", "Can see where a purchase is sent"),
            ("ship", "Can pack and ship orders, and take them back"),
        )

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return f"/orders/{self.pk}/"

    @property
    def charges(self) -> Charges:
        """What was paid, and for what."""
        return self.charges_on(Money(self.price, self.currency))

    @property
    def money(self) -> Money:
        """What was paid in all."""
        return self.charges.total

    @property
    def arrives(self) -> Arrival | None:
        """When the parcel should be there, as it was told with the sale; None where nobody said so, and once it is over."""
        is_awaited = self.status not in self.FINISHED and "pickup" not in (self.address or {})
        return arrival(self.days, self.created_at) if self.days and is_awaited else None


class PickupPlace(models.Model):
    """A place where shoppers collect what they bought, in the drops for which staff offer it."""

    name = models.CharField(max_length=100)
    street = models.CharField(max_length=200)
    zip_code = models.CharField("postcode", max_length=20)
    city = models.CharField(max_length=100)
    state = models.CharField(max_length=60, blank=True)
    country = models.CharField(max_length=60, help_text="By its code of ISO 3166, such as US, or its English name.")
    hours = models.CharField(max_length=300, help_text="When pairs are handed out: “Mon to Fri, 10 to 18”.")
    is_open = models.BooleanField("can be chosen", default=True, db_default=True)
    drops = models.ManyToManyField(
        Drop, blank=True, related_name="pickup_places", help_text="Whose pairs can be collected here."
    )

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name
