"""What is near a place on earth: the great-circle distance, and the boxes by which the GiST index finds candidates."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.models import FloatField, Func, Lookup, Q, QuerySet
from rest_framework.pagination import Cursor

from community.places.fields import Place, PlaceField
from dropshop.core.api.paging import not_ours

EARTH_KM = 6371.0088  # the mean radius (IUGG), kilometres
BOX_MARGIN = 1e-6  # degrees by which a box is wider than need be: a tenth of a metre
# Kilometres within which a page of neighbours is looked for before the whole circle is read.
RINGS_KM = (2, 5, 15, 50, 150)
# And a little further than where the page begins: near a large city that is often enough.
NEXT_RING = 1.1
# Heights of the boxes by which what is nearer than a page begins is left out, as parts of the circle's.
STAIRS = (0.5, 0.85)


def distance_km(one: Place, other: Place) -> float:
    """Kilometres along the great circle, on a sphere (within 0.6 % of the ellipsoid).

    The haversine: R. W. Sinnott, "Virtues of the Haversine", Sky & Telescope 68 (1984), p. 159.
    """
    south, north = math.radians(one.latitude), math.radians(other.latitude)
    across = math.radians(other.longitude - one.longitude)
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin(across / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


@dataclass(frozen=True)
class Box:
    """Degrees; `west` is never above `east`: what crosses the antimeridian is two boxes."""

    south: float
    west: float
    north: float
    east: float


def boxes_around(place: Place, km: float) -> list[Box]:
    """One or two boxes that hold every point within `km` kilometres; around a pole, all longitudes.

    The bounding coordinates of J. P. Matuschek, "Finding Points Within a Distance of a Latitude/Longitude" (2010).
    """
    angle = km / EARTH_KM
    height = math.degrees(angle) + BOX_MARGIN
    south, north = place.latitude - height, place.latitude + height
    if south <= -90 or north >= 90:
        return [Box(max(south, -90.0), -180.0, min(north, 90.0), 180.0)]
    width = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(place.latitude))))) + BOX_MARGIN
    west, east = place.longitude - width, place.longitude + width
    if west < -180:
        return [Box(south, -180.0, north, east), Box(south, west + 360, north, 180.0)]
    if east > 180:
        return [Box(south, west, north, 180.0), Box(south, -180.0, north, east - 360)]
    return [Box(south, west, north, east)]


def box_within(place: Place, km: float, part: float = 0.7) -> Box | None:
    """A box all of which is nearer than `km`, whose height is this part of the circle's; None where there is none worth
    looking for, or it would cross an edge of the map.

    Its corners nearest to the equator are the furthest: their distance by the haversine, turned around, says how wide it is.
    """
    half = km / EARTH_KM * part
    height = math.degrees(half)
    south, north = place.latitude - height + BOX_MARGIN, place.latitude + height - BOX_MARGIN
    if south <= -89 or north >= 89 or height < 10 * BOX_MARGIN:
        return None
    widest = 1.0 if south < 0 < north else math.cos(math.radians(min(abs(south), abs(north))))
    across = (math.sin(km / EARTH_KM / 2) ** 2 - math.sin(half / 2) ** 2) / (math.cos(math.radians(place.latitude)) * widest)
    width = math.degrees(2 * math.asin(min(1.0, math.sqrt(across)))) - BOX_MARGIN
    west, east = place.longitude - width, place.longitude + width
    return Box(south, west, north, east) if -180 < west < east < 180 else None


def boxes_between(place: Place, km: float, beyond: float) -> list[Box]:
    """Boxes that hold every point within `km` kilometres and further than `beyond`: bands around the middle."""
    around = boxes_around(place, km)
    inner = [box for part in STAIRS if (box := box_within(place, beyond, part)) is not None]
    if len(inner) < len(STAIRS) or len(around) > 1:
        return around
    (outer,) = around
    found, south = [Box(outer.south, outer.west, inner[-1].south, outer.east)], inner[-1].south
    # Up beside the tallest, which is the narrowest, to the widest and flattest, and beside them in the other order.
    rising = [(box, flatter.south) for flatter, box in pairwise(inner)][::-1] + [(box, box.north) for box in inner]
    for gap, north in rising:
        found += [Box(south, outer.west, north, gap.west), Box(south, gap.east, north, outer.east)]
        south = north
    return [*found, Box(south, outer.west, outer.north, outer.east)]


@PlaceField.register_lookup
class Within(Lookup):
    """`place__within=Box(…)`: PostgreSQL's `<@`, which the GiST index answers."""

    lookup_name = "within"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        box: Any = self.rhs
        return f"{left} <@ %s::box", (*params, f"(({box.west!r},{box.south!r}),({box.east!r},{box.north!r}))")


