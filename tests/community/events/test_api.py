"""`events` as programs use it."""

from datetime import timedelta

import pytest

from community.events import hosting
from community.models import Event
from community.places.fields import Place
from dropshop.core.clock import database_time, iso
from tests.make import make_event, make_members

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_buckets")]
PARIS, LYON = Place(48.8566, 2.3522), Place(45.764, 4.8357)


def wanted(**facts):
    now = database_time()
    return {
        "title": "Lacing night",
        "text": "Bring laces.",
        "starts_at": iso(now + timedelta(days=2)),
        "ends_at": iso(now + timedelta(days=2, hours=3)),
        "time_zone": "Europe/Paris",
        "venue": "Lace Hall",
        "city": "Paris, France",
        "latitude": PARIS.latitude,
        "longitude": PARIS.longitude,
        "capacity": 2,
        **facts,
    }


def titles(answer):
    return [event["title"] for event in answer.json()["results"]]


def test_a_hosted_event_is_told_whole(as_member, call, alice):
    body = wanted()
    answer = as_member(alice).post("events", body)
    made = Event.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        **body, "id": str(made.pk), "host": "alice", "going": 0, "waiting": 0, "mine": None, "cancelled": False,
        "distance_km": None, "url": f"/events/{made.pk}/",
    }  # fmt: skip
    assert call.get(f"events/{made.pk}").json() == answer.json()


def test_acceptance_36_extra_fields_are_refused_by_name_and_have_no_effect(as_member, alice, bob):
    extra = {"host": "bob", "hidden": True, "going": 7, "cancelled_at": "2026-01-01T00:00:00Z", "id": "x"}
    refused = as_member(alice).post("events", wanted(**extra))
    assert (refused.status_code, set(refused.json()["errors"]), Event.objects.count()) == (400, set(extra), 0)
    made = as_member(alice).post("events", wanted()).json()
    refused = as_member(alice).patch(f"events/{made['id']}", {"title": "Other", **extra})
    assert (refused.status_code, set(refused.json()["errors"])) == (400, set(extra))
    assert as_member(alice).get(f"events/{made['id']}").json() == made


def test_visitors_and_strangers_change_nothing(as_member, call, alice, bob):
    """Acceptance 35."""
    event = make_event(alice)
    missing = "00000000-0000-4000-8000-000000000000"
    assert [call.post("events", wanted()).status_code, call.post(f"events/{event.pk}/rsvp").status_code] == [401, 401]
    foreign, none = (as_member(bob).patch(f"events/{pk}", {"title": "x"}) for pk in (event.pk, missing))
    assert (foreign.status_code, foreign.json()) == (404, none.json())
    assert as_member(bob).delete(f"events/{event.pk}").status_code == 404
    hidden = make_event(alice, hidden=True)
    assert [call.get(f"events/{pk}").json() for pk in (hidden.pk, missing)] == [none.json()] * 2


def test_near_finds_within_the_radius_the_nearest_first(call):
    make_event(title="Lyon", place=LYON, starts_in=3600)
    make_event(title="Versailles", place=Place(48.8, 2.13))
    make_event(title="Paris", place=PARIS)
    make_event(title="over", place=PARIS, starts_in=-9 * 86400)
    make_event(title="hidden", place=PARIS, hidden=True)
    make_event(title="cancelled", place=PARIS, cancelled_at=database_time())
    answer = call.get("events?near=48.8566,2.3522&radius_km=30")
    assert [(event["title"], event["distance_km"]) for event in answer.json()["results"]] == [
        ("Paris", 0),
        ("Versailles", 17.44),
    ]
    assert titles(call.get("events?near=48.8566, 2.3522&radius_km=500")) == ["Paris", "Versailles", "Lyon"]
    assert titles(call.get("events")) == ["Lyon", "Versailles", "Paris"]


