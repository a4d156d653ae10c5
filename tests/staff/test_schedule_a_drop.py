"""Scheduling a drop in the admin: what staff type, what is stored, and what is never written."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from drops.models import Drop
from tests.make import make_drop, make_members, make_purchase, make_reservation, make_sneaker
from tests.staff.pages import errors, fields

ADD = "/admin/drops/drop/add/"


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def change_address(drop):
    return reverse("admin:drops_drop_change", args=[drop.pk])


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


@pytest.fixture
def staff_client(manager, sign_in):
    return sign_in(manager)


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


# -- Two at once -----------------------------------------------------------------------------------


def test_22_a_form_opened_before_30_sales_and_saved_after_changes_no_counter(staff_client):
    drop = make_drop({"9": 40, "10": 60})
    page = fields(staff_client.get(change_address(drop)), "drop_form")
    assert not [name for name in page if any(counter in name for counter in ("available", "reserved", "sold", "version"))]
    assert not [name for name in page if name.endswith(("-total", "-label")) and "__prefix__" not in name]
    for buyer in make_members(30):
        make_purchase(buyer, drop, "9")
    versions = [size.version for size in drop.sizes.all()]

    stale = {
        "sizes-0-total": "40",
        "sizes-0-available": "40",
        "sizes-0-reserved": "0",
        "sizes-0-sold": "0",
        "sizes-0-label": "9",
    }
    assert staff_client.post(change_address(drop), page | stale | {"title": "Renamed"}).status_code == 302
    drop.refresh_from_db()
    assert drop.title == "Renamed"
    counters = [(size.label, size.total, size.available, size.reserved, size.sold) for size in drop.sizes.all()]
    assert counters == [("9", 40, 10, 0, 30), ("10", 60, 60, 0, 0)]
    assert [size.version for size in drop.sizes.all()] == versions


def test_a_save_writes_only_what_it_changed(staff_client):
    drop = make_drop()
    shown = fields(staff_client.get(change_address(drop)), "drop_form")
    with CaptureQueriesContext(connection) as queries:
        staff_client.post(change_address(drop), shown | {"title": "Renamed"})
    statements = [query["sql"].rpartition("; ")[2] for query in queries]  # behind who it is, for the history
    written = [sql for sql in statements if sql.startswith('UPDATE "drops_')]
    assert [sql.split(" WHERE ")[0] for sql in written if "announced_phase" not in sql] == [
        """UPDATE "drops_drop" SET "title" = 'Renamed'"""
    ]


def test_a_change_by_somebody_else_meanwhile_is_not_undone(staff_client):
    drop = make_drop(published=False)
    mine = fields(staff_client.get(change_address(drop)), "drop_form")
    Drop.objects.filter(pk=drop.pk).update(price=21000, limit_per_member=2)
    complaint = (
        "Somebody changed this drop while you had it open: price (now 210.00), limit per member (now 2). "
        "Nothing of yours was saved; open the drop again and make your change there."
    )
    assert errors(staff_client.post(change_address(drop), mine | {"title": "Mine"})) == [complaint]
    drop.refresh_from_db()
    assert (drop.title == "Mine", drop.price, drop.limit_per_member) == (False, 21000, 2)


@pytest.mark.parametrize("seen", [None, "", "nonsense", "e30:forged"])
def test_a_form_that_does_not_say_what_it_saw_changes_nothing(staff_client, seen):
    drop = make_drop(published=False)
    mine = fields(staff_client.get(change_address(drop)), "drop_form") | {"title": "Mine", "seen": seen}
    answer = staff_client.post(change_address(drop), {name: value for name, value in mine.items() if value is not None})
    assert len(errors(answer)) == 1
    drop.refresh_from_db()
    assert drop.title != "Mine"


def test_publishing_meanwhile_does_not_stand_in_the_way_of_a_new_title(staff_client):
    drop = make_drop(published=False)
    mine = fields(staff_client.get(change_address(drop)), "drop_form")
    Drop.objects.filter(pk=drop.pk).update(published=True)
    assert staff_client.post(change_address(drop), mine | {"title": "Mine"}).status_code == 302
    drop.refresh_from_db()
    assert (drop.title, drop.published) == ("Mine", True)


# -- Drafts, published drops, ended drops ----------------------------------------------------------


def test_a_draft_takes_more_sizes_and_refuses_those_it_has(staff_client):
    drop = make_drop({"9": 1}, published=False)
    shown = fields(staff_client.get(change_address(drop)), "drop_form")
    answer = staff_client.post(change_address(drop), shown | {"size_run": "8-9:5"})
    assert errors(answer) == ["The drop has 9 already; change its stock under “Stock”."]
    assert staff_client.post(change_address(drop), shown | {"size_run": "8:5"}).status_code == 302
    assert [(size.label, size.total) for size in drop.sizes.all()] == [("8", 5), ("9", 1)]


def test_a_size_of_a_draft_can_be_taken_out_again(staff_client):
    drop = make_drop({"9": 1, "10": 1}, published=False)
    shown = fields(staff_client.get(change_address(drop)), "drop_form")
    assert staff_client.post(change_address(drop), shown | {"sizes-0-DELETE": "on"}).status_code == 302
    assert [size.label for size in drop.sizes.all()] == ["10"]


def test_a_published_drop_keeps_its_address_its_sneaker_and_its_run(staff_client):
    drop = make_drop({"9": 1})
    shown = fields(staff_client.get(change_address(drop)), "drop_form")
    assert {"slug", "sneaker", "size_run"} & set(shown) == set()
    forged = {"slug": "other", "sneaker": str(make_sneaker().pk), "size_run": "1:1", "sizes-0-DELETE": "on"}
    rows = {"sizes-TOTAL_FORMS": "2", "sizes-1-label": "3", "sizes-1-total": "3"}
    assert staff_client.post(change_address(drop), shown | forged | rows).status_code == 302
    again = Drop.objects.get(pk=drop.pk)
    assert (again.slug, again.sneaker_id) == (drop.slug, drop.sneaker_id)
    assert [size.label for size in again.sizes.all()] == ["9"]


def test_a_drop_that_has_ended_cannot_be_opened_again(staff_client, manager):
    drop = make_drop(starts_in=-7200, ends_at=datetime.now(UTC) - timedelta(hours=1))
    shown = fields(staff_client.get(change_address(drop)), "drop_form")
    answer = staff_client.post(change_address(drop), shown | {"ends_at_date": "2099-01-01"})
    assert errors(answer) == ["This drop has ended and cannot be opened again; duplicate it as a new draft."]


def test_only_drafts_can_be_deleted(staff_client):
    draft, public = make_drop({"9": 1, "10": 1}, published=False), make_drop()
    assert "Size: Drop" in staff_client.get(f"/admin/drops/drop/{draft.pk}/delete/").content.decode()
    assert staff_client.post(f"/admin/drops/drop/{draft.pk}/delete/", {"post": "yes"}).status_code == 302
    assert staff_client.post(f"/admin/drops/drop/{public.pk}/delete/", {"post": "yes"}).status_code == 403
    assert list(Drop.objects.all()) == [public]


def test_screens_learn_a_changed_schedule(staff_client, monkeypatch):
    told = []
    monkeypatch.setattr("drops.schedule.announce", told.append)
    drop = make_drop()
    shown = fields(staff_client.get(change_address(drop)), "drop_form")
    staff_client.post(change_address(drop), shown)
    assert told == []
    staff_client.post(change_address(drop), shown | {"ends_at_date": "2099-01-01"})
    assert told == [drop]


def test_the_form_asks_as_often_for_three_sizes_as_for_one(staff_client):
    counts = []
    for run in ({"9": 1}, {"8": 1, "9": 1, "10": 1}):
        drop = make_drop(run, published=False)
        with CaptureQueriesContext(connection) as queries:
            staff_client.get(change_address(drop))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_list_shows_each_drop_with_its_stock_in_as_many_queries_for_three_as_for_one(staff_client, alice):
    first = make_drop({"9": 2, "10": 3})
    make_reservation(alice, first, "9")
    with CaptureQueriesContext(connection) as one:
        page = staff_client.get("/admin/drops/drop/").content.decode()
    assert "4 left · 1 held · 0 sold" in page
    make_drop(published=False), make_drop(starts_in=3600)
    with CaptureQueriesContext(connection) as three:
        staff_client.get("/admin/drops/drop/")
    assert len(three) == len(one)
    drafts = staff_client.get("/admin/drops/drop/?phase=draft").context["cl"].result_count
    assert drafts == 1
