"""The area a member chooses to share: a geohash of three to five letters, and nothing finer, ever."""

from typing import Any, NamedTuple

import pygeohash

from community.people import profile
from community.people.models import Member
from community.places import gazetteer
from community.places.fields import Place
from dropshop.core.errors import Invalid

LETTERS = frozenset("0123456789bcdefghjkmnpqrstuvwxyz")


class Precision(NamedTuple):
    """How coarse: so many letters; `km` across at the widest, and the radius that is looked at around its middle."""

    letters: int
    name: str
    said: str
    radius_km: int


PRECISIONS = (
    Precision(3, "region", "Region: about 150 km across", 150),
    Precision(4, "city", "City: about 40 km across", 50),
    Precision(5, "quarter", "Quarter: about 5 km across", 25),
)


def precision_of(geohash: str) -> Precision:
    """How coarse this area is."""
    return next(precision for precision in PRECISIONS if precision.letters == len(geohash))


def middle(geohash: str) -> Place:
    """The middle of the area: all anybody learns of where the member is."""
    exact = pygeohash.decode_exactly(geohash)
    return Place(exact.latitude, exact.longitude)


def said(geohash: str) -> str:
    """The area in words: "around Berlin, Germany"; "" for none."""
    return f"around {gazetteer.nearest(middle(geohash)).label}" if geohash else ""


def share(member: Member, *, geohash: str = "", place: str = "", letters: Any = 4) -> Member:
    """Notes the area: a geohash as the browser made it, or the name of a place, as coarse as `letters` says.

    Raises Invalid, by field. The geohash is cut to `letters` whatever was sent.
    """
    chosen = next((precision for precision in PRECISIONS if str(precision.letters) == str(letters)), None)
    if chosen is None:
        raise Invalid(errors={"letters": ["Choose region, city or quarter."]})
    if geohash:
        if len(geohash) < chosen.letters or not LETTERS.issuperset(geohash):
            raise Invalid(errors={"geohash": ["This is not an area."]})
    elif (city := gazetteer.the_one(place)) is None:
        options = ", or ".join(f"“{found.label}”" for found in gazetteer.find_cities(place, limit=3))
        raise Invalid(
            errors={"place": [f"Which one? {options}." if options else "We do not know this place; try a larger city."]}
        )
    else:
        geohash = pygeohash.encode(city.place.latitude, city.place.longitude, precision=chosen.letters)
    profile.store(member, geohash=geohash[: chosen.letters])
    return member


def forget(member: Member) -> Member:
    """Removes the area."""
    profile.store(member, geohash="")
    return member
