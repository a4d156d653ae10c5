"""What an address must have depends on its country; the same rule for purchases, orders, places and saved addresses."""

import pytest
from iso3166 import countries_by_alpha2

from dropshop.core.errors import Invalid
from reservations.addresses.countries import rules_of
from reservations.addresses.lines import check_lines
from reservations.purchases.addresses import check_address

ADA = {"name": "Ada Sample", "street": "1 Main St", "city": "Springfield", "state": "IL", "zip_code": "62701", "country": "US"}
HONEST = {
    "a state by its name": ADA | {"state": "illinois"},
    "nine digits": ADA | {"zip_code": "62701-1234"},
    "nine digits without a hyphen": ADA | {"zip_code": "627011234"},
    "full-width digits": ADA | {"zip_code": "６２７０１"},
    "Germany has no states": ADA | {"state": "", "zip_code": "10115", "country": "DE"},
    "a state that nobody asks for": ADA | {"state": "Berlin", "zip_code": "10115", "country": "DE"},
    "Britain, closed up and small": ADA | {"state": "", "zip_code": "sw1a1aa", "country": "GB"},
    "Britain, as it is printed": ADA | {"state": "", "zip_code": "SW1A 1AA", "country": "GB"},
    "the Netherlands, closed up": ADA | {"state": "", "zip_code": "1012JS", "country": "NL"},
    "Poland without its hyphen": ADA | {"state": "", "zip_code": "00950", "country": "PL"},
    "Switzerland from abroad": ADA | {"state": "", "zip_code": "CH-8001", "country": "CH"},
    "Hong Kong has no postcodes": ADA | {"city": "", "state": "Kowloon", "zip_code": "", "country": "HK"},
    "a prefecture in its own script": ADA | {"city": "", "state": "東京都", "zip_code": "105-0001", "country": "JP"},
    "Ireland without its Eircode": ADA | {"state": "", "zip_code": "", "country": "IE"},
    "Quebec in French": ADA | {"state": "québec", "zip_code": "H2Y 1C6", "country": "CA"},
    "Spain by another language": ADA | {"state": "Gipuzkoa", "zip_code": "20001", "country": "ES"},
}
WRONG = {
    "no state": (ADA | {"state": ""}, ["address.state"]),
    "no such state": (ADA | {"state": "ZZ"}, ["address.state"]),
    "four digits": (ADA | {"zip_code": "6270"}, ["address.zip_code"]),
    "no postcode": (ADA | {"zip_code": ""}, ["address.zip_code"]),
    "letters behind a postcode": (ADA | {"zip_code": "SW1A 1AAX", "state": "", "country": "GB"}, ["address.zip_code"]),
    "another country's": (ADA | {"zip_code": "62701", "state": "", "country": "NL"}, ["address.zip_code"]),
    "no street in Hong Kong": (ADA | {"street": "", "zip_code": "", "state": "Kowloon", "country": "HK"}, ["address.street"]),
    "several at once": (
        ADA | {"name": "", "street": "", "zip_code": "x", "planet": "Mars"},
        ["address.name", "address.street", "address.zip_code", "address.planet"],
    ),
    "nothing": ({}, [f"address.{line}" for line in ("name", "street", "city", "zip_code", "country")]),
}


@pytest.mark.parametrize("given", HONEST.values(), ids=HONEST)
def test_an_address_is_complete_for_its_country_and_kept_as_written(given):
    assert check_address(given) == given


@pytest.mark.parametrize(("given", "named"), WRONG.values(), ids=WRONG)
def test_what_its_country_asks_for_is_asked_for_by_name(given, named):
    with pytest.raises(Invalid) as refusal:
        check_address(given)
    assert list(refusal.value.facts["errors"]) == named


def test_faults_are_named_by_the_lines_alone_where_nothing_stands_before_them():
    with pytest.raises(Invalid) as refusal:
        check_lines(ADA | {"zip_code": "1"})
    assert refusal.value.facts["errors"] == {"zip_code": ["This is no postcode of that country. One looks like this: 95014."]}


def test_every_country_has_rules_and_its_own_examples_fit_them():
    for code in countries_by_alpha2:
        rules = rules_of(code)
        assert (rules.code, rules.fault_of_postcode(rules.postcode_example)) == (code, ""), code
        assert [key for key, _ in rules.state_names if rules.fault_of_state(key)] == [], code
