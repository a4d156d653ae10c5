"""Acceptance 50: spellings of one address are one place, and true neighbours are two."""

import pytest

from reservations.addresses.place_key import place_key
from tests.make import ADDRESS

HOME = ADDRESS | {"city": "Springfield", "state": "IL", "zip_code": "62701"}
# By what they are examples of: spellings of one place.
SPELLINGS = {
    "a flat": [
        *("10 High St Flat 2", "Flat 2, 10 High St", "10 High Street, Apt 2", "10 High St #2", "10 High St. # 2"),
        "2/10 High St",
        *("10 HIGH STREET APARTMENT 2", "１０ Ｈｉｇｈ Ｓｔ Ａｐｔ ２", "High St 10, Flat 2", "10  High-Street, Suite 2"),
        *("10 High St Apt. No. 2", "No. 10 High Street Flat No 2", "10 High St, Springfield, Flat 2", "10 High St 2"),
        "10 High St. # 2",
        *("c/o Bob Smith, 10 High St, Flat 2", "Ten High Street Apt Two", "10 Hígh Stréet Apt 2", "Apt 2 10 High St"),
        *("10 \u041digh St Unit 2", "10 High St Apt 02", "10 High St, 2nd Floor", "10 High St, Rm 2, Springfield, IL"),
        "10 High St, Apt. 2, Springfield IL 62701, US",
        *("10 High\u200b St, Flat 2", "10 h\u0456gh st flat 2", "10 High St\u3000Flat 2", "(10) High St - Flat 2"),
    ],
    "a number in a name": ["350 5th Ave", "350 Fifth Avenue", "350 5 Ave", "350 5th Av.", "5th Avenue 350"],
    "a direction": ["10 E Main St", "10 East Main Street", "10 E. Main St", "10 Main St E", "10 Main Street East"],
    "two directions": [
        *("1600 Pennsylvania Ave NW", "1600 Pennsylvania Avenue N.W.", "1600 Pennsylvania Avenue Northwest"),
        *("1600 Pennsylvania Ave N W", "1600 NW Pennsylvania Ave", "1600 Pennsylvania Ave North West"),
    ],
    "a saint": ["10 St. John's St", "10 Saint Johns Street", "10 St Johns St", "10 St John’s St."],
    "a box": ["P.O. Box 12", "PO Box 12", "POB 12", "P O Box 12", "Post Box 12", "Post Office Box 12"],
    "a letter": ["12-B Oak Rd", "12B Oak Road", "12 b oak rd", "12b, Oak Rd."],
    "a flat with a letter": ["Flat A10, 3 Oak Rd", "3 Oak Rd Apt A-10", "3 Oak Rd #A10"],
    "a lettered flat": ["5 Apt B, Main St", "5 Main St Apt B", "Apt B 5 Main St", "5 Main Street #B"],
}
ABROAD = {
    "Germany": (
        {"country": "DE", "state": "", "zip_code": "10115", "city": "Berlin"},
        [
            *(
                "Hauptstraße 10a",
                "Hauptstr. 10a",
                "Hauptstrasse 10 a",
                "Haupt-Str. 10-A",
                "HAUPTSTRASSE 10A",
                "10a Hauptstraße",
            ),
            *("10a Hauptstraße", "Haupt Straße 10 A", "Hauptstraße Nr. 10a", "Hauptstr 10 a"),
        ],
    ),
    "umlauts": (
        {"country": "DE", "state": "", "zip_code": "10115", "city": "Berlin"},
        ["Müllerweg 3", "Muellerweg 3", "Mullerweg 3", "Müller Weg 3", "Müller-Weg 3", "Mu\u0308llerweg 3"],
    ),
    "a date": (
        {"country": "DE", "state": "", "zip_code": "10623", "city": "Berlin"},
        ["Straße des 17. Juni 135", "Str. des 17. Juni 135", "135 Straße des 17. Juni"],
    ),
    "a door in Austria": (
        {"country": "AT", "state": "", "zip_code": "1010", "city": "Wien"},
        ["Hauptstraße 10/2", "Hauptstr. 10 Top 2", "Hauptstraße 10, Tür 2"],
    ),
    "France": (
        {"country": "FR", "state": "", "zip_code": "75002", "city": "Paris"},
        ["12 rue de la Paix", "12, Rue de la Paix", "12 r. de la paix", "Rue de la Paix 12", "12 RUE PAIX"],
    ),
    "Spain": (
        {"country": "ES", "state": "Madrid", "zip_code": "28013", "city": "Madrid"},
        ["Calle Mayor 10, 2º B", "C/ Mayor 10, 2 B", "Calle Mayor nº 10, 2B", "calle mayor, 10 2º B", "C. Mayor 10 2-B"],
    ),
    "Japan": (
        {"country": "JP", "state": "東京都", "zip_code": "105-0001", "city": ""},
        ["見本町1-2-3", "見本町１丁目２番３号", "見本町一丁目２－３", "見本町 1丁目2-3"],
    ),
    "Australia": (
        {"country": "AU", "state": "VIC", "zip_code": "3053", "city": "Carlton"},
        ["1/2 Lygon St", "Unit 1, 2 Lygon Street", "2 Lygon St Unit 1", "1 / 2 Lygon St"],
    ),
    "Poland": (
        {"country": "PL", "state": "", "zip_code": "00-238", "city": "Warszawa"},
        ["ul. Długa 5 m. 3", "ulica Dluga 5/3", "DŁUGA UL. 5 m 3", "ul. Długa 5, mieszkanie 3"],
    ),
    "Italy": (
        {"country": "IT", "state": "RM", "zip_code": "00184", "city": "Roma"},
        ["Via Roma 10", "V. Roma, 10", "via roma n. 10", "VIA ROMA 10"],
    ),
    "Brazil": (
        {"country": "BR", "state": "SP", "zip_code": "01304-000", "city": "São Paulo"},
        ["Rua Augusta 100, apto 12", "R. Augusta, 100 - ap. 12", "Rua Augusta, nº 100, Apartamento 12"],
    ),
    "Russia": (
        {"country": "RU", "state": "Москва", "zip_code": "101000", "city": "Москва"},
        ["ул. Ленина 5", "улица Ленина, 5", "Ленина ул. 5"],
    ),
}
LINES = {
    "the name": {"name": "Somebody Else"},
    "a state by its name": {"state": "Illinois"},
    "nine digits": {"zip_code": "62701-1234"},
    "full-width digits": {"zip_code": "６２７０１"},
    "another name of the city": {"city": "SPRINGFIELD, IL"},
}
NEIGHBOURS = [
    *("10 High St Flat 2", "10 High St Flat 3", "12 High St Flat 2", "10 High St", "10 High St Flat 2a", "10a High St Flat 2"),
    *("10 High Rd Flat 2", "Flat 10, 2 High St", "10 Low St Flat 2", "10 N High St Flat 2", "10 S High St Flat 2"),
    *("102 High St", "10 High St Flat 22", "10b High St, Flat 2", "10 2nd St", "2 10th St", "10 High St Floor 2 Apt 1"),
    "10 High St Apt B",
]


