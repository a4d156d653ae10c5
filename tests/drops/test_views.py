"""What the pages of drops say, phase by phase and viewer by viewer."""

import re
from typing import Any

import pytest
from django.test import Client

from drops.labels import stock_label
from drops.listings import headline, listings_of, release_calendar
from drops.models import Drop, SneakerPicture
from tests.make import lapse, make_drop, make_member, make_purchase, make_reservation

pytestmark = pytest.mark.django_db
NOON = "2026-11-21T12:00:00Z"


def counters(**given: Any) -> dict[str, Any]:
    return {"total": 5, "available": 0, "reserved": 0, "sold": 0, "next_expiry": None, **given}


@pytest.mark.parametrize(
    ("phase", "given", "said"),
    [
        ("upcoming", {"available": 5}, ("before", "5 pairs")),
        ("live", {"available": 3, "sold": 2}, ("available", "3 left")),
        ("live", {"reserved": 1, "sold": 4, "next_expiry": "2026-11-21T12:00:22Z"}, ("held", "all held · may return 0:22")),
        ("live", {"reserved": 5, "next_expiry": "2026-11-21T11:59:59Z"}, ("held", "all held · may return 0:00")),
        ("sold_out", {"sold": 5}, ("sold", "sold out")),
        ("ended", {"available": 5}, ("ended", "ended")),
        ("ended", {"sold": 5}, ("sold", "sold out")),
    ],
)
def test_available_all_held_and_sold_out_have_words_of_their_own(phase: str, given: dict, said: tuple[str, str]) -> None:
    assert stock_label(phase, counters(**given), NOON) == said


def test_every_page_of_the_shop_opens_when_there_is_nothing_to_sell(client: Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "No drops are planned yet." in page.content.decode()


def test_the_calendar_asks_as_few_questions_for_five_drops_as_for_one(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    make_drop({"9": 1, "10": 2})
    with django_assert_max_num_queries(9) as first:
        client.get("/")
    for _ in range(4):
        make_drop({"9": 1, "10": 2})
    with django_assert_max_num_queries(len(first)):
        client.get("/")


def test_a_lapsed_hold_reads_as_available_on_the_page(client: Client, alice: Any) -> None:
    drop = make_drop({"9": 1, "10": 1})
    lapse(make_reservation(alice, drop, "9"))
    listing = listings_of([drop], viewer=None)[0]
    assert [(size.state, size.words) for size in listing.sizes] == [("available", "1 left"), ("available", "1 left")]


def test_visitors_see_a_members_only_drop_without_its_stock(client: Client, alice: Any) -> None:
    drop = make_drop({"9": 7, "10": 7}, access="members")
    make_purchase(alice, drop, "9")
    seen = client.get(drop.get_absolute_url()).content.decode()
    assert drop.title in seen
    assert "$180" in seen
    for secret in ("stock-words", "stock-meter", "alice", 'name="size"'):
        assert secret not in seen


def test_a_draft_is_not_there(client: Client) -> None:
    drop = make_drop(published=False)
    assert client.get(drop.get_absolute_url()).status_code == 404


def test_names_are_shown_only_of_those_who_opted_in(client: Client) -> None:
    drop = make_drop({"9": 5, "10": 5})
    make_purchase(make_member("openhanded", shows_name=True), drop, "9")
    make_purchase(make_member("discreet"), drop, "9")
    for path in ("/", drop.get_absolute_url()):
        seen = client.get(path).content.decode()
        assert "openhanded" in seen
        assert "discreet" not in seen
        assert "someone" in seen


def test_the_front_page_is_about_the_next_bell_then_about_what_is_open() -> None:
    make_drop(title="open", starts_in=-60)
    far = make_drop(title="far", starts_in=7200)
    assert headline(release_calendar(viewer=None)).drop.title == "open"
    Drop.objects.filter(pk=far.pk).update(starts_at=far.starts_at.replace(year=far.starts_at.year - 1))
    make_drop(title="near", starts_in=600)
    assert headline(release_calendar(viewer=None)).drop.title == "near"
    assert headline([]) is None


def test_odd_titles_are_text_and_never_markup(client: Client) -> None:
    drop = make_drop({"<b>9": 1, "Ω 10": 1}, title="<script>alert(1)</script>")
    seen = client.get(drop.get_absolute_url()).content.decode()
    assert "<script>alert" not in seen
    assert "<b>9" not in seen
    assert "Ω 10" in seen


@pytest.mark.parametrize("path", ["/drops/nowhere/", "/orders/00000000-0000-0000-0000-000000000000/x", "/%ff%fe/"])
def test_what_is_not_there_says_so_in_the_shops_words(client: Client, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 404
    assert "There is nothing here" in page.content.decode()


def test_photographs_take_the_place_of_the_drawing(client: Client) -> None:
    drop = make_drop()
    assert 'class="shoe"' in client.get(drop.get_absolute_url()).content.decode()
    for place, alt in enumerate(("From the side", "From above")):
        SneakerPicture.objects.create(sneaker=drop.sneaker, image=f"sneakers/{place}.jpg", alt=alt, position=place)
    seen = client.get(drop.get_absolute_url()).content.decode()
    assert 'class="shoe"' not in seen
    assert 'alt="From the side"' in seen
    assert 'alt="From above"' in seen
    assert 'alt="From the side"' in client.get("/").content.decode()


def test_visitors_pages_hold_nothing_of_theirs_and_nobody_may_keep_them_without_asking_again(client: Client) -> None:
    drop = make_drop({"9": 1, "10": 1})
    for path in ("/", drop.get_absolute_url()):
        page = client.get(path)
        assert "csrfmiddlewaretoken" not in page.content.decode()
        assert not page.cookies
        assert set(page["Cache-Control"].split(", ")) == {"private", "no-cache"}


def test_a_visitor_who_sends_the_sizes_comes_to_the_sign_in_and_back(client: Client) -> None:
    drop = make_drop({"9": 1, "10": 1})
    page = client.get(drop.get_absolute_url()).content.decode()
    (form,) = re.findall(r'<form id="pick"[^>]*>\s*<input[^>]*>', page)
    assert 'method="get" action="/accounts/login/"' in form
    assert f'name="next" value="{drop.get_absolute_url()}"' in form
