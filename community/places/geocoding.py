"""From what somebody typed to a place: by the gazetteer, and for what it does not know by a Nominatim, where one is set."""

import json
import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache

from community.places import gazetteer
from community.places.fields import Place
from community.places.gazetteer import City, fold
from community.places.nearby import distance_km
from dropshop.core.errors import Invalid
from dropshop.core.limits import buckets, rate
from dropshop.core.outbound.client import OutboundClient
from dropshop.core.outbound.errors import ReadingFailed
from dropshop.core.token_buckets import RedisUnavailable

ANSWER_TIMEOUT = 4.0  # a page waits no longer
CACHE_SECONDS = 30 * 24 * 3600  # seconds for which an answer is not asked for again
TOWN_RADIUS_KM = 30  # kilometres from its middle
RATE = "1/1s"  # of all processes together, as the Nominatim of OpenStreetMap wants it


def locate(text: str) -> tuple[City | None, list[City]]:
    """The city or other place that is meant, where that is clear; and all that could be."""
    several = gazetteer.find_cities(text)
    if several or not settings.GEOCODER_URL or len(fold(text)) < 2:
        return gazetteer.the_one(text), several
    found = _remembered(text[: gazetteer.QUERY_MAX_LENGTH])
    return found, [found] if found else []


def moved_to(before: Place, typed: str) -> City | None:
    """The city to which an event at this place moves, when only the name of its city becomes another; None where it stays,
    because the spot lies in that city. Raises Invalid, by field, where no place is known by that name.
    """
    city, several = locate(typed)
    if city is None:
        words = "Which one? Give its full name" if several else "We do not know this city: try a larger one"
        raise Invalid(errors={"city": [f"{words}, or choose the spot on the map again."]})
    return None if distance_km(before, city.place) <= TOWN_RADIUS_KM else city


def _remembered(text: str) -> City | None:
    key = f"geocoded:{fold(text).encode().hex()}"[:240]
    known = cache.get(key, ...)
    if known is ...:
        try:
            known = _ask(text)
        except (ReadingFailed, RedisUnavailable, ValueError, KeyError, TypeError):
            return None  # asked again the next time
        cache.set(key, known, CACHE_SECONDS)
    return known


def _ask(text: str) -> City | None:
    """One request, when the rate limit allows it; with our name and address in the user agent."""
    for _ in range(3):
        if not (wait := buckets(settings.REDIS_URL).take([("geocoder", rate(RATE))])):
            break
        time.sleep(min(wait, 1))
    else:
        raise ReadingFailed("Too many places are looked up at the moment.")
    wanted = urlencode({"q": text, "format": "jsonv2", "limit": 1, "addressdetails": 1, "accept-language": "en"})
    answer = OutboundClient(seconds=ANSWER_TIMEOUT).get(
        f"{settings.GEOCODER_URL}/search?{wanted}", {"Accept": "application/json"}
    )
    if answer.status != 200:
        raise ReadingFailed(f"The geocoder answers {answer.status}.")
    rows = json.loads(answer.body)
    return _city(rows[0], text) if rows else None


def _city(row: dict[str, Any], text: str) -> City | None:
    place = Place(float(row["lat"]), float(row["lon"]))
    if not place.is_on_earth:
        return None
    address = row.get("address") or {}
    name = str(row.get("name") or text)[:60]
    country, code = str(address.get("country", ""))[:50], str(address.get("country_code", "")).upper()[:2]
    return City(name, "", country, code, place, 0, gazetteer.nearest(place).time_zone)