@pytest.mark.parametrize("spellings", SPELLINGS.values(), ids=SPELLINGS)
def test_spellings_of_a_street_are_one_place(spellings):
    assert {spelling: place_key(HOME | {"street": spelling}) for spelling in spellings} == dict.fromkeys(
        spellings, place_key(HOME | {"street": spellings[0]})
    )


@pytest.mark.parametrize(("town", "spellings"), ABROAD.values(), ids=ABROAD)
def test_spellings_elsewhere_are_one_place(town, spellings):
    home = HOME | town
    assert {spelling: place_key(home | {"street": spelling}) for spelling in spellings} == dict.fromkeys(
        spellings, place_key(home | {"street": spellings[0]})
    )


@pytest.mark.parametrize("changed", LINES.values(), ids=LINES)
def test_other_lines_may_be_written_otherwise(changed):
    assert place_key(HOME | changed) == place_key(HOME)


def test_true_neighbours_are_places_of_their_own():
    assert len({place_key(HOME | {"street": street}) for street in NEIGHBOURS}) == len(NEIGHBOURS)


def test_the_same_street_elsewhere_is_another_place():
    elsewhere = [{"zip_code": "62702"}, {"zip_code": "10115", "country": "DE"}, {"zip_code": "", "country": "IE"}]
    elsewhere.append({"zip_code": "", "country": "IE", "city": "Cork"})
    assert len({place_key(HOME | changed) for changed in [{}, *elsewhere]}) == 5


def test_blocks_of_japan_are_counted_in_their_order():
    tokyo = HOME | {"country": "JP", "zip_code": "105-0001"}
    assert place_key(tokyo | {"street": "見本町1-2-3"}) != place_key(tokyo | {"street": "見本町1-3-2"})


def test_a_part_of_a_country_with_a_code_of_its_own_is_one_with_it():
    puerto_rico = HOME | {"zip_code": "00901", "state": "PR"}
    assert place_key(puerto_rico | {"country": "PR"}) == place_key(puerto_rico)


def test_where_a_pair_is_collected_is_nobodys_place():
    assert place_key({**HOME, "pickup": "1", "place": "Oslo store"}) == ""


@pytest.mark.parametrize(
    "street", ["👟", "#", "Flat", "/", "10 High St " * 20, "9" * 200, "#" * 200, "- " * 100], ids=lambda text: ascii(text)[:12]
)
def test_any_line_has_a_key(street):
    assert place_key(HOME | {"street": street}).startswith("US|62701|")
