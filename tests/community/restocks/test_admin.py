"""Stores and the queue of reports, as moderators work through them."""

import pytest

from community.karma import ledger
from community.models import ModerationAction, Restock, Store
from tests.harness.admin_forms import errors, fields
from tests.make import make_member, make_restock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
REPORTS, STORES = "/admin/community/restock/", "/admin/community/store/"


def test_a_moderator_opens_changes_and_closes_a_store_and_the_history_tells(moderator, sign_in):
    desk = sign_in(moderator)
    form = {"name": "Corner", "slug": "corner", "site": "https://corner.example", "city": "Bonn", "place": "50.7,7.1"}
    desk.post(f"{STORES}add/", {**form, "active": "on"})
    store = Store.objects.get()
    assert (store.name, store.place.latitude, store.active) == ("Corner", 50.7, True)
    address = f"{STORES}{store.pk}/change/"
    changed = {**fields(desk.get(address), "store_form"), "city": "Köln"}
    del changed["active"]
    assert desk.post(address, changed).status_code == 302
    page = desk.get(address).content.decode()
    assert ("city: Bonn → Köln; active: True → False" in page, page.count(" · moderator · ")) == (True, 2)
    assert desk.get(f"{STORES}{store.pk}/delete/").status_code == 403


def test_a_store_is_nowhere_but_on_earth(moderator, sign_in):
    answer = sign_in(moderator).post(f"{STORES}add/", {"name": "Moon", "slug": "moon", "place": "91,0"})
    assert errors(answer) == ["Latitudes go from -90 to 90, longitudes from -180 to 180."]


def test_the_queue_shows_what_is_open_with_its_votes(moderator, sign_in, alice, django_assert_num_queries):
    desk, report = sign_in(moderator), make_restock(alice)
    for _ in range(2):
        make_restock(alice)
    Restock.objects.exclude(pk=report.pk).update(status="gone")
    assert list(desk.get(REPORTS).context["cl"].result_list) == [report]
    assert desk.get(f"{REPORTS}?state=gone").context["cl"].result_count == 2
    page = desk.get(f"{REPORTS}{report.pk}/change/").content.decode()
    assert ("alice: 3 reports, 0 confirmed" in page, 'name="_save"' in page) == (True, False)


def test_a_moderator_confirms_disputes_and_ends(moderator, sign_in, alice):
    desk, report = sign_in(moderator), make_restock(alice)
    seen = []
    for deed in ("confirm", "dispute"):
        asked = desk.get(f"{REPORTS}{report.pk}/{deed}/")
        desk.post(f"{REPORTS}{report.pk}/{deed}/")
        report.refresh_from_db()
        seen.append((asked.status_code, report.status, ledger.balance_of(alice)))
    assert seen == [(200, "confirmed", 10), (200, "disputed", 0)]
    again = desk.post(f"{REPORTS}{report.pk}/confirm/", follow=True).content.decode()
    assert "This report has ended." in again
    other = make_restock(alice)
    desk.post(f"{REPORTS}{other.pk}/gone/")
    other.refresh_from_db()
    assert other.status == "gone"


def test_hiding_ends_it_and_leaves_a_line_in_the_trail(moderator, sign_in, alice, client):
    report = make_restock(alice)
    sign_in(moderator).post(f"{REPORTS}{report.pk}/hide/", {"reason": "Spam."})
    report.refresh_from_db()
    assert (report.hidden, report.status) == (True, "disputed")
    assert ModerationAction.objects.values_list("moderator", "action", "restock", "reason").get() == (
        moderator.pk, "hidden", report.pk, "Spam.",
    )  # fmt: skip
    assert client.get(report.get_absolute_url()).status_code == 404


def test_nobody_decides_about_their_own_report(moderator, sign_in):
    desk, report = sign_in(moderator), make_restock(moderator)
    assert desk.get(f"{REPORTS}{report.pk}/change/").context["object_actions"] == []
    desk.post(f"{REPORTS}{report.pk}/confirm/")
    report.refresh_from_db()
    assert report.status == "reported"


def test_acceptance_35_other_roles_have_no_way_in(manager, support, newcomer, sign_in, alice):
    report = make_restock(alice)
    answers = [
        sign_in(member).post(address).status_code
        for member in (manager, support, newcomer)
        for address in (f"{REPORTS}{report.pk}/confirm/", f"{REPORTS}{report.pk}/hide/", f"{STORES}add/")
    ]
    assert answers == [403] * 9


def test_a_queue_of_one_and_of_three_takes_as_many_statements(moderator, sign_in, django_assert_max_num_queries):
    desk = sign_in(moderator)
    counts = []
    for _ in range(2):
        make_restock(make_member())
        with django_assert_max_num_queries(30) as counted:
            desk.get(REPORTS)
        counts.append(len(counted))
        make_restock(make_member())
    assert counts[0] == counts[1]
