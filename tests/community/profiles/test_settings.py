"""The settings page and its rows under "Profile"."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from community.models import Member
from community.people.faces import face_of
from dropshop.core import settings_page
from dropshop.core.settings_page import Part
from tests.drops.catalogue.test_pictures import drawn

pytestmark = pytest.mark.django_db
PAGE = "/accounts/settings/"


def fresh(member: Any) -> Any:
    return Member.objects.get(pk=member.pk)


def test_a_visitor_is_led_to_the_sign_in(client):
    assert client.get(PAGE)["Location"] == f"/accounts/login/?next={PAGE}"


def test_sections_stand_in_their_order_and_those_without_parts_are_not_shown(alice, sign_in):
    places = sign_in(alice).get(PAGE).context["places"]
    slugs = [place["slug"] for place in places]
    assert slugs == [slug for slug in settings_page.SECTIONS if slug in slugs]
    assert {"profile", "security", "privacy"} <= {*slugs}
    assert {part.section for part in settings_page.parts} == {*slugs}


def test_a_room_adds_a_part_by_one_line(alice, sign_in, monkeypatch):
    monkeypatch.setattr(settings_page.parts, "_values", dict(settings_page.parts._values))
    settings_page.parts.add("bell", Part("senses", "settings/_row.html", lambda request: {"now": "Buzz at the bell"}))
    shown = {place["slug"]: place["parts"] for place in sign_in(alice).get(PAGE).context["places"]}
    assert ["Buzz at the bell" in part for part in shown["senses"]] == [True]


def test_a_row_changes_what_it_names_and_nothing_else(alice, sign_in):
    client = sign_in(alice)
    rows: list[dict[str, str]] = [
        {"row": "name", "display_name": "  Алиса \u202e S.  "},
        {"row": "about", "bio": "Runs."},
        {"row": "place", "time_zone": "europe/berlin", "language": "de"},
    ]
    for row in rows:
        answer = client.post("/accounts/profile/", {**row, "is_staff": "on", "username": "root"})
        assert answer["Location"] == f"{PAGE}#profile"
    now = fresh(alice)
    assert (now.display_name, now.bio, now.time_zone, now.language) == ("Алиса S.", "Runs.", "Europe/Berlin", "de")
    assert (now.shows_name, now.is_staff, now.username) == (True, False, "alice")
    client.post("/accounts/profile/", {"row": "showing"})
    assert (fresh(alice).shows_name, fresh(alice).bio) == (False, "Runs.")
    page = client.get(PAGE).content.decode()
    assert 'data-time-zone="Europe/Berlin"' in page


@pytest.mark.parametrize("name", ["staff", "B0B", "bob@example.com", "erased-1", "ѕtaff"])
def test_a_display_name_is_nobody_elses_and_none_of_the_shops(alice, bob, sign_in, name):
    client = sign_in(alice)
    assert client.post("/accounts/profile/", {"row": "name", "display_name": name}).status_code == 400
    assert fresh(alice).display_name == ""


def test_the_own_username_may_be_written_as_one_likes(alice, sign_in):
    sign_in(alice).post("/accounts/profile/", {"row": "name", "display_name": "ALICE"})
    assert fresh(alice).display_name == "ALICE"


def test_what_was_typed_wrong_stands_in_its_row_and_the_rest_of_the_page_is_as_stored(alice, sign_in):
    page = sign_in(alice).post("/accounts/profile/", {"row": "name", "display_name": "staff"})
    assert page.status_code == 400
    assert page.content.decode().count('<details class="setting" open>') == 1
    assert page.context["user"].display_name == ""


def test_a_picture_becomes_a_square_and_the_one_before_is_deleted(
    alice, sign_in, media: Path, django_capture_on_commit_callbacks
):
    client = sign_in(alice)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(f"{PAGE}picture/", {"picture": drawn("PNG", (900, 600))})
        assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}#profile")
    (file,) = (media / "members").iterdir()
    with Image.open(file) as stored:
        assert stored.size == (512, 512)
    assert f"/media/{fresh(alice).picture}" in client.get("/members/alice/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{PAGE}picture/", {"remove": "1"}).status_code == 303
    assert (fresh(alice).picture.name, [*(media / "members").iterdir()]) == ("", [])


def test_a_face_is_drawn_from_the_name_alone():
    assert face_of("Alice") == face_of("alice")
    assert face_of("alice").letter == "a"
    assert len({face_of(f"member{number}")[:2] for number in range(20)}) > 15


def test_the_api_takes_the_same_rules(alice, bob, as_member):
    me = as_member(alice)
    said = {"display_name": "Алиса", "time_zone": "Europe/Berlin", "language": "de"}
    told = me.patch("users/me", said).json()
    assert {name: told[name] for name in said} == said
    for wrong in ({"display_name": "bob"}, {"time_zone": "Moon"}, {"language": "xx"}):
        answer = me.patch("users/me", wrong)
        assert (answer.status_code, [*answer.json()["errors"]]) == (400, [*wrong])
    assert fresh(alice).display_name == "Алиса"


def test_a_row_of_the_settings_wears_no_class_of_the_drops(alice, sign_in):
    """`now` is the red dot of what is live."""
    page = sign_in(alice).get("/accounts/settings/").content.decode()
    assert 'class="setting-now"' in page
    assert not re.search(r'class="([a-z -]+ )?now[ "]', page)
