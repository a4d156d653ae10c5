"""What happens to events without their hosts: reminders, moderators, and a geocoder beyond the gazetteer."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from community.events import hosting
from community.models import ModerationAction, Notice
from community.places import geocoding
from community.places.fields import Place
from community.tasks import remind_guests
from dropshop.core.outbound.client import OutboundResponse
from tests.make import make_event, make_member, make_members

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("atlas", "fresh_buckets")]


def reminded():
    return sorted(Notice.objects.filter(kind="event-soon").values_list("member__username", flat=True))


def test_guests_and_host_are_reminded_once_a_day_before(alice):
    soon, later = make_event(alice, starts_in=20 * 3600, capacity=1), make_event(alice, starts_in=30 * 3600)
    one, waiting = make_members(2)
    for event in (soon, later):
        for member in (one, waiting):
            hosting.answer(event.pk, member, going=True)
    assert [hosting.remind(), hosting.remind()] == [2, 0]
    remind_guests()
    assert reminded() == sorted(["alice", one.username])


def test_an_event_that_moves_is_reminded_of_again(alice):
    event = make_event(alice, starts_in=20 * 3600)
    hosting.remind()
    hosting.change(event.pk, {"starts_at": event.starts_at + timedelta(hours=1)}, by=alice)
    assert (hosting.remind(), reminded()) == (1, ["alice", "alice"])


def test_nobody_is_reminded_of_what_is_off_hidden_or_over(alice):
    make_event(alice, starts_in=3600, cancelled_at=make_event(alice).starts_at)
    make_event(alice, starts_in=3600, hidden=True)
    make_event(alice, starts_in=-3600)
    assert hosting.remind() == 0


def deed(name, event):
    return reverse(f"admin:community_event_{name}", args=[event.pk])


def test_a_moderator_hides_shows_and_calls_off(sign_in, moderator, alice, bob):
    event, client = make_event(alice), sign_in(moderator)
    hosting.answer(event.pk, bob, going=True)
    assert client.get(reverse("admin:community_event_changelist")).status_code == 200
    assert client.get(reverse("admin:community_event_change", args=[event.pk])).status_code == 200
    for name in ("hide", "show", "cancel"):
        assert client.post(deed(name, event)).status_code == 302
        event.refresh_from_db()
        assert (event.hidden, event.cancelled_at is not None) == (name == "hide", name == "cancel")
    assert [*ModerationAction.objects.order_by("created_at").values_list("action", flat=True)] == [
        "hidden",
        "restored",
        "called-off",
    ]
    assert sorted(Notice.objects.filter(kind="event-cancelled").values_list("member__username", flat=True)) == ["alice", "bob"]


def test_a_moderator_decides_neither_about_staff_nor_about_their_own_event(sign_in, moderator, staff):
    client = sign_in(moderator)
    for event in (make_event(moderator), make_event(staff)):
        page = client.get(reverse("admin:community_event_change", args=[event.pk])).content.decode()
        for name in ("hide", "cancel"):
            assert deed(name, event) not in page
            assert client.get(deed(name, event)).status_code == 200
            assert client.post(deed(name, event)).status_code == 302
        event.refresh_from_db()
        assert (event.hidden, event.cancelled_at) == (False, None)
    assert not ModerationAction.objects.exists()


def test_staff_of_another_role_do_not(sign_in, alice):
    support = make_member("sue", is_staff=True)
    support.groups.add(Group.objects.get(name="support"))
    event, client = make_event(alice), sign_in(support)
    answers = [client.get(reverse("admin:community_event_changelist"))]
    answers += [client.post(deed(name, event)) for name in ("hide", "show", "cancel")]
    assert [answer.status_code for answer in answers] == [403] * 4
    event.refresh_from_db()
    assert (event.hidden, event.cancelled_at) == (False, None)


class Nominatim:
    """Says what Nominatim would, and remembers what it was asked."""

    def __init__(self, rows, status=200):
        self.rows, self.status, self.asked = rows, status, []

    def get(self, url, headers):
        self.asked.append(url)
        return OutboundResponse(url, self.status, {}, json.dumps(self.rows).encode())


VILLAGE = {"lat": "52.61", "lon": "13.92", "name": "Hirschfelde", "address": {"country": "Germany", "country_code": "de"}}


@pytest.fixture
def nominatim(settings, monkeypatch):
    from django.core.cache import cache

    cache.clear()
    settings.GEOCODER_URL = "https://geocoder.example"
    answers = Nominatim([VILLAGE])
    monkeypatch.setattr(geocoding, "OutboundClient", lambda **_: answers)
    return answers


def test_by_default_nobody_is_asked(monkeypatch):
    monkeypatch.setattr(geocoding, "OutboundClient", None)
    assert geocoding.locate("Hirschfelde bei Werneuchen") == (None, [])


def test_what_the_gazetteer_does_not_know_is_asked_for_once(nominatim):
    for _ in range(2):
        city, several = geocoding.locate("Hirschfelde & Werneuchen")
    assert (city.label, city.place, city.time_zone, several) == (
        "Hirschfelde, Germany",
        Place(52.61, 13.92),
        "Europe/Berlin",
        [city],
    )
    wanted = "q=Hirschfelde+%26+Werneuchen&format=jsonv2&limit=1&addressdetails=1&accept-language=en"
    assert nominatim.asked == [f"https://geocoder.example/search?{wanted}"]
    assert geocoding.locate("Berlin")[0].label == "Berlin, Germany"
    assert len(nominatim.asked) == 1


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([], 200),
        ({}, 200),
        ([{}], 200),
        ([{"lat": "x", "lon": "1"}], 200),
        ([{"lat": "nan", "lon": "1"}], 200),
        ([VILLAGE], 500),
    ],
)
def test_an_answer_that_is_none_is_no_place(nominatim, rows, status):
    nominatim.rows, nominatim.status = rows, status
    assert geocoding.locate("Hirschfelde bei Werneuchen") == (None, [])


def test_it_is_not_asked_more_than_once_a_second(nominatim, monkeypatch):
    pauses = []
    monkeypatch.setattr(geocoding.time, "sleep", pauses.append)
    for name in ("Hirschfelde an der Oder", "Hirschfelde am See"):
        geocoding.locate(name)
    assert (len(nominatim.asked), 0 < pauses[0] <= 1) == (1, True)
