"""Local times across the changes of the clocks; Europe/Berlin changes on 29 March and 25 October 2026, both at 01:00 UTC."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropshop.core.local_time import AmbiguousTime, LocalTime, NonexistentTime

BERLIN = "Europe/Berlin"


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def local(*parts):
    return datetime(*parts)  # noqa: DTZ001 - a wall clock has no zone


@pytest.mark.parametrize(
    ("shown", "moment"),
    [
        (local(2026, 3, 28, 19, 0), utc(2026, 3, 28, 18, 0)),
        (local(2026, 3, 29, 1, 59, 59), utc(2026, 3, 29, 0, 59, 59)),
        (local(2026, 3, 29, 3, 0), utc(2026, 3, 29, 1, 0)),
        (local(2026, 3, 29, 19, 0), utc(2026, 3, 29, 17, 0)),
        (local(2026, 10, 25, 1, 59, 59), utc(2026, 10, 24, 23, 59, 59)),
        (local(2026, 10, 25, 3, 0), utc(2026, 10, 25, 2, 0)),
        (local(2026, 10, 25, 19, 0), utc(2026, 10, 25, 18, 0)),
    ],
)
def test_a_local_time_is_one_moment_and_comes_back_from_it(shown, moment):
    assert LocalTime(shown).moment(BERLIN) == moment
    assert LocalTime.at(moment, BERLIN) == LocalTime(shown)


@pytest.mark.parametrize("minute", [0, 30, 59])
def test_the_hour_that_is_skipped_in_march_is_no_time(minute):
    with pytest.raises(NonexistentTime) as refusal:
        LocalTime(local(2026, 3, 29, 2, minute)).moment(BERLIN)
    assert str(refusal.value) == f"In Europe/Berlin the clocks skip 02:{minute:02} on 29 March 2026."


def test_the_hour_that_comes_twice_in_october_must_say_which():
    shown = local(2026, 10, 25, 2, 30)
    with pytest.raises(AmbiguousTime) as question:
        LocalTime(shown).moment(BERLIN)
    assert question.value.offsets == ("UTC+02:00", "UTC+01:00")
    assert LocalTime(shown, 0).moment(BERLIN) == utc(2026, 10, 25, 0, 30)
    assert LocalTime(shown, 1).moment(BERLIN) == utc(2026, 10, 25, 1, 30)


def test_half_an_hour_can_come_twice_too():
    with pytest.raises(AmbiguousTime) as question:
        LocalTime(local(2026, 4, 5, 1, 45)).moment("Australia/Lord_Howe")
    assert question.value.offsets == ("UTC+11:00", "UTC+10:30")


@given(
    st.datetimes(min_value=local(2000, 1, 1), max_value=local(2037, 12, 31), timezones=st.just(UTC)),
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC"]),
)
def test_every_moment_comes_back_from_its_wall_clock(moment, zone):
    moment = moment.replace(microsecond=0)
    assert LocalTime.at(moment, zone).moment(zone) == moment
