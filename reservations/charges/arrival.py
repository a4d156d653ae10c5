"""When a parcel arrives: as many working days after a moment as the rate for its shipping says."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.utils.dateformat import format as written

SATURDAY = 5  # as `date.weekday()` counts
MAX_DAYS = 120


class Days(NamedTuple):
    """The least and the most working days that a parcel takes."""

    least: int
    most: int


class Arrival(NamedTuple):
    """The first and the last day on which a parcel should be there."""

    earliest: date
    latest: date

    @property
    def text(self) -> str:
        """ "by Thursday 3 December"; with its year where that is not the year of today."""
        year = "" if self.latest.year == datetime.now(UTC).year else " Y"
        return f"by {written(self.latest, f'l j F{year}')}"

    @property
    def facts(self) -> dict[str, str]:
        """For the API: `from` and `by`, as ISO 8601 writes dates."""
        return {"from": self.earliest.isoformat(), "by": self.latest.isoformat()}


def arrival(days: Days, begun: datetime) -> Arrival:
    """Of a parcel whose sale is begun at this moment. Days count from the next one, in UTC, and only Mondays to Fridays do."""
    first = begun.astimezone(UTC).date()
    return Arrival(_later(first, days.least), _later(first, days.most))


def _later(day: date, working_days: int) -> date:
    while working_days:
        day += timedelta(days=1)
        working_days -= day.weekday() < SATURDAY
    return day