def test_the_pages_of_near_go_on_where_the_last_one_ended_and_back(call):
    for number in range(9):
        make_event(title=str(number), place=Place(48.8566 + (number // 2) * 0.3, 2.3522))
    seen, back, url = [], [], "events?near=48.8566,2.3522&radius_km=500&page_size=2"
    while url:
        answer = call.get(url.removeprefix("http://testserver/api/v1/")).json()
        seen += [event["title"] for event in answer["results"]]
        last, url = answer["previous"], answer["next"]
    while last:
        answer = call.get(last.removeprefix("http://testserver/api/v1/")).json()
        back = [event["title"] for event in answer["results"]] + back
        last = answer["previous"]
    assert (sorted(seen), back) == ([str(number) for number in range(9)], seen[:8])


def test_the_pages_of_near_tell_all_that_are_at_the_very_place(call):
    for number in range(5):
        make_event(title=str(number), place=PARIS)
    seen, url = [], f"events?near={PARIS.latitude},{PARIS.longitude}&page_size=2"
    while url:
        answer = call.get(url.removeprefix("http://testserver/api/v1/")).json()
        seen += [event["title"] for event in answer["results"]]
        url = answer["next"]
    assert sorted(seen) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("query", "field"),
    [(f"near={near}", "near") for near in ("1", "1,2,3", "nan,0", "inf,0", "91,0", "0,-180.1", "1e1,0", "a,b", "1_0,2", "٣,٣")]
    + [(f"near=1,2&radius_km={km}", "radius_km") for km in ("0", "0.99", "501", "nan", "-5", "ten", "1e2")]
    + [("radius_km=5", "near"), ("near=1,2&page_size=0", "page_size"), ("cursor=x", "cursor")]
    + [("near=1,2&cursor=cD1uYW4=", "cursor"), ("near=1,2&cursor=cD14", "cursor")],
)  # fmt: skip
def test_bad_places_are_refused_by_field(call, query, field):
    answer = call.get(f"events?{query}")
    assert (answer.status_code, answer.json()["code"], list(answer.json()["errors"])) == (400, "invalid", [field])


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"latitude": 91}, "latitude"), ({"longitude": "nan"}, "longitude"),
        ({"capacity": 0}, "capacity"), ({"capacity": 2**31}, "capacity"), ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "starts_at"), ({"ends_at": "tomorrow"}, "ends_at"), ({"title": " "}, "title"),
    ],
)  # fmt: skip
def test_an_event_that_makes_no_sense_is_refused_by_field(as_member, alice, facts, field):
    answer = as_member(alice).post("events", wanted(**facts))
    assert (answer.status_code, list(answer.json().get("errors", [])) or answer.json()) in [
        (400, [field]),
        (400, answer.json()),
    ]
    assert Event.objects.count() == 0


def test_half_a_place_is_no_place(as_member, alice):
    event = make_event(alice)
    answer = as_member(alice).patch(f"events/{event.pk}", {"latitude": 1})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["latitude"])


def test_an_answer_names_the_place_in_line(as_member, alice):
    event, (one, other, third) = make_event(alice, capacity=1), make_members(3)
    callers = [as_member(member) for member in (one, other, third)]
    given = [caller.post(f"events/{event.pk}/rsvp").json() for caller in callers]
    assert [(answer["status"], answer["place_in_line"]) for answer in given] == [
        ("going", None),
        ("waiting", 1),
        ("waiting", 2),
    ]
    assert (given[2]["event"]["going"], given[2]["event"]["waiting"], given[2]["event"]["mine"]) == (1, 2, "waiting")
    left = callers[0].delete(f"events/{event.pk}/rsvp").json()
    assert (left["status"], left["event"]["going"], left["event"]["waiting"]) == ("declined", 1, 1)
    assert callers[1].get(f"events/{event.pk}").json()["mine"] == "going"


def test_refusals_have_their_names(as_member, alice, bob):
    begun, off = make_event(bob, starts_in=-60), make_event(bob, cancelled_at=database_time())
    caller = as_member(alice)
    refused = [caller.post(f"events/{event.pk}/rsvp") for event in (begun, off)]
    refused.append(as_member(bob).post(f"events/{off.pk}/rsvp"))
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [
        (409, "event_started"),
        (409, "event_cancelled"),
        (409, "own_event"),
    ]


def test_a_repeated_key_hosts_once(as_member, alice):
    caller, body = as_member(alice), wanted()
    first, again = (caller.post("events", body, Idempotency_Key="k-1") for _ in range(2))
    assert (first.json(), Event.objects.count()) == (again.json(), 1)


def test_one_event_costs_as_many_statements_as_three(call, as_member, alice, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert caller.get("events?near=52.5,13.4").status_code == 200
        return len(queries)

    caller = as_member(alice)
    hosting.answer(make_event().pk, alice, going=True)
    one = cost()
    for _ in range(2):
        hosting.answer(make_event().pk, alice, going=True)
    assert cost() == one
