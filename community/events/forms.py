"""The form in which a member describes an event: local times, and a city by its name."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from community.events.models import Event
from community.places import gazetteer, geocoding
from community.places.fields import PlaceField
from dropshop.core.errors import Invalid
from dropshop.core.local_time import LocalTime, NonexistentTime
from dropshop.core.time_zones import TimeZoneField

WALL = "%Y-%m-%dT%H:%M"


class Moment(forms.DateTimeInput):
    """The browser's own input for a date and a time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format=WALL)


class EventForm(forms.Form):
    """What `events.host` and `events.change` take is in `facts` once the form is valid."""

    title = forms.CharField(max_length=120, label="What", widget=forms.TextInput(attrs={"placeholder": "Lacing night"}))
    text = forms.CharField(max_length=2000, required=False, label="What it is about", widget=forms.Textarea(attrs={"rows": 4}))
    city = forms.CharField(
        max_length=120,
        label="City",
        help_text="Such as “Berlin” or “Portland, Maine”.",
        widget=forms.TextInput(attrs={"list": "cities", "autocomplete": "off"}),
    )
    venue = forms.CharField(max_length=200, label="Where exactly", help_text="Name and street, for your guests.")
    place = forms.CharField(
        required=False,
        max_length=40,
        label="On the map",
        help_text="Latitude, longitude. If empty: the city centre.",
    )
    starts_at = forms.DateTimeField(label="Starts", widget=Moment, help_text="In local time.")
    ends_at = forms.DateTimeField(label="Ends", widget=Moment)
    time_zone = TimeZoneField(required=False, label="Time zone", help_text="If empty: that of the city.")
    capacity = forms.IntegerField(
        required=False, min_value=1, max_value=100_000, label="Places", help_text="If empty: no limit."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cities: list[str] = []
        self.facts: dict[str, Any] = {}

    @staticmethod
    def initial_of(event: Event) -> dict[str, Any]:
        """An event as the form shows it."""
        zone = ZoneInfo(event.time_zone)
        return {
            **{name: getattr(event, name) for name in ("title", "text", "city", "venue", "time_zone", "capacity")},
            "place": str(event.place),
            "starts_at": event.starts_at.astimezone(zone).replace(tzinfo=None),
            "ends_at": event.ends_at.astimezone(zone).replace(tzinfo=None),
        }

    def clean(self) -> dict[str, Any]:
        """Leaves `facts`, and in `cities` what could have been meant where that is not clear."""
        given = super().clean() or {}
        self._find_place(given)
        zone = given.get("time_zone") or "UTC"
        for name in ("starts_at", "ends_at"):
            if isinstance(given.get(name), datetime):
                self._moment(given, name, zone)
        names = ("title", "text", "venue", "city", "place", "starts_at", "ends_at", "time_zone", "capacity")
        self.facts = {name: given.get(name) for name in names}
        return given

    def _find_place(self, given: dict[str, Any]) -> None:
        """The place by its degrees, else by the city's name; and the zone there, where none was chosen."""
        typed, spot = given.get("city", ""), given.get("place")
        if spot:
            try:
                given["place"] = PlaceField().to_python(spot)
            except forms.ValidationError as error:
                self.add_error("place", error)
                return
            self._follow_city(given)
            given["time_zone"] = given.get("time_zone") or gazetteer.nearest(given["place"]).time_zone
        elif typed:
            city, several = geocoding.locate(typed)
            if city is None:
                self.cities = [other.label for other in several]
                self.add_error(
                    "city", "Which one? Choose from the list." if several else "We do not know this city; try a larger one."
                )
                return
            given |= {"city": city.label, "place": city.place, "time_zone": given.get("time_zone") or city.time_zone}

    def _follow_city(self, given: dict[str, Any]) -> None:
        """If another city was named and the spot was not changed: the centre of that city, with its time zone."""
        if not self.initial or "city" not in self.changed_data or "place" in self.changed_data:
            return
        try:
            city = geocoding.moved_to(given["place"], given.get("city", ""))
        except Invalid as refusal:
            self.add_error("city", refusal.facts["errors"]["city"])
            return
        if city is not None:
            zone = given.get("time_zone") if "time_zone" in self.changed_data else city.time_zone
            given |= {"city": city.label, "place": city.place, "time_zone": zone}

    def _moment(self, given: dict[str, Any], name: str, zone: str) -> None:
        wall = given[name].replace(tzinfo=None)
        try:
            given[name] = LocalTime(wall, fold=0).moment(zone)
        except (NonexistentTime, OverflowError) as refusal:
            self.add_error(name, str(refusal))
