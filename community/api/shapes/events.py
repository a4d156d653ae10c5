"""What the calls under events/ take and give, for checking input and for the document."""

from typing import Any

from rest_framework import serializers

from community.models import Attendance
from community.places import Place
from drops.api.shapes import pages_of
from drops.models.drop import is_time_zone
from dropshop.errors import Invalid

WIDEST = 500  # kilometres


class EventSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    host = serializers.CharField(allow_null=True, help_text="Their username; null for who has left.")
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


class AnswerSerializer(serializers.Serializer):
    event = EventSerializer()
    status = serializers.ChoiceField(Attendance.Status.choices)
    place_in_line = serializers.IntegerField(min_value=1, allow_null=True, help_text="1 is let in next.")


class EventChangesSerializer(serializers.Serializer):
    """What a host decides; anything else that is sent has no effect."""

    title = serializers.CharField(max_length=120)
    text = serializers.CharField(max_length=2000, allow_blank=True, default="")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    time_zone = serializers.CharField(max_length=64, default="UTC", help_text="IANA name of the zone of the place.")
    venue = serializers.CharField(max_length=200)
    city = serializers.CharField(max_length=120)
    latitude = serializers.FloatField(min_value=-90, max_value=90)
    longitude = serializers.FloatField(min_value=-180, max_value=180)
    capacity = serializers.IntegerField(
        min_value=1, max_value=100_000, allow_null=True, default=None, help_text="Null: no limit."
    )

    def validate_time_zone(self, name: str) -> str:
        is_time_zone(name)
        return name

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Both halves of a place, as one."""
        halves = [name for name in ("latitude", "longitude") if name in attrs]
        if len(halves) == 1:
            raise serializers.ValidationError({halves[0]: ["Give latitude and longitude together."]})
        if halves:
            attrs["place"] = Place(attrs.pop("latitude"), attrs.pop("longitude"))
        return attrs


def near_of(text: str | None, radius: str | None) -> tuple[Place, float] | None:
    """`near` and `radius_km` of an address as a place and kilometres; None without `near`. Raises Invalid, by field."""
    errors: dict[str, list[str]] = {}
    place, km = None, 50.0
    if text:
        numbers = [_number(part) for part in text.split(",")]
        if len(numbers) == 2 and None not in numbers and (found := Place(*numbers)).is_on_earth:  # type: ignore[arg-type]
            place = found
        else:
            errors["near"] = ["Latitude and longitude in degrees: 52.52,13.40"]
    elif radius:
        errors["near"] = ["A radius is around something: give `near` as well."]
    if radius:
        given = _number(radius)
        if given is None or not 1 <= given <= WIDEST:
            errors["radius_km"] = [f"Between 1 and {WIDEST} kilometres."]
        else:
            km = given
    if errors:
        raise Invalid(errors=errors)
    return None if place is None else (place, km)


def _number(text: str) -> float | None:
    """A plain decimal number; None for everything else float() would read (nan, inf, 1_0, other digits)."""
    text = text.strip()
    if not text.isascii() or not 0 < len(text) <= 30 or set(text) - set("0123456789.+-"):
        return None
    try:
        return float(text)
    except ValueError:
        return None


EventPage = pages_of(EventSerializer, "EventPage")
PatchedEvent = EventChangesSerializer(partial=True)
