"""Which place a postcode means, so that nobody types the name of their city while a pair is held for them.

It is asked by whoever fills in an address, never by what checks one: a place is a proposal. The data are files of our own
(`postcode_data/README.md` says where they are from), read when the first postcode of a country is asked for.
"""

import gzip
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from reservations.addresses.countries import rules_of

FOLDER = Path(__file__).parent / "postcode_data"
COUNTRIES = frozenset(path.name.partition(".")[0] for path in FOLDER.glob("*.txt.gz"))
# How much of a postcode says the place: Dutch letters name a side of a street.
LEADING = {"NL": 4}


class Locality(NamedTuple):
    """`state` is "" where nobody writes one."""

    city: str
    state: str


def place_of(country: str, postcode: str) -> Locality | None:
    """The only place with this postcode of the country (a code); None where there are several, or nobody knows."""
    rules = rules_of(country)
    if country not in COUNTRIES or not postcode or rules.fault_of_postcode(postcode):
        return None
    key = rules.postcode_key(postcode)[: LEADING.get(country)]
    _, found, rest = _lines(country).partition(f"\n{key}\t")
    return Locality(*rest.partition("\n")[0].split("\t")) if found else None


@lru_cache(maxsize=len(COUNTRIES))
def _lines(country: str) -> str:
    """One text with a line for each postcode, "97201\tPortland\tOR"; a megabyte at most."""
    return "\n" + gzip.decompress((FOLDER / f"{country}.txt.gz").read_bytes()).decode()
