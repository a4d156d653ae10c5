"""Cities by the names people type."""

import pytest

from community.places import gazetteer
from community.places.fields import Place
from community.places.gazetteer import find_cities, fold, nearest, the_one


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("Berlin", "Berlin, Germany"),
        ("  bErLiN ", "Berlin, Germany"),
        ("zurich", "Zürich, Switzerland"),
        ("Zürich, CH", "Zürich, Switzerland"),
        ("münchen", "Munich, Germany"),
        ("Lodz", "Łódź, Poland"),
        ("sao paulo", "São Paulo, Brazil"),
        ("Portland", "Portland, Oregon, United States"),
        ("Portland, Maine", "Portland, Maine, United States"),
        ("portland, or, us", "Portland, Oregon, United States"),
        ("Portland, Texas, United States", "Portland, Texas, United States"),
        ("Paris", "Paris, France"),
        ("Paris, Texas", "Paris, Texas, United States"),
    ],
)
def test_the_city_that_is_meant(typed, label):
    assert the_one(typed).label == label


def test_a_name_that_could_be_several_is_asked_about():
    assert the_one("Springfield") is None
    assert [city.region for city in find_cities("Springfield", limit=3)] == ["Missouri", "Massachusetts", "Illinois"]


@pytest.mark.parametrize(
    "typed", ["", " ", "x", ",", "Nowhereville", "Berlin, France", "%_", "<b>", "\N{ZERO WIDTH SPACE}", "a" * 9999]
)
def test_what_is_no_city_is_none(typed):
    assert (the_one(typed), find_cities(typed)) == (None, [])


def test_a_beginning_finds_the_largest_first():
    assert [city.name for city in find_cities("New Yo", limit=1)] == ["New York City"]
    assert [city.label for city in find_cities("Los A", limit=2)] == [
        "Los Angeles, California, United States",
        "Los Ángeles, Chile",
    ]


def test_every_city_is_found_again_by_its_label_or_shares_it_with_a_larger_one():
    for line in gazetteer._atlas()[0][::97]:
        city = gazetteer._city(line)
        assert city.label in {found.label for found in find_cities(city.label, limit=50)}, city.label


def test_an_area_is_named_by_its_largest_city():
    assert nearest(Place(52.4, 13.5)).label == "Berlin, Germany"
    assert nearest(Place(-48.87, -123.39)).country == "Pitcairn"  # the loneliest place of the ocean


def test_folding_takes_accents_and_strokes_away():
    assert [fold(name) for name in ("Łódź", "København", "Straße", "Saint-Étienne")] == [
        "lodz",
        "kobenhavn",
        "strasse",
        "saint etienne",
    ]
