"""Local times as staff type them: the clock on the wall of a drop's time zone, and the moment it stands for.

Twice a year the wall clock is no moment at all (the hour that is skipped) or two (the hour that comes twice). Both are
found by going there and back with each `fold` (PEP 495).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


class NonexistentTime(ValueError):
    """The clocks skip this local time."""


class AmbiguousTime(ValueError):
    """The clocks show this local time twice; `offsets` are the two, first to come first ("UTC+02:00")."""

    def __init__(self, offsets: tuple[str, str]) -> None:
        super().__init__(f"This time comes twice: {offsets[0]}, then {offsets[1]}.")
        self.offsets = offsets


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What the clock shows, to the second, and which of the two where it shows that twice (0 first, 1 second)."""

    local: datetime
    fold: int | None = None

    @classmethod
    def at(cls, moment: datetime, zone: str) -> "LocalTime":
        """What the clocks of `zone` show at `moment`."""
        there = moment.astimezone(ZoneInfo(zone))
        local = there.replace(tzinfo=None, microsecond=0, fold=0)
        twice = len(_moments(local, zone)) == 2
        return cls(local, there.fold if twice else None)

    def moment(self, zone: str) -> datetime:
        """The moment in UTC; raises NonexistentTime, or AmbiguousTime where `fold` does not say which."""
        moments = _moments(self.local, zone)
        if not moments:
            raise NonexistentTime(f"In {zone} the clocks skip {self.local:%H:%M} on {self.local:%-d %B %Y}.")
        if len(moments) == 2 and self.fold is None:
            raise AmbiguousTime((_offset(moments[0], zone), _offset(moments[1], zone)))
        return moments[self.fold or 0] if len(moments) == 2 else moments[0]


def _moments(local: datetime, zone: str) -> list[datetime]:
    """The moments at which the clocks of `zone` show `local`: none, one or two, in order."""
    aware = local.replace(tzinfo=ZoneInfo(zone))
    both = {aware.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(moment for moment in both if moment.astimezone(aware.tzinfo).replace(tzinfo=None, fold=0) == local)


def _offset(moment: datetime, zone: str) -> str:
    return f"UTC{moment.astimezone(ZoneInfo(zone)).isoformat(timespec='minutes')[-6:]}"
