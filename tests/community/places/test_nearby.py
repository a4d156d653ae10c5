"""Near: the boxes and the database's distance against brute force, poles and the antimeridian included; and the index."""

import math

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import events
from community.events.facts import SOONEST, upcoming, visible_to
from community.models import Event
from community.places.fields import Place
from community.places.nearby import EARTH_KM, NEAREST, box_within, boxes_around, boxes_between, distance_km, near, radius_for
from tests.make import make_event, make_member

places = st.builds(Place, st.floats(-90, 90), st.floats(-180, 180))


def by_cosines(one, other):
    """Another formula for the same distance, by the angle between two vectors."""

    def vector(place):
        phi, lam = math.radians(place.latitude), math.radians(place.longitude)
        return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)

    a, b = vector(one), vector(other)
    cross = math.hypot(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return EARTH_KM * math.atan2(cross, sum(x * y for x, y in zip(a, b, strict=True)))


def is_in(place, boxes):
    return any(box.south <= place.latitude <= box.north and box.west <= place.longitude <= box.east for box in boxes)


@given(places, places)
def test_the_haversine_agrees_with_the_angle_between_vectors(one, other):
    assert distance_km(one, other) == pytest.approx(by_cosines(one, other), abs=0.01)


@settings(max_examples=300)
@given(places, st.floats(1, 500), st.floats(0, 360), st.floats(0, 1))
def test_the_boxes_hold_every_place_within_the_radius(place, km, bearing, part):
    """The place at `bearing` and a part of the radius: the direct problem on the sphere."""
    phi, angle, theta = math.radians(place.latitude), part * km / EARTH_KM, math.radians(bearing)
    there = math.asin(max(-1, min(1, math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(theta))))
    turn = math.atan2(math.sin(theta) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * math.sin(there))
    longitude = (place.longitude + math.degrees(turn) + 540) % 360 - 180
    assert is_in(Place(math.degrees(there), longitude), boxes_around(place, km))


@settings(max_examples=300)
@given(places, st.floats(0.1, 500), st.floats(0, 1), st.floats(0, 1))
def test_what_is_left_out_in_the_middle_is_all_nearer(place, km, north, east):
    if (box := box_within(place, km)) is not None:
        spot = Place(box.south + north * (box.north - box.south), box.west + east * (box.east - box.west))
        assert distance_km(place, spot) < km


@settings(max_examples=300)
@given(places, st.floats(1, 400), st.floats(0, 1), st.floats(0, 360))
def test_the_boxes_between_two_radii_hold_every_place_between_them(place, beyond, part, bearing):
    phi, angle, theta = math.radians(place.latitude), (1 + part / 4) * beyond / EARTH_KM, math.radians(bearing)
    there = math.asin(max(-1, min(1, math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(theta))))
    turn = math.atan2(math.sin(theta) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * math.sin(there))
    longitude = (place.longitude + math.degrees(turn) + 540) % 360 - 180
    assert is_in(Place(math.degrees(there), longitude), boxes_between(place, 1.25 * beyond, beyond))


def test_known_distances():
    berlin, paris, suva, apia = Place(52.52, 13.405), Place(48.8566, 2.3522), Place(-18.14, 178.44), Place(-13.83, -171.76)
    assert distance_km(berlin, paris) == pytest.approx(877.5, abs=1)
    assert distance_km(suva, apia) == pytest.approx(1148, abs=5)
    assert distance_km(Place(90, 0), Place(-90, 0)) == pytest.approx(math.pi * EARTH_KM)


def scatter(chance, centres, count):
    host = make_member()
    model = make_event(host)
    for _ in range(count):
        centre, spread = chance.choice(centres), chance.choice([0.05, 1, 8])
        latitude = max(-90.0, min(90.0, centre.latitude + chance.uniform(-spread, spread)))
        longitude = (centre.longitude + chance.uniform(-spread, spread) * 3 + 540) % 360 - 180
        yield Event(
            host=host, title="A", starts_at=model.starts_at, ends_at=model.ends_at, venue="V", city="C",
            place=Place(latitude, longitude),
        )  # fmt: skip


CENTRES = [Place(52.5, 13.4), Place(0, 180), Place(-17, -179.9), Place(66, 179.99), Place(89.6, 20), Place(-90, 0), Place(0, 0)]


@pytest.mark.django_db
def test_the_database_finds_what_brute_force_finds_in_the_same_order(chance):
    Event.objects.bulk_create(scatter(chance, CENTRES, 500))
    every = [*Event.objects.all()]
    for centre in CENTRES:
        for km in (1, 40, 500):
            expected = sorted((distance_km(centre, event.place), event.pk) for event in every)
            expected = [(pytest.approx(far, abs=1e-6), pk) for far, pk in expected if far <= km]
            found = near(Event.objects.all(), centre, km).order_by("distance_km", "id")
            assert [(event.distance_km, event.pk) for event in found] == expected
            beyond = km / 2
            deep = near(Event.objects.all(), centre, km, beyond=beyond).order_by("distance_km", "id")
            assert [event.pk for event in deep] == [event.pk for event in found if event.distance_km > beyond]


@pytest.mark.django_db
def test_a_page_of_the_nearest_needs_only_a_part_of_the_circle(chance):
    Event.objects.bulk_create(scatter(chance, CENTRES[:1], 600))
    every = Event.objects.all()
    for beyond in (-1, 0, 30.5):
        km = radius_for(every, CENTRES[0], 500, rows=51, beyond=beyond)
        assert km < 500

        def page(km, beyond=beyond):
            return [*near(every, CENTRES[0], km, beyond=beyond).order_by("distance_km", "id")[:51]]

        assert page(km) == page(500)
    assert radius_for(every, Place(-40, 10), 500, rows=51) == 500


@pytest.fixture
def many(atlas, db):
    """Events enough for the planner to look for an index, written by the database itself."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # the cities are read meanwhile
    events.fill(make_member(), events=4000, cities=400)


def test_near_is_answered_by_the_gist_index(many):
    for centre in (Place(52.5, 13.4), Place(0, 180)):
        plan = near(upcoming(visible_to(None)), centre, 25).order_by(*NEAREST)[:50].explain()
        assert ("event_by_place" in plan, "Seq Scan on community_event" in plan) == (True, False), plan


def test_what_is_to_come_is_read_off_its_index(many):
    plan = upcoming(visible_to(None)).order_by(*SOONEST)[:50].explain()
    assert ("event_to_come" in plan, "Sort" in plan) == (True, False), plan
