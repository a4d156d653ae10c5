"""Quiet hours and the hour of the daily e-mail, by the clocks of a member's time zone.

Twice a year clocks skip an hour or show one twice (`dropshop.core.local_time`). A time that is skipped comes where the clocks
go on; one that comes twice is the first of the two.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Times(NamedTuple):
    """What one member chose; `quiet` is from when until when, None for a member without quiet hours."""

    zone: ZoneInfo
    quiet: tuple[time, time] | None
    digest_hour: int


def quiet_end(moment: datetime, times: Times) -> datetime | None:
    """When the quiet hours end that this moment lies in; None outside of them."""
    if times.quiet is None:
        return None
    begin, end = times.quiet
    local = moment.astimezone(times.zone)
    clock = local.time()
    if not (begin <= clock < end if begin < end else clock >= begin or clock < end):
        return None
    day = local.date() if clock < end else local.date() + DAY
    return next(at for at in _moments(day, end, times.zone) if at > moment)


def next_digest(after: datetime, times: Times) -> datetime:
    """The first hour of the daily e-mail after this moment."""
    day = local_day(after, times)
    each = (_moments(day + number * DAY, time(times.digest_hour), times.zone)[0] for number in range(3))
    return next(at for at in each if at > after)


def is_digest_hour(moment: datetime, times: Times) -> bool:
    """Whether the member's clocks show the hour of their daily e-mail."""
    return moment.astimezone(times.zone).hour == times.digest_hour


def local_day(moment: datetime, times: Times) -> date:
    """The day on the member's calendar."""
    return moment.astimezone(times.zone).date()


def _moments(day: date, clock: time, zone: ZoneInfo) -> list[datetime]:
    """When the clocks show this time on that day, in UTC and in order; where they skip it, when they go on after it."""
    wall = datetime.combine(day, clock)
    both = sorted({wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)})
    if any(_wall(at, zone) == wall for at in both):
        return both
    moment, last = both
    while moment < last and _wall(moment, zone) < wall:
        moment += MINUTE
    return [moment]


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)
