"""Reading the rates: one statement for the countries of a whole batch of purchases, before any lock.

Nothing is remembered between two questions: what staff have just changed counts at once, in every process.
"""

from collections import defaultdict
from collections.abc import Iterable

from dropshop.core.sql import rows
from reservations.charges.arrival import Days
from reservations.charges.calculate import EVERYWHERE_ELSE, Band, Tariff, Tax
from reservations.charges.regions import region_key

# Rates for shipping, taxes, and whether there is any rate for shipping at all.
RATES = """
SELECT country, currency, up_to_grams, amount, least_days, most_days,
       NULL, NULL, NULL::numeric, NULL, NULL::boolean, NULL::boolean
  FROM {shippingrate} WHERE country = ANY(%(countries)s::text[])
 UNION ALL
SELECT country, NULL, NULL, NULL, NULL, NULL, state, state_name, percent, name, included, on_shipping
  FROM {taxrate} WHERE country = ANY(%(countries)s::text[])
 UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
 WHERE EXISTS (SELECT FROM {shippingrate})
"""


def tariff_for(countries: Iterable[str]) -> Tariff:
    """The rates as they are now, for addresses in these countries (codes)."""
    ships_free, bands, taxes = True, defaultdict(list), {}
    found = rows(RATES, countries=[*{*countries, EVERYWHERE_ELSE}])
    for country, currency, grams, amount, least, most, state, state_name, *tax in found:
        if country is None:
            ships_free = False
        elif currency is not None:
            bands[country, currency].append(Band(grams, amount, None if most is None else Days(least, most)))
        else:
            percent, name, included, on_shipping = tax
            for region in {region_key(country, state), region_key(country, state_name or state)}:
                taxes[country, region] = Tax(name, percent, included, on_shipping)
    return Tariff(ships_free, {place: sorted(known) for place, known in bands.items()}, taxes)
