"""What a pair costs in all where it is sent: its price, shipping, and tax. Pure arithmetic on whole minor units (M8).

The tax is one line: computed on the sum that is taxed, with all its decimals, and rounded once, a half upwards. This is the
rounding rule of the Streamlined Sales and Use Tax Agreement (section 324: to the third decimal place of the currency, up when
that is greater than four; by item or by invoice). EU law has no rule of its own: rounding is left to the members, as long
as the tax stays proportional to the price (Court of Justice, C-484/06 and C-302/07).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from dropshop.core.errors import Invalid
from dropshop.core.money import Money
from reservations.charges.arrival import Days
from reservations.charges.errors import NotShippedThere
from reservations.charges.regions import region_key

WHOLE = 100_000  # thousandths of a percent: rates have three decimals
NO_TAX = Decimal(0)
EVERYWHERE_ELSE = "*"  # in the place of a country


@dataclass(frozen=True, slots=True)
class Charges:
    """`tax` is part of price and shipping where it is `tax_included`, and otherwise comes on top.

    `days` that the parcel takes: None where nobody has said so, or nothing is sent. Charges that differ only in them are equal.
    """

    price: Money
    shipping: Money
    tax: Money
    tax_name: str = ""
    tax_percent: Decimal = NO_TAX
    tax_included: bool = False
    days: Days | None = field(default=None, compare=False)

    @property
    def total(self) -> Money:
        """What is paid."""
        added = 0 if self.tax_included else self.tax.minor
        return Money(self.price.minor + self.shipping.minor + added, self.price.currency)

    @property
    def tax_label(self) -> str:
        """ "VAT 19%"; "" without a tax."""
        return f"{self.tax_name} {percent_text(self.tax_percent)}" if self.tax_name else ""


def percent_text(percent: Decimal) -> str:
    """ "8.625%", "19%"."""
    return f"{percent.normalize():f}%"


class Band(NamedTuple):
    """A parcel of at most so many grams, what it costs in minor units, and the working days that it takes."""

    up_to_grams: int
    amount: int
    days: Days | None = None


NOT_SENT = Band(0, 0)


class Tax(NamedTuple):
    """A rate of tax as it is applied."""

    name: str
    percent: Decimal
    included: bool
    on_shipping: bool

    def on(self, price: int, shipping: int) -> int:
        """In minor units."""
        taxed, rate = price + (shipping if self.on_shipping else 0), int(self.percent * WHOLE / 100)
        return half_up(taxed * rate, WHOLE + rate if self.included else WHOLE)


def half_up(amount: int, parts: int) -> int:
    """`amount / parts` as a whole number, a half upwards; neither is negative."""
    return (2 * amount + parts) // (2 * parts)


@dataclass(frozen=True, slots=True)
class Tariff:
    """The rates that matter to some countries. `bands` by country and currency, lightest first; `taxes` by country and region.

    Where the shop `ships_free` it has no rate for shipping at all.
    """

    ships_free: bool = True
    bands: Mapping[tuple[str, str], Sequence[Band]] = field(default_factory=dict)
    taxes: Mapping[tuple[str, str], Tax] = field(default_factory=dict)

    def charges(self, price: Money, grams: int, address: Mapping[str, str]) -> Charges:
        """What a pair of this price and weight costs at the address, of which `country` (a code) and `state` count.

        What is collected (its address has `pickup`) is not shipped, and so costs no shipping.
        Raises NotShippedThere; and Invalid, about `address.state`, where the tax depends on a state that is missing.
        """
        is_sent = not self.ships_free and "pickup" not in address
        band = self._band(price.currency, grams, address["country"]) if is_sent else NOT_SENT
        shipping = Money(band.amount, price.currency)
        tax = self._tax(address["country"], address.get("state", ""))
        if tax is None:
            return Charges(price, shipping, Money(0, price.currency), days=band.days)
        due = Money(tax.on(price.minor, shipping.minor), price.currency)
        return Charges(price, shipping, due, tax.name, tax.percent, tax.included, days=band.days)

    def _band(self, currency: str, grams: int, country: str) -> Band:
        bands = self.bands.get((country, currency)) or self.bands.get((EVERYWHERE_ELSE, currency), ())
        for band in bands:
            if grams <= band.up_to_grams:
                return band
        raise NotShippedThere(country=country, grams=grams, currency=currency)

    def _tax(self, country: str, state: str) -> Tax | None:
        region = region_key(country, state)
        if not region and any(taxed == country and key for taxed, key in self.taxes):
            raise Invalid("The address is not complete.", errors={"address.state": ["Give the state: the tax depends on it."]})
        return self.taxes.get((country, region)) or self.taxes.get((country, ""))
