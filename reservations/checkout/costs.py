"""What the checkout shows of the costs, as far as they are known from the address that is filled in."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from drops.models import Drop
from dropshop.core.clock import estimated_database_time
from dropshop.core.countries import names
from dropshop.core.errors import Invalid
from dropshop.core.money import Money
from dropshop.core.sql import rows
from reservations.charges.arrival import arrival
from reservations.charges.calculate import Charges, Tariff
from reservations.charges.errors import NotShippedThere
from reservations.charges.models import ShippingRate, TaxRate
from reservations.charges.tariff import tariff_for
from reservations.holds.models import Reservation
from reservations.payments.errors import AmountNotTaken
from reservations.purchases.costs import costs_of, require_payable
from reservations.purchases.models import PickupPlace
from reservations.purchases.pickup import place_lines, places_for


class ShownCosts(NamedTuple):
    """`charges` is the price alone while the costs are not known; `fault` says why they cannot be."""

    charges: Charges
    is_known: bool
    fault: str = ""

    @property
    def arrives(self) -> str:
        """ "by Thursday 3 December", if it is bought now; "" where nobody has said so."""
        begun = estimated_database_time() or datetime.now(UTC)
        return arrival(self.charges.days, begun).text if self.charges.days else ""


def shown_costs(hold: Reservation, address: Mapping[str, str]) -> ShownCosts:
    """For the country and state of this address, which may be empty or wrong: whoever buys is told what is wrong with it."""
    price_alone = Charges(hold.money, Money(0, hold.currency), Money(0, hold.currency))
    country, state = address.get("country", ""), address.get("state", "")
    try:
        if country:
            return ShownCosts(costs_of(hold, country=country, state=state), is_known=True)
    except NotShippedThere as refusal:
        return ShownCosts(price_alone, is_known=False, fault=not_shipped(refusal.facts["country"]))
    except AmountNotTaken as refusal:
        return ShownCosts(price_alone, is_known=False, fault=refusal.detail)
    except Invalid as refusal:
        errors: dict[str, list[str]] = refusal.facts["errors"]
        return ShownCosts(price_alone, is_known=False, fault=" ".join(errors.get("address.state", ())))
    return ShownCosts(price_alone, is_known=not (ShippingRate.objects.exists() or TaxRate.objects.exists()))


def collecting_costs(hold: Reservation) -> list[tuple[PickupPlace, Charges]]:
    """The places where this pair can be collected, each with what it costs there; none whose tax nobody can know, or where
    the provider cannot take the sum.
    """
    places = list(places_for(hold.drop_id))
    tariff = tariff_for({place.country for place in places}) if places else Tariff()
    found = []
    for place in places:
        with suppress(Invalid, AmountNotTaken):  # the first: the place has no state, and the tax depends on it
            found.append((place, require_payable(tariff.charges(hold.money, hold.drop.weight, place_lines(place)))))
    return found


class HoldRoom(NamedTuple):
    """What holds of a drop may show beside the parts that every hold has: so many rows of costs at most, and these places."""

    rows: tuple[str, ...]
    places: list[PickupPlace]


RATES_THERE_ARE = """
SELECT EXISTS (SELECT FROM {shippingrate}), EXISTS (SELECT FROM {taxrate}),
       EXISTS (SELECT FROM {shippingrate} WHERE most_days IS NOT NULL)
"""


def room_for(drop: Drop) -> HoldRoom:
    """By the rates that the shop has, wherever the pair goes: the page asks before it knows the address."""
    ((ships, taxes, arrives),) = rows(RATES_THERE_ARE)
    more = ("Price", "Tax", "Total") if taxes else ("Price", "Total") if ships else ()
    return HoldRoom((*more, *(("Arrives",) if arrives else ())), [*places_for(drop.pk)])


def not_shipped(country: str) -> str:
    """What is said at the address, by the country's code."""
    return f"We do not ship this pair to {names().get(country, country)}."
