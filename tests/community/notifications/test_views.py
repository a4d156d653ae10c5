"""The bell, the list of notices and the calls about them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from community.models import Notice
from community.notifications.views import PAGE_SIZE

pytestmark = pytest.mark.django_db


def make_notices(member, number=1, **facts):
    now = timezone.now()
    return [
        Notice.objects.create(
            **{
                "member": member,
                "kind": "restock",
                "cause": f"restock:{place}",
                "text": f"Number {place}.",
                "url": f"/restocks/?{place}",
                "created_at": now - timedelta(minutes=place),
                **facts,
            }
        )
        for place in range(number)
    ]


def test_the_bell_says_how_much_is_unread_to_members_alone(client, alice, sign_in):
    make_notices(alice, 3)
    assert "data-bell" not in client.get("/").content.decode()

    mine = sign_in(alice)
    assert 'data-bell data-unread="3"' in mine.get("/").content.decode()

    Notice.objects.update(read_at=timezone.now())
    assert 'data-count hidden>0<span class="said"> unread' in mine.get("/").content.decode()


def test_all_are_marked_as_read_only_where_one_is_unread(alice, sign_in):
    mine, shown, hidden = sign_in(alice), "data-read-all form=", "data-read-all hidden form="
    make_notices(alice, 2)
    page = mine.get("/notices/").content.decode()
    assert (shown in page, hidden in page) == (True, False)

    mine.post("/notices/read/")
    page = mine.get("/notices/").content.decode()
    assert (shown in page, hidden in page) == (False, True)


def test_more_than_99_are_99_and_more(alice, sign_in):
    make_notices(alice, 101)

    assert ">99+<" in sign_in(alice).get("/orders/").content.decode()


def test_the_list_shows_mine_newest_first_in_pages_and_asks_as_often_for_one_as_for_many(alice, bob, sign_in):
    mine = sign_in(alice)
    make_notices(bob, 2, text="Not for alice.")
    counts = []
    for number in (1, PAGE_SIZE + 1):
        Notice.objects.filter(member=alice).delete()
        made = make_notices(alice, number)
        with CaptureQueriesContext(connection) as asked:
            page = mine.get("/notices/")
        counts.append(len(asked))

    assert counts[0] == counts[1]
    assert page.context["rows"] == made[:PAGE_SIZE]
    older = mine.get(f"/notices/?older={page.context['last'].pk}")
    assert (older.context["rows"], older.context["last"]) == (made[PAGE_SIZE:], None)
    assert "Not for alice." not in page.content.decode()


def test_an_empty_list_says_so(alice, sign_in):
    assert "Nothing yet." in sign_in(alice).get("/notices/").content.decode()


@pytest.mark.parametrize("older", ["x", "00000000-0000-0000-0000-000000000000"])
def test_a_page_below_nothing_of_mine_is_not_there(alice, sign_in, older):
    assert sign_in(alice).get("/notices/", {"older": older}).status_code == 404


def test_a_page_below_somebody_elses_notice_is_not_there(alice, bob, sign_in):
    """35."""
    (theirs,) = make_notices(bob)

    assert sign_in(alice).get(f"/notices/?older={theirs.pk}").status_code == 404


def test_opening_a_notice_reads_it_and_leads_to_what_it_is_about(alice, sign_in):
    (notice,) = make_notices(alice)
    answer = sign_in(alice).post(f"/notices/{notice.pk}/")

    assert (answer.status_code, answer["Location"]) == (303, "/restocks/?0")
    notice.refresh_from_db()
    assert notice.read_at is not None


@pytest.mark.parametrize("url", ["", "https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_notice_leads_nowhere_outside_the_shop(alice, sign_in, url):
    (notice,) = make_notices(alice, url=url)

    assert sign_in(alice).post(f"/notices/{notice.pk}/")["Location"] == "/notices/"


def test_a_browser_that_fetches_ahead_reads_nothing(alice, sign_in):
    (notice,) = make_notices(alice)

    assert sign_in(alice).get(f"/notices/{notice.pk}/")["Location"] == "/notices/"
    notice.refresh_from_db()
    assert notice.read_at is None


def test_all_are_read_at_once(alice, sign_in):
    make_notices(alice, 2)

    assert sign_in(alice).post("/notices/read/").status_code == 303
    assert alice.notices.filter(read_at=None).count() == 0


def test_somebody_elses_notice_and_none_are_the_same_404(alice, bob, as_member, sign_in):
    """35."""
    (theirs,) = make_notices(bob)
    missing = "00000000-0000-0000-0000-000000000000"

    answers = [as_member(alice).post(f"notices/{pk}/read") for pk in (theirs.pk, missing)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(404, answers[0].json())] * 2
    assert {sign_in(alice).post(f"/notices/{pk}/").status_code for pk in (theirs.pk, missing)} == {404}
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_visitors_are_asked_to_sign_in(client):
    assert client.get("/notices/").status_code == 302
    assert client.get("/api/v1/notices").status_code == 401


def test_the_calls_list_count_and_read(alice, as_member):
    mine = as_member(alice)
    newer, older = make_notices(alice, 2)

    listed = mine.get("notices").json()
    assert (listed["unread"], [row["id"] for row in listed["results"]]) == (2, [str(newer.pk), str(older.pk)])
    assert listed["results"][0] == {
        "id": str(newer.pk),
        "kind": "restock",
        "text": "Number 0.",
        "url": "/restocks/?0",
        "created_at": newer.created_at.isoformat().replace("+00:00", "Z"),
        "read_at": None,
    }

    assert mine.post(f"notices/{newer.pk}/read").json()["read_at"] is not None
    unread = mine.get("notices?unread=1").json()
    assert (unread["unread"], [row["id"] for row in unread["results"]]) == (1, [str(older.pk)])
    assert mine.post("notices/read").json() == {"read": 1}
    assert mine.get("notices?unread=1").json()["results"] == []


def test_the_list_of_the_api_goes_on_by_its_cursor(alice, as_member):
    made = make_notices(alice, 3)
    first = as_member(alice).get("notices?page_size=2").json()
    second = as_member(alice).get(first["next"].split("/api/v1/")[1]).json()

    assert [row["id"] for page in (first, second) for row in page["results"]] == [str(notice.pk) for notice in made]


def test_nonsense_is_bad_input(alice, as_member):
    assert as_member(alice).get("notices?unread=yes").status_code == 400
    assert as_member(alice).get("notices?cursor=x").status_code == 400


@pytest.mark.parametrize(
    ("path", "current"),
    [("/", ("Drops", "page")), ("/orders/", ("Orders", "page")), ("/notices/", None), ("/accounts/profile/", None)],
)
def test_the_bar_says_where_one_is(alice, sign_in, path, current):
    answer = sign_in(alice).get(path)
    marked = [(section["name"], section["current"]) for section in answer.context["sections"] if section["current"]]
    assert marked == ([current] if current else [])


def test_visitors_are_shown_the_way_to_what_is_open_to_them(client):
    names = [section["name"] for section in client.get("/").context["sections"]]
    assert names == ["Drops", "Community", "Restocks", "Trades", "Events"]
