"""The pages of saved addresses."""

import re

import pytest

from reservations.addresses import saved
from reservations.addresses.saved import MAX_ADDRESSES
from reservations.models import SavedAddress
from tests.make import ADDRESS

pytestmark = pytest.mark.django_db
NEW = "/accounts/settings/addresses/new/"
BERLIN = {"name": "Ada", "street": "Torstraße 1", "city": "Berlin", "state": "", "zip_code": "10115", "country": "DE"}


def labels(page):
    return re.findall(r'<label for="id_\w+">([^<]+)</label>', page.content.decode())


def form_of(address):
    return f"/accounts/settings/addresses/{address.pk}/"


def test_addresses_are_rows_of_the_settings_the_one_that_is_used_first_first(alice, sign_in):
    for lines in (ADDRESS, BERLIN):
        saved.add(alice, lines)
    page = sign_in(alice).get("/accounts/settings/").content.decode()
    shown = re.findall(r"<b>([^<]*)</b><small>([^<]*)</small>", page[page.index('id="addresses"') :])[:2]
    assert shown == [
        ("Alice Ångström, 1 Lace Lane, Portland, OR 97201", "United States · used first"),
        ("Ada, Torstraße 1, Berlin, 10115", "Germany"),
    ]


def test_a_country_has_its_own_lines_by_its_own_names(alice, sign_in):
    client = sign_in(alice)
    assert labels(client.get(NEW)) == ["Country", "Name", "Street and number", "City", "State", "ZIP code"]
    typed = {**BERLIN, "country": "JP", "look": "1"}
    page = client.post(NEW, typed)
    named = ["Country", "Name", "Street and number", "Prefecture", "Postcode", "City (if there is one)"]
    assert (page.status_code, labels(page), 'value="Torstraße 1"' in page.content.decode()) == (200, named, True)
    assert not SavedAddress.objects.exists()


def test_an_address_is_saved_changed_made_the_first_and_removed(alice, sign_in):
    client = sign_in(alice)
    assert client.post(NEW, ADDRESS)["Location"] == "/accounts/settings/#addresses"
    assert client.post(NEW, BERLIN)["Location"] == "/accounts/settings/#addresses"
    one, two = saved.addresses_of(alice)
    assert (one.lines, two.lines) == (ADDRESS, BERLIN)
    client.post(form_of(two), {**BERLIN, "street": "Torstraße 2", "is_default": "on"})
    assert [(each.lines["street"], each.is_default) for each in saved.addresses_of(alice)] == [
        ("Torstraße 2", True),
        ("1 Lace Lane", False),
    ]
    assert client.post(f"{form_of(one)}removal/")["Location"] == "/accounts/settings/#addresses"
    assert [each.pk for each in saved.addresses_of(alice)] == [two.pk]


def test_what_is_wrong_stands_under_its_line_and_what_was_typed_stays(alice, sign_in):
    page = sign_in(alice).post(NEW, {**ADDRESS, "zip_code": "9720", "state": ""})
    said = page.content.decode()
    assert (page.status_code, 'id="id_zip_code_error"' in said, 'id="id_state_error"' in said) == (400, True, True)
    assert ('value="9720"' in said, 'aria-invalid="true"' in said) == (True, True)
    assert not SavedAddress.objects.exists()


def test_those_of_others_are_not_there(alice, bob, sign_in):
    theirs, client = saved.add(bob, ADDRESS), sign_in(alice)
    answers = [client.get(form_of(theirs)), client.post(form_of(theirs), BERLIN), client.post(f"{form_of(theirs)}removal/")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert saved.addresses_of(bob).get().lines == ADDRESS


def test_with_twenty_there_is_no_way_to_a_twenty_first(alice, sign_in):
    SavedAddress.objects.bulk_create(SavedAddress(member=alice, lines=ADDRESS) for _ in range(MAX_ADDRESSES))
    client = sign_in(alice)
    page = client.get("/accounts/settings/").content.decode()
    assert (NEW in page, "as many as you can save" in page) == (False, True)
    client.post(NEW, BERLIN)
    assert SavedAddress.objects.count() == MAX_ADDRESSES


def test_a_visitor_is_led_to_the_sign_in(client):
    assert client.get(NEW)["Location"] == f"/accounts/login/?next={NEW}"


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        pytest.param("/drops/volt-null/", "/drops/volt-null/", id="ours"),
        pytest.param("//elsewhere.example/", "/accounts/settings/#addresses", id="another host"),
        pytest.param("https://elsewhere.example/", "/accounts/settings/#addresses", id="another site"),
        pytest.param("javascript:alert(1)", "/accounts/settings/#addresses", id="a script"),
    ],
)
def test_a_shopper_goes_on_to_the_page_that_wanted_an_address_and_nowhere_else(alice, sign_in, wanted, there):
    answer = sign_in(alice).post(f"{NEW}?next={wanted}", BERLIN)
    assert (answer.status_code, answer["Location"]) == (302, there)
