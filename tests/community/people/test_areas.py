"""The area a member shares: as coarse as chosen, whatever is sent, and shown to nobody else."""

import pygeohash
import pytest
from django.db import IntegrityError, transaction

from community.models import Member
from community.people import areas
from community.places.nearby import distance_km
from dropshop.core.errors import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("atlas", "fresh_buckets")]
AREA = "/accounts/profile/area/"


@pytest.mark.parametrize(("letters", "kept"), [("3", "u33"), ("4", "u33d"), ("5", "u33db")])
def test_a_browsers_geohash_is_cut_to_what_was_chosen(alice, letters, kept):
    areas.share(alice, geohash="u33dbfc0xyz", letters=letters)
    alice.refresh_from_db()
    assert alice.geohash == kept


def test_a_city_is_shared_by_its_name(sign_in, alice):
    answer = sign_in(alice).post(AREA, {"place": "berlin", "letters": "3"})
    alice.refresh_from_db()
    assert (answer.status_code, alice.geohash) == (302, "u33")
    assert distance_km(areas.middle("u33"), areas.gazetteer.the_one("Berlin").place) < 110


def test_the_area_is_forgotten_as_easily(sign_in, alice):
    areas.share(alice, place="Berlin", letters=5)
    assert "around Berlin, Germany" in sign_in(alice).get(AREA).content.decode()
    sign_in(alice).post(AREA, {"remove": "1"})
    alice.refresh_from_db()
    assert alice.geohash == ""


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"place": "Berlin", "letters": "6"}, "letters"),
        ({"place": "Berlin", "letters": "x"}, "letters"),
        ({"geohash": "u33a", "letters": "4"}, "geohash"),
        ({"geohash": "u3", "letters": "3"}, "geohash"),
        ({"place": "Springfield", "letters": "4"}, "place"),
        ({"place": "Nowhereville", "letters": "4"}, "place"),
    ],
)
def test_what_is_no_area_is_refused_by_field(sign_in, alice, given, field):
    with pytest.raises(Invalid) as refusal:
        areas.share(alice, **given)
    assert list(refusal.value.facts["errors"]) == [field]
    assert sign_in(alice).post(AREA, given).status_code == 400
    alice.refresh_from_db()
    assert alice.geohash == ""


def test_near_me_looks_around_the_middle_of_the_area(sign_in, alice):
    from tests.make import make_event

    areas.share(alice, place="Berlin", letters=4)
    make_event(title="Here")
    make_event(title="Far", place=areas.Place(48.1, 11.6))
    page = sign_in(alice).get("/events/", {"near": "me"})
    assert [event["title"] for event in page.context["events"]] == ["Here"]
    assert page.context["search"]["around"] == areas.middle("u33d")


def test_nobody_else_is_told(sign_in, alice, bob, call):
    """Wherever others see alice: her event, the guests of another, the API."""
    from community.events import hosting
    from tests.make import make_event

    areas.share(alice, place="Berlin", letters=5)
    hosted, visited = make_event(alice), make_event(bob)
    hosting.answer(visited.pk, alice, going=True)
    client = sign_in(bob)
    for path in ("/events/", f"/events/{hosted.pk}/", f"/events/{visited.pk}/", f"/api/v1/events/{hosted.pk}"):
        assert alice.geohash not in client.get(path).content.decode()


def test_the_precisions_are_what_their_names_say():
    for precision in areas.PRECISIONS:
        exact = pygeohash.decode_exactly("u33db"[: precision.letters])
        assert 2 * max(exact.latitude_error, exact.longitude_error * 0.61) * 111.2 < precision.radius_km * 1.05


@pytest.mark.parametrize("geohash", ["u", "u3", "u33a", "U33", "u33\n", "a", "   "])
def test_the_database_holds_no_other_area(alice, geohash):
    with pytest.raises(IntegrityError, match="member_area_is_coarse"), transaction.atomic():
        Member.objects.filter(pk=alice.pk).update(geohash=geohash)
