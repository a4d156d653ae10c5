from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission

from drops.models import Drop, StockAdjustment
from dropshop.core.clock import database_time, iso
from tests.make import make_drop, make_member, make_purchase, make_reservation, make_sneaker

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(as_member, staff):
    return as_member(staff)


def plan(**changed):
    now = database_time()
    return {
        "sneaker": str(make_sneaker().pk),
        "title": "Halden Fjell “Bone”",
        "price": "180.00",
        "starts_at": iso(now + timedelta(hours=1)),
        "ends_at": iso(now + timedelta(hours=2)),
        "published": True,
        "sizes": [{"size": "9", "total": 5}, {"size": "9.5", "total": 3}],
        **changed,
    }


def test_staff_schedule_a_drop_with_its_size_run(boss, call):
    answer = boss.post("drops", plan(time_zone="Europe/Berlin", hold_seconds=90, limit_per_member=2, access="members"))
    assert answer.status_code == 201
    facts = answer.json()
    assert [(size["size"], size["total"], size["available"]) for size in facts["sizes"]] == [("9", 5, 5), ("9.5", 3, 3)]
    assert (facts["slug"], facts["phase"], facts["hold_seconds"]) == ("halden-fjell-bone", "upcoming", 90)
    assert call.get(f"drops/{facts['slug']}").status_code == 200
    assert Drop.objects.get().time_zone == "Europe/Berlin"


def test_without_sizes_it_is_a_one_size_drop_of_total_pairs(boss):
    answers = [
        boss.post("drops", {key: value for key, value in plan(**more).items() if key != "sizes"})
        for more in ({}, {"total": 40})
    ]
    assert [[(size["size"], size["total"]) for size in answer.json()["sizes"]] for answer in answers] == [
        [("One size", 1)],
        [("One size", 40)],
    ]


@pytest.mark.parametrize("price", ["180.00", "180", 180, 180.0, {"amount": "180.00", "currency": "EUR"}, {"amount": 180}])
def test_a_price_is_money_or_an_amount(boss, price):
    answer = boss.post("drops", plan(price=price))
    assert answer.status_code == 201
    assert answer.json()["price"]["amount"] == "180.00"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"sneaker": "00000000-0000-0000-0000-000000000000"}, "sneaker"),
        ({"sneaker": "none"}, "sneaker"),
        ({"sneaker": []}, "sneaker"),
        ({"title": ""}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"price": "180.001"}, "price"),
        ({"price": "0"}, "price"),
        ({"price": -1}, "price"),
        ({"price": "1e5"}, "price"),
        ({"price": 10**30}, "price"),
        ({"price": True}, "price"),
        ({"price": []}, "price"),
        ({"price": {"amount": "1.5", "currency": "JPY"}}, "price"),
        ({"price": {"amount": "1", "currency": "dollars"}}, "price"),
        ({"ends_at": "2001-01-01T00:00:00Z"}, "ends_at"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00Z"}, "starts_at"),
        ({"ends_at": "9999-12-31T23:59:59-14:00"}, "ends_at"),
        ({"starts_at": "2099-01-01T00:00:00Z"}, "ends_at"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"hold_seconds": 4}, "hold_seconds"),
        ({"hold_seconds": 10**40}, "hold_seconds"),
        ({"limit_per_member": 0}, "limit_per_member"),
        ({"access": "nobody"}, "access"),
        ({"sizes": []}, "sizes"),
        ({"sizes": "9"}, "sizes"),
        ({"sizes": [{"size": "9", "total": -1}]}, "sizes.0.total"),
        ({"sizes": [{"size": "9", "total": 1_000_001}]}, "sizes.0.total"),
        ({"sizes": [{"size": "9", "total": 1}, {"size": "9", "total": 1}]}, "sizes"),
        ({"sizes": [{"size": " ", "total": 1}]}, "sizes.0.size"),
        ({"sizes": [{"size": "9", "total": 1}, {"size": "7-12:20", "total": 1}]}, "sizes.1.size"),
        ({"sizes": [{"size": "9", "total": 1}, {"size": "US 9,0", "total": 1}]}, "sizes"),
        ({"slug": "not a slug"}, "slug"),
    ],
)
def test_nonsense_in_a_plan_is_named_by_field_and_makes_no_drop(boss, changed, field):
    answer = boss.post("drops", plan(**changed))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert set(answer.json()["errors"]) == {field}
    assert Drop.objects.count() == 0


def test_a_taken_slug_is_refused_and_a_taken_title_gets_another_address(boss):
    first, second = boss.post("drops", plan()).json(), boss.post("drops", plan()).json()
    assert first["slug"] != second["slug"]
    assert set(boss.post("drops", plan(slug=first["slug"])).json()["errors"]) == {"slug"}


def test_the_same_key_schedules_one_drop(boss):
    wanted = plan()
    first, again = boss.post("drops", wanted, Idempotency_Key="k"), boss.post("drops", wanted, Idempotency_Key="k")
    assert first.json() == again.json()
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 201, "true")
    assert Drop.objects.count() == 1


