"""Quiet hours and the hour of the daily e-mail, also on the days when clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from community.notice_emails.times import Times, next_digest, quiet_end

NIGHT = time(22), time(8)


def times(zone="Europe/Berlin", quiet=NIGHT, hour=9):
    return Times(ZoneInfo(zone), quiet, hour)


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-06-01 19:59:59", None),
        ("2026-06-01 20:00", "2026-06-02 06:00"),
        ("2026-06-02 05:59:59", "2026-06-02 06:00"),
        ("2026-06-02 06:00", None),
        ("2026-03-28 23:00", "2026-03-29 06:00"),
        ("2026-10-24 23:00", "2026-10-25 07:00"),
    ],
    ids=["before", "the first moment", "the last", "after", "a night that is an hour short", "a night that is an hour long"],
)
def test_quiet_hours_end_by_the_clocks_of_the_member(now, ends):
    assert quiet_end(moment(now), times()) == (ends and moment(ends))


def test_quiet_hours_may_lie_within_a_day():
    noon = times(quiet=(time(12), time(14, 30)))
    assert quiet_end(moment("2026-06-01 10:15"), noon) == moment("2026-06-01 12:30")
    assert quiet_end(moment("2026-06-01 12:30"), noon) is None


def test_a_member_without_quiet_hours_has_none():
    assert quiet_end(moment("2026-06-02 01:00"), times(quiet=None)) is None


def test_quiet_hours_that_end_while_clocks_skip_an_hour_end_when_they_go_on():
    assert quiet_end(moment("2026-03-29 00:30"), times(quiet=(time(22), time(2, 30)))) == moment("2026-03-29 01:00")


def test_quiet_hours_that_end_in_an_hour_that_comes_twice_end_both_times():
    early = times(quiet=(time(22), time(2, 30)))
    assert quiet_end(moment("2026-10-24 23:00"), early) == moment("2026-10-25 00:30")
    assert quiet_end(moment("2026-10-25 01:10"), early) == moment("2026-10-25 01:30")


@pytest.mark.parametrize(
    ("now", "comes"),
    [
        ("2026-06-01 06:59:59", "2026-06-01 07:00"),
        ("2026-06-01 07:00", "2026-06-02 07:00"),
        ("2026-03-28 08:00", "2026-03-29 07:00"),
        ("2026-10-24 07:00", "2026-10-25 08:00"),
    ],
    ids=["the same day", "the next", "over a night that is short", "over one that is long"],
)
def test_the_daily_e_mail_comes_at_its_hour_by_the_clocks_of_the_member(now, comes):
    assert next_digest(moment(now), times()) == moment(comes)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"])
@pytest.mark.parametrize("hour", [0, 1, 2, 3, 9, 23])
def test_every_day_of_a_year_has_its_daily_e_mail_once(zone, hour):
    mine, at, days = times(zone, hour=hour), moment("2026-01-01 12:00"), []
    for _ in range(365):
        at = next_digest(at, mine)
        days.append(at.astimezone(mine.zone).date())
    assert days == [days[0] + timedelta(days=number) for number in range(365)]
