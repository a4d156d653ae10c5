"""Preview, publish, end now, duplicate."""

from datetime import UTC, datetime, timedelta

from django.contrib.admin.models import LogEntry
from django.urls import reverse

from drops.duplicates import next_hours
from drops.models import Drop
from tests.make import make_drop, make_purchase


def address(name, drop):
    return reverse(f"admin:drops_drop_{name}", args=[drop.pk])


def deeds(client, drop):
    """The buttons on the drop's page."""
    return [deed["label"] for deed in client.get(address("change", drop)).context["object_actions"]]


def test_each_phase_offers_the_deeds_that_are_possible(staff_client):
    assert deeds(staff_client, make_drop(published=False)) == ["Preview", "Stock", "Publish", "Duplicate"]
    assert deeds(staff_client, make_drop(starts_in=3600)) == ["See it", "Stock", "Holds", "Purchases", "Call off", "Duplicate"]
    assert deeds(staff_client, make_drop()) == [
        *("See it", "Stock", "Holds", "Purchases"),
        *("End now", "Call off", "Duplicate"),
    ]


def test_publishing_asks_first_and_then_the_world_sees_it(staff_client, client):
    drop = make_drop({"9": 2, "10": 3}, published=False, starts_in=3600, time_zone="Europe/Berlin")
    assert client.get(drop.get_absolute_url()).status_code == 404
    asked = staff_client.get(address("publish", drop))
    assert "5 pairs in 2 sizes, $180 each" in asked.content.decode()
    assert "Europe/Berlin" in asked.content.decode()
    drop.refresh_from_db()
    assert not drop.published
    assert staff_client.post(address("publish", drop)).status_code == 302
    drop.refresh_from_db()
    assert drop.published
    assert client.get(drop.get_absolute_url()).status_code == 200
    assert LogEntry.objects.get().change_message == f"“{drop.title}” is published."


def test_a_drop_without_sizes_is_not_published_and_says_why(staff_client):
    drop = make_drop({}, published=False)
    answer = staff_client.post(address("publish", drop), follow=True)
    assert "A drop needs at least one size." in answer.content.decode()
    drop.refresh_from_db()
    assert not drop.published


def test_ending_now_closes_the_drop_this_second(staff_client, alice):
    drop = make_drop()
    assert staff_client.post(address("end", drop)).status_code == 302
    drop.refresh_from_db()
    assert drop.ends_at <= datetime.now(UTC)
    answer = staff_client.post(address("end", drop), follow=True)
    assert "This drop has ended." in answer.content.decode()


def test_a_get_does_nothing(staff_client):
    drop = make_drop(published=False)
    for name in ("publish", "end", "duplicate"):
        assert staff_client.get(address(name, drop)).status_code == 200
    drop.refresh_from_db()
    assert (Drop.objects.count(), drop.published) == (1, False)


def test_a_deed_without_the_forms_token_is_refused(manager, sign_in):
    drop = make_drop(published=False)
    assert sign_in(manager, enforce_csrf_checks=True).post(address("publish", drop)).status_code == 403
    drop.refresh_from_db()
    assert not drop.published


def test_a_duplicate_is_a_draft_with_every_pair_available(staff_client, alice):
    drop = make_drop({"9": 2, "10": 1})
    make_purchase(alice, drop, "9")
    assert staff_client.post(address("duplicate", drop)).status_code == 302
    twin = Drop.objects.exclude(pk=drop.pk).get()
    assert (twin.title, twin.published, twin.announced_phase) == (drop.title, False, "draft")
    assert [(s.label, s.total, s.available, s.sold, s.version) for s in twin.sizes.all()] == [
        ("9", 2, 2, 0, 1),
        ("10", 1, 1, 0, 1),
    ]


def test_a_duplicate_opens_at_the_same_clock_time_of_a_coming_week(staff_client, manager):
    """An hour that the clocks skip in that week is passed over."""
    drop = make_drop(starts_at=datetime(2026, 3, 22, 1, 30, tzinfo=UTC), ends_at=datetime(2026, 3, 22, 3, tzinfo=UTC))
    drop.time_zone = "Europe/Berlin"
    assert next_hours(drop, datetime(2026, 3, 20, tzinfo=UTC)) == (
        datetime(2026, 4, 5, 0, 30, tzinfo=UTC),
        datetime(2026, 4, 5, 2, tzinfo=UTC),
    )
    live, upcoming = make_drop(starts_in=-60), make_drop(starts_in=3600)
    for each in (live, upcoming):
        assert staff_client.post(address("duplicate", each)).status_code == 302
        twin = Drop.objects.get(title=each.title, published=False)
        assert (twin.starts_at - each.starts_at, twin.ends_at - each.ends_at) == (timedelta(weeks=1), timedelta(weeks=1))


def test_staff_see_a_draft_before_the_world_does(staff_client, client, alice, newcomer, sign_in):
    drop = make_drop(published=False, starts_in=3600)
    page = f"{drop.get_absolute_url()}?preview=1"
    seen = staff_client.get(page)
    assert seen.status_code == 200
    assert "Preview" in seen.content.decode()
    assert [who.get(page).status_code for who in (client, sign_in(alice), sign_in(newcomer))] == [404, 404, 404]
    assert staff_client.get(drop.get_absolute_url()).status_code == 404
    public = make_drop()
    assert "Preview" not in client.get(f"{public.get_absolute_url()}?preview=1").content.decode()
