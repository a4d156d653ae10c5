"""Places on earth: PostgreSQL's own `point`, which a GiST index searches without any extension."""

from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models


class Place(NamedTuple):
    """Degrees, WGS 84; in PostgreSQL the point (longitude, latitude)."""

    latitude: float
    longitude: float

    @property
    def is_on_earth(self) -> bool:
        """Whether both numbers are degrees of this planet; NaN is nowhere."""
        return -90 <= self.latitude <= 90 and -180 <= self.longitude <= 180

    def __str__(self) -> str:
        return f"{self.latitude:.5f},{self.longitude:.5f}"


class PlaceField(models.Field):
    """A column `point(longitude, latitude)` whose values are `Place` or None."""

    description = "A place on earth"

    def db_type(self, connection: Any) -> str:
        return "point"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Place | None:
        if value is None:
            return None
        longitude, latitude = value.strip("()").split(",")
        return Place(float(latitude), float(longitude))

    def to_python(self, value: Any) -> Place | None:
        """From a Place, a pair, or "latitude,longitude"; raises ValidationError for everything else."""
        if value in (None, ""):
            return None
        try:
            latitude, longitude = value.split(",") if isinstance(value, str) else value
            place = Place(float(latitude), float(longitude))
        except (TypeError, ValueError):
            raise ValidationError("Give latitude and longitude in degrees: 52.52,13.40") from None
        if not place.is_on_earth:
            raise ValidationError("Latitudes go from -90 to 90, longitudes from -180 to 180.")
        return place

    def get_prep_value(self, value: Any) -> str | None:
        place = self.to_python(value)
        return None if place is None else f"({place.longitude!r},{place.latitude!r})"

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        return "%s::point"

    def value_to_string(self, obj: models.Model) -> str:
        place: Any = self.value_from_object(obj)
        return "" if place is None else f"{place.latitude!r},{place.longitude!r}"
