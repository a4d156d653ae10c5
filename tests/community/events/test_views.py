"""The pages of events: found, read, hosted, changed, answered; without a script."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from community.events import hosting
from community.events.icalendar import calendar
from community.models import Event
from community.places.fields import Place
from dropshop.core.clock import database_time
from tests.make import make_event, make_members

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("atlas", "fresh_buckets")]


def typed(**fields):
    day = (database_time() + timedelta(days=9)).date()
    return {
        "title": "Lacing night",
        "text": "Bring laces.",
        "city": "Berlin",
        "venue": "Lace Hall",
        "place": "",
        "starts_at": f"{day}T18:00",
        "ends_at": f"{day}T21:00",
        "time_zone": "",
        "capacity": "2",
        **fields,
    }


def listed(answer):
    return [event["title"] for event in answer.context["events"]]


def test_the_list_shows_what_is_to_come_and_narrows_it():
    make_event(title="Berlin soon", starts_in=8 * 86400)
    make_event(title="Berlin later", starts_in=20 * 86400)
    make_event(title="Paris", place=Place(48.85, 2.35), starts_in=3600)
    client = Client()
    assert listed(client.get("/events/")) == ["Paris", "Berlin soon", "Berlin later"]
    assert listed(client.get("/events/", {"when": "week"})) == ["Paris"]
    assert listed(client.get("/events/", {"when": "month", "place": "berlin", "radius": "10"})) == [
        "Berlin soon",
        "Berlin later",
    ]
    assert "No events yet" not in client.get("/events/").content.decode()


def test_an_empty_list_and_an_unclear_place_say_so():
    client = Client()
    assert "No events yet." in client.get("/events/").content.decode()
    assert "Springfield, Illinois, United States" in client.get("/events/", {"place": "Springfield"}).content.decode()
    page = client.get("/events/", {"place": "<b>", "radius": "x", "when": "y", "near": "me"})
    assert (page.status_code, "We do not know the place “&lt;b&gt;”." in page.content.decode()) == (200, True)


def test_a_long_list_has_pages():
    for number in range(53):
        make_event(title=str(number), starts_in=3600 + number)
    page = Client().get("/events/")
    rest = Client().get(page.context["next"])
    assert (len(listed(page)), listed(rest)) == (50, ["50", "51", "52"])
    assert listed(Client().get(rest.context["previous"])) == listed(page)
    assert Client().get("/events/", {"cursor": "x"}).status_code == 400


@pytest.mark.parametrize("cursor", ["x", "cD1uYW4=", "cD14"])
def test_what_is_no_cursor_of_the_nearest_events_is_refused(cursor):
    make_event()
    assert Client().get("/events/", {"place": "berlin", "cursor": cursor}).status_code == 400


def test_one_event_costs_as_many_statements_as_three(sign_in, alice):
    client = sign_in(alice)

    def cost(path):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    event = make_event()
    hosting.answer(event.pk, make_members(1)[0], going=True)
    before = cost("/events/"), cost(f"/events/{event.pk}/")
    for member in make_members(2):
        hosting.answer(event.pk, member, going=True)
        make_event()
    assert (cost("/events/"), cost(f"/events/{event.pk}/")) == before


def test_an_event_is_hosted_by_the_name_of_a_city_and_the_clocks_there(sign_in, alice):
    answer = sign_in(alice).post("/events/new/", typed(city="Suva"))
    event = Event.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, event.get_absolute_url())
    assert (event.host, event.city, event.time_zone, event.capacity) == (alice, "Suva, Fiji", "Pacific/Fiji", 2)
    assert event.starts_at.hour == 6  # 18:00 on Fiji, twelve hours ahead
    assert event.place == pytest.approx(Place(-18.14, 178.44), abs=0.05)


def test_a_spot_on_the_map_wins_over_the_middle_of_the_city(sign_in, alice):
    sign_in(alice).post("/events/new/", typed(city="Our village", place="52.1, 13.9"))
    event = Event.objects.get()
    assert (event.city, event.place, event.time_zone) == ("Our village", Place(52.1, 13.9), "Europe/Berlin")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"city": "Nowhereville"}, "city"),
        ({"city": "Springfield"}, "city"),
        ({"place": "north"}, "place"),
        ({"place": "nan,0"}, "place"),
        ({"title": ""}, "title"),
        ({"capacity": "0"}, "capacity"),
        ({"starts_at": "2020-01-01T10:00"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00", "time_zone": "Asia/Tokyo"}, "starts_at"),
        ({"ends_at": "2099-01-01T10:00"}, "ends_at"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"starts_at": "2027-03-28T02:30", "time_zone": "Europe/Berlin"}, "starts_at"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(sign_in, alice, fields, field):
    page = sign_in(alice).post("/events/new/", typed(**fields))
    assert (page.status_code, Event.objects.count()) == (400, 0)
    assert field in page.context["form"].errors


def test_the_cities_that_could_be_meant_are_offered(sign_in, alice):
    page = sign_in(alice).post("/events/new/", typed(city="Springfield")).content.decode()
    assert '<option value="Springfield, Illinois, United States">' in page


def test_an_untouched_form_changes_nothing_and_a_changed_one_does(sign_in, alice):
    event = make_event(alice, starts_at=database_time().replace(second=0, microsecond=0) + timedelta(days=3))
    client, page = sign_in(alice), f"/events/{event.pk}/edit/"
    form = client.get(page).context["form"]
    fields = {name: "" if form[name].value() is None else str(form[name].value()) for name in form.fields}
    assert client.post(page, fields).status_code == 302
    before = Event.objects.values().get(pk=event.pk)
    assert before == {**Event.objects.values().get(pk=event.pk), "starts_at": event.starts_at, "place": event.place}
    client.post(page, {**fields, "title": "Other", "capacity": "5"})
    assert Event.objects.values_list("title", "capacity").get() == ("Other", 5)


def test_another_city_moves_the_event_there_and_a_spot_in_town_stays(sign_in, alice):
    event = make_event(alice, starts_at=database_time().replace(second=0, microsecond=0) + timedelta(days=3))
    client, page = sign_in(alice), f"/events/{event.pk}/edit/"
    form = client.get(page).context["form"]
    fields = {name: "" if form[name].value() is None else str(form[name].value()) for name in form.fields}
    client.post(page, {**fields, "city": "Berlin, Germany"})
    assert Event.objects.values_list("place", "time_zone").get() == (event.place, "Europe/Berlin")
    assert client.post(page, {**fields, "city": "Nowhereville"}).status_code == 400
    client.post(page, {**fields, "city": "Suva"})
    moved = Event.objects.get()
    assert (moved.city, moved.time_zone, round(moved.place.latitude)) == ("Suva, Fiji", "Pacific/Fiji", -18)


def test_the_api_moves_an_event_with_its_city_too(as_member, alice):
    event = make_event(alice)
    assert as_member(alice).patch(f"events/{event.pk}", {"city": "Nowhereville"}).status_code == 400
    as_member(alice).patch(f"events/{event.pk}", {"city": "Suva"})
    moved = Event.objects.get()
    assert (moved.time_zone, round(moved.place.latitude), moved.starts_at) == ("Pacific/Fiji", -18, event.starts_at)


def test_another_venue_alone_does_not_move_an_event(sign_in, as_member, alice):
    event = make_event(alice, starts_at=database_time().replace(second=0, microsecond=0) + timedelta(days=3))
    client, page = sign_in(alice), f"/events/{event.pk}/edit/"
    form = client.get(page).context["form"]
    fields = {name: "" if form[name].value() is None else str(form[name].value()) for name in form.fields}
    assert client.post(page, {**fields, "venue": "Pier 1, Suva"}).status_code == 302
    assert as_member(alice).patch(f"events/{event.pk}", {"venue": "Pier 2, Suva"}).status_code == 200
    moved = Event.objects.get()
    assert (moved.venue, moved.city, moved.place, moved.time_zone) == ("Pier 2, Suva", "Berlin", event.place, "Europe/Berlin")


def test_the_page_says_how_the_member_stands(sign_in):
    event, (one, other, third) = make_event(capacity=1), make_members(3)
    said = []
    for member in (one, other, third):
        answer = sign_in(member).post(f"/events/{event.pk}/answer/", {"going": "1"})
        assert (answer.status_code, answer["Location"]) == (303, event.get_absolute_url())
        said.append(re.findall(r"<h2>(.*?)</h2>", sign_in(member).get(answer["Location"]).content.decode())[0])
    assert said == ["You are going.", "You are 1st on the waiting list.", "You are 2nd on the waiting list."]


def test_guests_are_named_to_members_alone(sign_in, bob, charlie):
    event = make_event()
    hosting.answer(event.pk, bob, going=True)
    visitor, member = (client.get(f"/events/{event.pk}/").content.decode() for client in (Client(), sign_in(charlie)))
    assert ("bob" in visitor, "1 going. Members see who." in visitor, "bob" in member) == (False, True, True)


def test_what_is_over_cancelled_or_ones_own_offers_no_answer(sign_in, alice, bob):
    pages = [make_event(bob, starts_in=-60), make_event(bob, cancelled_at=database_time()), make_event(alice)]
    client = sign_in(alice)
    offered = ['name="going"' in client.get(f"/events/{event.pk}/").content.decode() for event in pages]
    assert offered == [False, False, False]
    refused = client.post(f"/events/{pages[0].pk}/answer/", {"going": "1"}, follow=True)
    assert "This event has begun." in refused.content.decode()


def test_acceptance_35_pages_of_somebody_elses_event_are_not_there(sign_in, alice, bob):
    event, hidden = make_event(alice), make_event(alice, hidden=True)
    client = sign_in(bob)
    answers = [
        client.get(f"/events/{event.pk}/edit/"),
        client.post(f"/events/{event.pk}/edit/", typed()),
        client.post(f"/events/{event.pk}/cancellation/"),
        client.get(f"/events/{hidden.pk}/"),
        client.get(f"/events/{hidden.pk}/calendar.ics"),
        client.post(f"/events/{hidden.pk}/answer/", {"going": "1"}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 6
    assert Client().get("/events/new/")["Location"].startswith("/accounts/login/")


def test_a_host_cancels(sign_in, alice):
    event = make_event(alice)
    page = sign_in(alice).post(f"/events/{event.pk}/cancellation/", follow=True).content.decode()
    assert "This event does not take place." in page


def test_the_calendar_file_is_one(alice):
    event = make_event(alice, title="Laces; and, more", text="Ü" * 80 + "\nEND", place=Place(-1.5, 2.25))
    text = calendar(event, "https://shop.example/events/x/")
    lines = text.split("\r\n")
    assert (lines[0], lines[-2:], max(len(line.encode()) for line in lines) <= 75) == (
        "BEGIN:VCALENDAR",
        ["END:VCALENDAR", ""],
        True,
    )
    whole = text.replace("\r\n ", "").split("\r\n")
    assert {"SUMMARY:Laces\\; and\\, more", "DESCRIPTION:" + "Ü" * 80 + "\\nEND", "GEO:-1.500000;2.250000"} <= set(whole)
    served = Client().get(f"/events/{event.pk}/calendar.ics")
    assert (served.status_code, served["Content-Type"]) == (200, "text/calendar; charset=utf-8")


def calendar_lines(event):
    text = Client().get(f"/events/{event.pk}/calendar.ics").content.decode()
    return dict(line.split(":", 1) for line in text.replace("\r\n ", "").splitlines() if not line.startswith(("BEGIN", "END")))


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another name"},
        {"text": "Bring laces."},
        {"starts_at": datetime(2090, 1, 1, 12, tzinfo=UTC), "ends_at": datetime(2090, 1, 1, 14, tzinfo=UTC)},
        {"venue": "The other hall"},
        {"place": Place(52.53, 13.41)},
        {"cancelled_at": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
    ids=" and ".join,
)
def test_a_calendar_knows_the_newer_file_of_an_event(change):
    event = make_event()
    before = calendar_lines(event)
    assert calendar_lines(event) == before
    stamps = {"UID": str(event.pk), "SEQUENCE": "0", "DTSTAMP": before["CREATED"], "LAST-MODIFIED": before["CREATED"]}
    assert {name: before[name] for name in stamps} == stamps
    Event.objects.filter(pk=event.pk).update(**change)
    after = calendar_lines(event)
    assert (after["UID"], after["SEQUENCE"], after["DTSTAMP"]) == (before["UID"], "1", after["LAST-MODIFIED"])
    event.refresh_from_db()
    assert after["LAST-MODIFIED"] == f"{event.changed_at:%Y%m%dT%H%M%SZ}"


def test_what_no_guest_sees_makes_no_newer_file_of_an_event():
    event = make_event()
    Event.objects.filter(pk=event.pk).update(capacity=9, hidden=False, title=event.title)
    assert calendar_lines(event)["SEQUENCE"] == "0"


def test_names_of_cities_are_suggested():
    named = [place["label"] for place in Client().get("/events/places/", {"q": "berl"}).json()["places"]]
    assert named[0] == "Berlin, Germany"
    assert Client().get("/events/places/").json() == {"places": []}


def test_the_map_names_what_the_list_says_and_a_tile_server_only_where_there_is_one(settings):
    event = make_event()
    page = Client().get("/events/").content.decode()
    assert re.findall(r'data-place="(.*?)" data-title="(.*?)"', page) == [("52.52,13.405", event.title)]
    assert ("world-2.0.2.json" in page, "data-tiles" in page) == (True, False)
    settings.MAP_TILES, settings.MAP_ATTRIBUTION = "https://tiles.example/{z}/{x}/{y}.png", "The map's makers"
    assert 'data-tiles="https://tiles.example/{z}/{x}/{y}.png"' in Client().get("/events/").content.decode()