def test_members_and_low_rights_staff_may_not_write_and_learn_nothing_35(as_member, call, alice):
    drop, draft = make_drop(), make_drop(published=False)
    clerk = make_member("clerk", is_staff=True)
    for name in (drop.slug, draft.slug, "nothing"):
        for path, body in (
            (f"drops/{name}", {"title": "x"}),
            (f"drops/{name}/stock", {"size": "One size", "total": 9, "reason": "x"}),
        ):
            answers = [as_member(who).patch(path, body) for who in (alice, clerk)]
            assert [answer.status_code for answer in answers] == [403, 403]
            assert call.patch(path, body).status_code == 401
            assert len({answer.content for answer in answers}) == 1
    assert as_member(clerk).post("drops", plan()).status_code == 403
    assert as_member(clerk).get(f"drops/{draft.slug}").status_code == 404


def test_publishing_needs_its_own_permission(as_member):
    editor = make_member("editor", is_staff=True)
    editor.user_permissions.set(Permission.objects.filter(codename__in=["add_drop", "change_drop", "view_drop"]))
    caller = as_member(editor)
    assert caller.post("drops", plan()).status_code == 403
    draft = caller.post("drops", plan(published=False)).json()
    assert draft["phase"] == "draft"
    assert caller.patch(f"drops/{draft['slug']}", {"published": True}).status_code == 403
    assert caller.patch(f"drops/{draft['slug']}", {"title": "Other"}).json()["title"] == "Other"


def test_a_plan_is_changed_and_published(boss, call):
    draft = boss.post("drops", plan(published=False)).json()
    answer = boss.patch(f"drops/{draft['id']}", {"price": "200.00", "hold_seconds": 30, "published": True})
    assert (answer.status_code, answer.json()["phase"]) == (200, "upcoming")
    assert call.get(f"drops/{draft['id']}").json()["price"]["amount"] == "200.00"


def test_a_change_of_plan_never_writes_counters_22_36(boss, alice):
    drop = make_drop({"9": 3})
    make_purchase(alice, drop)
    before = drop.sizes.values().get()
    counters = {"size": "9", "total": 50, "available": 50, "reserved": 0, "sold": 0}
    extra = {"sizes": [counters], "available": 50, "id": "x", "slug": "y"}
    answer = boss.patch(f"drops/{drop.pk}", {"title": "New", **extra})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, set(extra))
    assert drop.sizes.values().get() == before
    drop.refresh_from_db()
    assert drop.title != "New"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"starts_at": "2098-01-01T00:00:00Z"}, "starts_at"),
        ({"ends_at": "2001-01-01T00:00:00Z"}, "ends_at"),
        ({"published": False}, "published"),
        ({"hold_seconds": 1}, "hold_seconds"),
        ({"price": "1.999"}, "price"),
        ({"title": None}, "title"),
    ],
)
def test_what_makes_no_sense_for_a_drop_that_runs_is_refused(boss, changed, field):
    drop = make_drop()
    answer = boss.patch(f"drops/{drop.pk}", changed)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})


def test_a_drop_that_is_over_stays_as_it_was(boss):
    drop = make_drop(starts_in=-60)
    Drop.objects.filter(pk=drop.pk).update(ends_at=database_time() - timedelta(seconds=1))
    answer = boss.patch(f"drops/{drop.pk}", {"ends_at": iso(database_time() + timedelta(hours=1))})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_ended")


def test_stock_is_raised_with_a_reason_that_is_kept(boss, staff):
    drop = make_drop({"9": 3})
    answer = boss.patch(f"drops/{drop.pk}/stock", {"size": "9", "total": 10, "reason": "Found a box"})
    assert (answer.status_code, answer.json()["sizes"][0]["available"]) == (200, 10)
    kept = StockAdjustment.objects.get()
    assert (kept.by_id, kept.total_before, kept.total_after, kept.reason) == (staff.pk, 3, 10, "Found a box")


def test_stock_below_what_is_held_and_sold_is_refused_with_the_numbers_21(boss, alice, bob):
    drop = make_drop({"9": 5})
    make_purchase(alice, drop)
    make_reservation(bob, drop)
    answer = boss.patch(f"drops/{drop.pk}/stock", {"size": "9", "total": 1, "reason": "Lost"})
    facts = answer.json()
    assert (answer.status_code, facts["code"]) == (409, "below_committed")
    assert (facts["reserved"], facts["sold"], facts["minimum"], facts["total"]) == (1, 1, 2, 1)
    assert drop.sizes.get().total == 5


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"size": "77"}, "size"),
        ({"total": -1}, "total"),
        ({"total": "x"}, "total"),
        ({"total": 10**30}, "total"),
        ({"reason": " "}, "reason"),
    ],
)
def test_nonsense_about_stock_is_named(boss, changed, field):
    drop = make_drop({"9": 3})
    answer = boss.patch(f"drops/{drop.pk}/stock", {"size": "9", "total": 4, "reason": "x"} | changed)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})
