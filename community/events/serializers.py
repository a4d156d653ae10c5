"""What the calls under events/ take and give, for checking input and for the document."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from community.events import hosting
from community.events.models import Attendance
from community.places.fields import Place
from dropshop.core.api.paging import PageQuery
from dropshop.core.api.serializers import Faults, Shape, page_serializer
from dropshop.core.api.validation import faults_of
from dropshop.core.clock import database_time
from dropshop.core.time_zones import is_time_zone

MAX_RADIUS_KM = 500  # kilometres


class EventSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    host = serializers.CharField(allow_null=True, help_text="The host's username; null when they have left.")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    time_zone = serializers.CharField(help_text="IANA name of the zone of the place.")
    venue = serializers.CharField()
    city = serializers.CharField()
    latitude = serializers.FloatField(min_value=-90, max_value=90)
    longitude = serializers.FloatField(min_value=-180, max_value=180)
    capacity = serializers.IntegerField(min_value=1, allow_null=True, help_text="Null: no limit.")
    going = serializers.IntegerField(min_value=0)
    waiting = serializers.IntegerField(min_value=0)
    mine = serializers.ChoiceField(Attendance.Status.choices, allow_null=True, help_text="My answer.")
    cancelled = serializers.BooleanField()
    distance_km = serializers.FloatField(min_value=0, allow_null=True, help_text="From `near`, along the great circle.")
    url = serializers.CharField(help_text="Its page.")


@extend_schema_serializer(component_name="Answer")
class RsvpSerializer(serializers.Serializer):
    event = EventSerializer()
    status = serializers.ChoiceField(Attendance.Status.choices)
    place_in_line = serializers.IntegerField(min_value=1, allow_null=True, help_text="1 gets the next place.")


def _number(text: str) -> float | None:
    """A plain decimal number; None for everything else float() would read (nan, inf, 1_0, other digits)."""
    text = text.strip()
    if not text.isascii() or not 0 < len(text) <= 30 or set(text) - set("0123456789.+-"):
        return None
    try:
        return float(text)
    except ValueError:
        return None


class NumberField(serializers.FloatField):
    """A plain decimal number."""

    def to_internal_value(self, data: Any) -> float:
        """The number; ValidationError for what is none, or none that one can measure by."""
        number = _number(data) if isinstance(data, str) else super().to_internal_value(data)
        if number is None:
            self.fail("invalid")
        return number


class EventChangesSerializer(Shape):
    """What a host decides."""

    title = serializers.CharField(max_length=120)
    text = serializers.CharField(max_length=2000, allow_blank=True, default="")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    time_zone = serializers.CharField(max_length=64, default="UTC", help_text="IANA name of the zone of the place.")
    venue = serializers.CharField(max_length=200)
    city = serializers.CharField(max_length=120)
    latitude = NumberField(min_value=-90, max_value=90)
    longitude = NumberField(min_value=-180, max_value=180)
    capacity = serializers.IntegerField(
        min_value=1, max_value=100_000, allow_null=True, default=None, help_text="Null: no limit."
    )

    def validate_time_zone(self, name: str) -> str:
        is_time_zone(name)
        return name

    def together(self, values: dict[str, Any], sent: Mapping[str, Any]) -> Faults:
        halves = [name for name in ("latitude", "longitude") if name in sent]
        faults = {halves[0]: ["Give latitude and longitude together."]} if len(halves) == 1 else {}
        if not self.partial and "starts_at" in values and "ends_at" in values:
            faults |= faults_of(hosting.check_hours, values["starts_at"], values["ends_at"], database_time())
        return faults

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Both halves of a place, as one."""
        if "latitude" in attrs:
            attrs["place"] = Place(attrs.pop("latitude"), attrs.pop("longitude"))
        return attrs


class EventQuery(PageQuery):
    near = serializers.CharField(required=False, help_text="Latitude and longitude in degrees: `52.52,13.40`.")
    radius_km = NumberField(
        required=False, min_value=1, max_value=MAX_RADIUS_KM, help_text="Kilometres around `near`; 50 when left out."
    )

    def validate_near(self, text: str) -> Place:
        numbers = [_number(part) for part in text.split(",")]
        if len(numbers) == 2 and None not in numbers and (found := Place(*numbers)).is_on_earth:  # type: ignore[arg-type]
            return found
        raise serializers.ValidationError("Latitude and longitude in degrees: 52.52,13.40")

    def together(self, values: dict[str, Any], sent: Mapping[str, Any]) -> Faults:
        if "radius_km" in sent and "near" not in sent:
            return {"near": ["A radius needs a centre: give `near` as well."]}
        return {}


EventPage = page_serializer(EventSerializer, "EventPage")
PatchedEvent = EventChangesSerializer(partial=True)
