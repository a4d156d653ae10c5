"""The moments that pages tell: as HTML allows them, and with the year where it is not this one."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from dropshop.core.clock import database_time
from dropshop.templatetags.moments import FORMS, human_time, machine_time
from tests.make import make_drop

MOMENT = datetime(2021, 3, 9, 8, 5, 6, 123456, UTC)
TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.mark.parametrize("told", [MOMENT, "2021-03-09T08:05:06.123456Z", MOMENT.astimezone(timezone(timedelta(hours=9)))])
def test_browsers_are_told_milliseconds_in_utc(told):
    assert machine_time(told) == "2021-03-09T08:05:06.123Z"
    assert machine_time(None) == ""


def test_a_day_of_another_year_names_the_year():
    assert {form: human_time(MOMENT, form) for form in FORMS} == {
        "time": "08:05",
        "clock": "08:05:06",
        "day": "Tue 9 Mar 2021",
        "date": "Tuesday 9 March 2021, 08:05",
        "near": "Tue 9 Mar 2021, 08:05",
    }
    assert human_time(None, "near") == ""


@pytest.mark.django_db
def test_a_day_of_this_year_does_not():
    now = database_time()
    assert human_time(now, "day") == f"{now:%a} {now.day} {now:%b}"


@pytest.mark.django_db
def test_a_drop_that_ended_years_ago_says_in_which(client):
    drop = make_drop(1, starts_at=MOMENT, ends_at=MOMENT + timedelta(hours=1))
    page = client.get(drop.get_absolute_url()).content.decode()
    assert 'datetime="2021-03-09T09:05:06.123Z" data-local="date">Tuesday 9 March 2021, 09:05</time>' in page


def test_every_template_writes_its_moments_by_these_filters():
    tags = {str(path): re.findall(r"<time\b(?!-)[^>]*>", path.read_text()) for path in TEMPLATES.rglob("*.html")}
    assert [(path, tag) for path, found in tags.items() for tag in found if "|machine_time }}" not in tag] == []
    local = [tag for found in tags.values() for tag in found if "data-local" in tag]
    assert {re.search(r'data-local="(\w+)"', tag)[1] for tag in local} == {"time", "clock", "day", "date", "near"}
