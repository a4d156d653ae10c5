"""Which place a postcode means, and what the form of an address is told while it is filled in."""

import gzip
import itertools

import pytest

from reservations.addresses.countries import rules_of
from reservations.addresses.lines import check_lines
from reservations.addresses.postcodes import COUNTRIES, FOLDER, place_of


@pytest.mark.parametrize(
    ("country", "postcode", "place"),
    [
        ("US", "97201", ("Portland", "OR")),
        ("US", "97201-1234", ("Portland", "OR")),
        ("US", "10001", ("New York", "NY")),
        ("US", "00501", ("Holtsville", "NY")),
        ("US", "99999", None),
        ("US", "9720", None),
        ("US", "", None),
        ("US", "09012", None),  # military
        ("DE", "10999", ("Berlin", "")),
        ("DE", " 10 999 ", ("Berlin", "")),
        ("DE", "D-10999", None),
        ("DE", "16259", None),  # eleven villages
        ("CH", "8001", ("Zürich", "")),
        ("CH", "CH-8001", ("Zürich", "")),
        ("NL", "1012 AB", ("Amsterdam", "")),
        ("NL", "3011ab", ("Rotterdam", "")),
        ("SE", "114 55", ("STOCKHOLM", "")),
        ("SE", "11455", ("STOCKHOLM", "")),
        ("PL", "00-001", ("Warszawa", "")),
        ("FR", "75011", None),
        ("GB", "SW1A 1AA", None),
        ("HK", "", None),
    ],
)
def test_a_postcode_means_one_place_or_nobody_says_so(country, postcode, place):
    assert place_of(country, postcode) == place


@pytest.mark.parametrize("odd", ["\n97201\t", "97201\tPortland", "9720１", "⁹7201", "\x00", "9" * 20, "97201\n"])
def test_odd_postcodes_find_nothing_or_what_they_mean(odd):
    assert place_of("US", odd) in (None, ("Portland", "OR"))


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_what_is_found_by_postcode_is_an_address_there(country):
    """A line for each postcode, one after the other; each place would be taken at the checkout."""
    lines = gzip.decompress((FOLDER / f"{country}.txt.gz").read_bytes()).decode().splitlines()
    parts = [line.split("\t") for line in lines]
    assert [len(part) for part in parts] == [3] * len(parts)
    codes = [code for code, _, _ in parts]
    assert all(one < other for one, other in itertools.pairwise(codes))
    suffix = "AB" if country == "NL" else ""
    for code, city, state in [*parts[:: len(parts) // 60 + 1], parts[-1]]:
        assert rules_of(country).fault_of_postcode(code + suffix) == ""
        assert place_of(country, code + suffix) == (city, state)
        lines_there = {"name": "Ada", "street": "1 A St", "zip_code": code + suffix, "country": country}
        assert check_lines({**lines_there, "city": city, "state": state})["city"] == city


def test_the_data_are_small_and_read_when_they_are_asked_for():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.txt.gz")) < 1_000_000


@pytest.mark.django_db
def test_the_form_is_told_what_the_country_asks_for_and_which_place_it_is(client):
    answer = client.get("/postcodes/", {"country": "germany", "zip_code": "10999"})
    assert answer.json() == {
        "country": "DE",
        "name": "Germany",
        "asks": ["name", "street", "city", "zip_code", "country"],
        "needs": ["name", "street", "city", "zip_code", "country"],
        "labels": {"zip_code": "Postcode", "city": "City", "state": "Province"},
        "example": "26133",
        "knows_places": True,
        "fault": "",
        "place": {"city": "Berlin", "state": ""},
    }
    assert answer["Cache-Control"] == "private, max-age=86400"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"country": "US", "zip_code": "97201"}, ("ZIP code", True, "", {"city": "Portland", "state": "OR"})),
        (
            {"country": "US", "zip_code": "9720"},
            ("ZIP code", True, "This is no postcode of that country. One looks like this: 95014.", None),
        ),
        ({"country": "US"}, ("ZIP code", True, "", None)),
        ({"country": "IE", "zip_code": "D02 AF30"}, ("Eircode", False, "", None)),
        ({"country": "FR", "zip_code": "75011"}, ("Postcode", False, "", None)),
    ],
    ids=["known", "not finished", "not begun", "no data", "no data in France"],
)
def test_the_form_is_told_no_place_that_nobody_knows(client, asked, told):
    answer = client.get("/postcodes/", asked).json()
    assert (answer["labels"]["zip_code"], answer["knows_places"], answer["fault"], answer["place"]) == told


@pytest.mark.django_db
@pytest.mark.parametrize("country", ["", "Germ", "Atlantis", "D" * 5000])
def test_what_is_no_country_is_told_as_none(client, country):
    assert client.get("/postcodes/", {"country": country, "zip_code": "10999"}).json() == {
        "country": None,
        "country_fault": "Give a country by its code of ISO 3166, such as US, or by its English name.",
    }


@pytest.mark.django_db
def test_a_postcode_is_only_read_and_asks_the_database_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/postcodes/", {"country": "US", "zip_code": "97201"}).status_code == 200
    assert client.post("/postcodes/", {"country": "US"}).status_code == 405


@pytest.mark.django_db
def test_who_asks_for_postcodes_without_end_is_slowed_down(client, settings):
    settings.LIMITS = {**settings.LIMITS, "postcode": {"address": "2/1h"}}
    codes = [client.get("/postcodes/", {"country": "US", "zip_code": "97201"}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
