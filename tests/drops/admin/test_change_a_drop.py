"""Changing a drop in the admin: what a save writes, what somebody else changed meanwhile, and what its phase allows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from drops.models import Drop
from tests.harness.admin_forms import change_address, errors, fields
from tests.make import make_drop, make_members, make_purchase, make_reservation, make_sneaker

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
