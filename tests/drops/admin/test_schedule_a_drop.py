"""Scheduling a drop in the admin: what staff type, what is stored, and what clocks that change do to it."""

from datetime import UTC, datetime

import pytest

from drops.models import Drop
from tests.harness.admin_forms import change_address, errors, fields
from tests.make import make_drop, make_sneaker

ADD = "/admin/drops/drop/add/"


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def schedule(client, **typed):
    """The answer to a filled-in form for a new drop."""
    form = fields(client.get(ADD), "drop_form")
    given = {
        "sneaker": str(make_sneaker().pk),
        "title": "Ember Runner 02",
        "slug": "ember-runner-02",
        "price": "180.00",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "starts_at_date": "2032-11-27",
        "starts_at_time": "19:00",
        "ends_at_date": "2032-11-27",
        "ends_at_time": "19:30",
        "size_run": "7-9:20",
    }
    return client.post(ADD, form | given | typed)


def test_a_drop_is_scheduled_with_its_size_run(staff_client):
    assert schedule(staff_client).status_code == 302
    drop = Drop.objects.get()
    assert (drop.title, drop.slug, drop.price, drop.currency) == ("Ember Runner 02", "ember-runner-02", 18000, "EUR")
    assert (drop.starts_at, drop.ends_at) == (utc(2032, 11, 27, 18), utc(2032, 11, 27, 18, 30))
    assert not drop.published
    sizes = [(size.label, size.total, size.available, size.reserved, size.sold) for size in drop.sizes.all()]
    assert sizes == [("7", 20, 20, 0, 0), ("8", 20, 20, 0, 0), ("9", 20, 20, 0, 0)]


def test_sizes_may_be_typed_line_by_line(staff_client):
    lines = {"sizes-TOTAL_FORMS": "2", "sizes-0-label": "10", "sizes-0-total": "5", "sizes-1-label": "9", "sizes-1-total": "0"}
    assert schedule(staff_client, size_run="", **lines).status_code == 302
    assert [(size.label, size.total) for size in Drop.objects.get().sizes.all()] == [("9", 0), ("10", 5)]


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"price": "12.345"}, "Write an amount in EUR such as 180.00."),
        ({"price": "180,00"}, "Write an amount in EUR such as 180.00."),
        ({"price": "1e99999999"}, "Write an amount in EUR such as 180.00."),
        ({"price": "NaN"}, "Write an amount in EUR such as 180.00."),
        ({"price": "0"}, "The price must be above zero."),
        ({"price": "-5"}, "The price must be above zero."),
        ({"currency": "JPY", "price": "180.50"}, "Write an amount in JPY such as 180."),
        ({"ends_at_time": "18:59"}, "A drop closes after it opens."),
        ({"ends_at_time": "19:00"}, "A drop closes after it opens."),
        ({"starts_at_date": ""}, "Enter a complete value."),
        ({"starts_at_time": "25:00"}, "Give the time as HH:MM."),
        ({"starts_at_date": "0001-01-01"}, "Give a year between 2000 and 2100."),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice. Mars/Olympus is not one of the available choices."),
        ({"size_run": "7-9"}, "“7-9” does not say how many pairs; write 7-9:20."),
        ({"hold_seconds": "4"}, "Ensure this value is greater than or equal to 5."),
        ({"sizes-TOTAL_FORMS": "1", "sizes-0-label": "8", "sizes-0-total": "1"}, "Size 8 is in the quick run too."),
        (
            {"sizes-TOTAL_FORMS": "1", "sizes-0-label": "12", "sizes-0-total": "-1"},
            "Ensure this value is greater than or equal to 0.",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(staff_client, typed, complaint):
    assert errors(schedule(staff_client, **typed)) == [complaint]
    assert not Drop.objects.exists()


def test_yen_have_no_decimals(staff_client):
    schedule(staff_client, currency="JPY", price="18000")
    assert Drop.objects.get().price == 18000


def test_extra_fields_have_no_effect(staff_client):
    schedule(staff_client, published="on", announced_phase="live", available="999", **{"sizes-0-sold": "9", "id": "x"})
    drop = Drop.objects.get()
    assert (drop.published, drop.announced_phase, drop.sizes.first().sold) == (False, "draft", 0)


# -- Clocks that change ----------------------------------------------------------------------------


def test_the_hour_that_is_skipped_is_refused(staff_client):
    typed = {"starts_at_date": "2032-03-28", "starts_at_time": "02:30", "ends_at_date": "2032-03-28", "ends_at_time": "04:00"}
    complaint = "In Europe/Berlin the clocks skip 02:30 on 28 March 2032. Choose a time before or after."
    assert errors(schedule(staff_client, **typed)) == [complaint]


def test_the_hour_that_comes_twice_asks_which_and_keeps_the_answer(staff_client):
    typed = {"starts_at_date": "2032-10-31", "starts_at_time": "02:30", "ends_at_date": "2032-10-31", "ends_at_time": "05:00"}
    asked = schedule(staff_client, **typed)
    assert errors(asked) == ["This time comes twice: UTC+02:00, then UTC+01:00. Say which you mean."]
    assert b"The second, UTC+01:00" in asked.content

    assert schedule(staff_client, **typed, starts_at_fold="1").status_code == 302
    drop = Drop.objects.get()
    assert drop.starts_at == utc(2032, 10, 31, 1, 30)
    shown = fields(staff_client.get(change_address(drop)), "drop_form")
    assert (shown["starts_at_date"], shown["starts_at_time"], shown["starts_at_fold"]) == ("2032-10-31", "02:30", "1")
    assert staff_client.post(change_address(drop), shown | {"title": "New title"}).status_code == 302
    drop.refresh_from_db()
    assert (drop.title, drop.starts_at) == ("New title", utc(2032, 10, 31, 1, 30))


@pytest.mark.parametrize("date", ["2032-03-27", "2032-03-28", "2032-03-29", "2032-10-30", "2032-10-31", "2032-11-01"])
def test_local_times_come_back_as_typed_on_both_sides_of_a_change(staff_client, date):
    typed = {"starts_at_date": date, "starts_at_time": "19:00", "ends_at_date": date, "ends_at_time": "19:30:15"}
    schedule(staff_client, **typed)
    shown = fields(staff_client.get(change_address(Drop.objects.get())), "drop_form")
    assert {name: shown[name] for name in typed} == typed


def test_another_time_zone_moves_the_same_wall_clock_time(staff_client):
    schedule(staff_client)
    drop = Drop.objects.get()
    shown = fields(staff_client.get(change_address(drop)), "drop_form")
    staff_client.post(change_address(drop), shown | {"time_zone": "America/New_York"})
    drop.refresh_from_db()
    assert drop.starts_at == utc(2032, 11, 28, 0)


def test_a_time_that_was_not_touched_keeps_its_fraction_of_a_second(staff_client):
    drop = make_drop(published=False, starts_at=utc(2033, 1, 1, 12, 0, 0, 123456), ends_at=utc(2033, 1, 1, 13, 0, 0, 654321))
    shown = fields(staff_client.get(change_address(drop)), "drop_form")
    staff_client.post(change_address(drop), shown | {"title": "Other"})
    drop.refresh_from_db()
    assert (drop.title, drop.starts_at.microsecond, drop.ends_at.microsecond) == ("Other", 123456, 654321)
