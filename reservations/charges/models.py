"""What shipping costs and which tax is due, as staff write it down; and the columns that keep it with a payment and a sale."""

from decimal import Decimal

import pghistory
from django.db import models
from django.db.models import F, Q

from dropshop.core.money import Money
from reservations.charges.arrival import MAX_DAYS, Days
from reservations.charges.calculate import Charges, percent_text

MAX_GRAMS = 1_000_000


# For the CHECK of each table with these two columns.
DAYS_SOUND = Q(least_days=None, most_days=None) | Q(
    least_days__isnull=False,
    most_days__isnull=False,
    least_days__gte=1,
    least_days__lte=F("most_days"),
    most_days__lte=MAX_DAYS,
)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ShippingRate(models.Model):
    """What it costs to send a parcel of at most `up_to_grams` to a country, in one currency.

    The lightest band that a parcel fits into counts. A country with rates of its own in a currency has no others in it.
    """

    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    up_to_grams = models.PositiveIntegerField("up to (grams)")
    amount = models.PositiveBigIntegerField(help_text="In minor units.")
    least_days = models.PositiveSmallIntegerField("least working days", null=True, blank=True)
    most_days = models.PositiveSmallIntegerField(
        "most working days", null=True, blank=True, help_text="Until the parcel is there. Shoppers are told the last day."
    )

    class Meta:
        ordering = ("country", "currency", "up_to_grams")
        constraints = (
            models.UniqueConstraint(
                fields=("country", "currency", "up_to_grams"),
                name="shipping_rate_one_per_band",
                violation_error_message="There is a rate for this country, currency and weight already.",
            ),
            models.CheckConstraint(condition=Q(country__regex=r"^([A-Z]{2}|\*)$"), name="shipping_rate_country"),
            models.CheckConstraint(condition=Q(up_to_grams__range=(1, MAX_GRAMS)), name="shipping_rate_grams"),
            models.CheckConstraint(
                condition=DAYS_SOUND,
                name="shipping_rate_days",
                violation_error_message="Give the least and the most working days, 1 to 120, or neither.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.country}, up to {self.up_to_grams} g: {self.money}"

    @property
    def money(self) -> Money:
        """The cost of the band."""
        return Money(self.amount, self.currency)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class TaxRate(models.Model):
    """The tax on what is sent to a country, or to one of its regions, whose rate counts instead of the country's."""

    country = models.CharField(max_length=2)
    state = models.CharField(max_length=60, blank=True, help_text="Code of a state or region, such as CA. Empty: all others.")
    state_name = models.CharField(max_length=60, blank=True, help_text="Its name, which shoppers may write instead.")
    name = models.CharField(max_length=40, help_text='As receipts call it: "VAT", "Sales tax".')
    percent = models.DecimalField(max_digits=6, decimal_places=3)
    included = models.BooleanField("is in the price", default=False, help_text="Otherwise it is added to it.")
    on_shipping = models.BooleanField("also on shipping", default=False)

    class Meta:
        ordering = ("country", "state")
        constraints = (
            models.UniqueConstraint(
                fields=("country", "state"),
                name="tax_rate_one_per_region",
                violation_error_message="There is a rate for this country and state already.",
            ),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="tax_rate_country"),
            models.CheckConstraint(condition=Q(percent__range=(0, 100)), name="tax_rate_percent"),
            models.CheckConstraint(condition=~Q(name=""), name="tax_rate_named"),
        )

    def __str__(self) -> str:
        place = f"{self.country} {self.state}".strip()
        return f"{self.name} {percent_text(self.percent)} in {place}"


class ChargedModel(models.Model):
    """Columns of what is charged beside the price of a pair, frozen: nothing that staff change later changes them."""

    shipping = models.BigIntegerField(default=0, db_default=0, help_text="In minor units.")
    tax = models.BigIntegerField(default=0, db_default=0, help_text="In minor units.")
    tax_name = models.CharField(max_length=40, blank=True, default="", db_default="")
    tax_percent = models.DecimalField(max_digits=6, decimal_places=3, default=Decimal(0), db_default=Decimal(0))
    tax_included = models.BooleanField("tax is in the price", default=False, db_default=False)
    least_days = models.SmallIntegerField("arrives in at least (working days)", null=True, blank=True)
    most_days = models.SmallIntegerField("arrives in at most (working days)", null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def days(self) -> Days | None:
        """The working days that the parcel takes, as they were told."""
        return None if self.least_days is None or self.most_days is None else Days(self.least_days, self.most_days)

    def charges_on(self, price: Money) -> Charges:
        """What is paid in all, where the pair alone costs this."""
        return Charges(
            price,
            Money(self.shipping, price.currency),
            Money(self.tax, price.currency),
            self.tax_name,
            self.tax_percent,
            self.tax_included,
            self.days,
        )

    def freeze(self, charges: Charges) -> None:
        """Takes these charges over; `price` is a column of its own."""
        self.shipping, self.tax, self.tax_name = charges.shipping.minor, charges.tax.minor, charges.tax_name
        self.tax_percent, self.tax_included = charges.tax_percent, charges.tax_included
        self.least_days, self.most_days = charges.days or (None, None)


# For the CHECK of each table with these columns.
NOTHING_NEGATIVE = Q(shipping__gte=0, tax__gte=0, tax_percent__range=(0, 100))