class DistanceKm(Func):
    """`distance_km` of a column from a place, computed by the database."""

    output_field = FloatField()

    def __init__(self, field: Any, place: Place) -> None:
        super().__init__(field)
        self.place = place

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        column, params = compiler.compile(self.source_expressions[0])
        latitude, longitude = f"({column})[1]", f"({column})[0]"
        sql = (
            f"(2 * {EARTH_KM}::float8 * asin(least(1, sqrt(power(sin(radians({latitude} - %s::float8) / 2), 2)"
            f" + %s::float8 * cos(radians({latitude})) * power(sin(radians({longitude} - %s::float8) / 2), 2)))))"
        )
        own = [self.place.latitude, math.cos(math.radians(self.place.latitude)), self.place.longitude]
        return sql, [*params, own[0], *params, own[1], *params, own[2]]


def near(things: QuerySet[Any], place: Place, km: float, *, beyond: float = -1) -> QuerySet[Any]:
    """Those of `things` whose `place` is at most `km` away, and further than `beyond`, each with its `distance_km`."""
    anywhere = (Q(place__within=box) for box in boxes_between(place, km, beyond))
    found = things.filter(Q(*anywhere, _connector=Q.OR)).annotate(distance_km=DistanceKm("place", place))
    return found.filter(distance_km__lte=km, **({"distance_km__gt": beyond} if beyond >= 0 else {}))


def radius_for(things: QuerySet[Any], place: Place, km: float, *, rows: int, beyond: float = -1) -> float:
    """A radius, at most `km`, that holds `rows` of the things further away than `beyond`: enough for a page by distance.

    In a crowded city a wide circle holds far more than anybody reads; its nearest are found without looking at the rest.
    """
    rings: list[float] = sorted(ring for ring in {*RINGS_KM, beyond * NEXT_RING} if beyond < ring < km)
    if not rings:
        return km
    # One statement for all rings. In no order, and counted to `rows` alone: of a crowded ring hardly anything is read.
    counts: list[str] = []
    values: list[Any] = []
    for ring in rings:
        found = near(things, place, ring, beyond=beyond).order_by().values("pk")[:rows]
        statement, given = found.query.sql_with_params()
        counts.append(f"(SELECT count(*) FROM ({statement}) AS ring)")  # noqa: S608 - the ORM's own statement
        values += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", values)
        return next((ring for ring, count in zip(rings, cursor.fetchone(), strict=True) if count == rows), km)


NEAREST = ("distance_km", "starts_at", "id")


def nearest(things: QuerySet[Any], place: Place, km: float, *, rows: int, cursor: Cursor | None) -> QuerySet[Any]:
    """Those within the radius, to be paged by `NEAREST`; within less where that is enough for the page of so many rows that
    begins at the cursor (None: the first).

    Raises Invalid for a cursor that is none of such a list.
    """
    offset, reverse, position = cursor or Cursor(0, False, None)
    passed = -1 if position is None else _kilometres(str(position))
    if reverse:
        return near(things, place, km if position is None else min(km, passed))
    return near(things, place, radius_for(things, place, km, rows=rows + offset + 1, beyond=passed), beyond=passed)


def _kilometres(position: str) -> float:
    try:
        passed = float(position)
    except ValueError:
        passed = math.nan
    if not math.isfinite(passed):
        raise not_ours()
    return passed
