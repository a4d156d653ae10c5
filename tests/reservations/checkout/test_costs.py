"""The checkout says what a pair costs at the address before anybody pays, with and without a script."""

import re

import pytest
from django.core import mail

from dropshop.core.outbox import send
from reservations.models import Payment, PickupPlace, Purchase, ShippingRate
from tests.make import ADDRESS, make_drop, make_purchase, make_reservation
from tests.reservations.charges.rates import ship, tax
from tests.reservations.purchases.ordering import FORM

pytestmark = pytest.mark.django_db
FRANCE = {**FORM, "country": "FR", "state": ""}


@pytest.fixture
def rates(database):
    ship("US", 1200)
    ship("DE", 2500)
    tax("US", "8.25", name="Sales tax")
    tax("DE", "19", included=True, on_shipping=True)


@pytest.fixture
def hold(rates, alice):
    return make_reservation(alice, make_drop(1))


def sums(page):
    """The rows of money on a page, by their names."""
    rows = re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", page.content.decode())
    return {name: re.sub("<[^>]*>", "", said) for name, said in rows}


def shown(page):
    """The total that the form would send, and what its button says."""
    found = page.content.decode()
    button = re.search(r"data-buys>(.*?)</button>", found)[1]
    return re.search(r'name="total" value="([^"]*)"', found)[1], " ".join(re.sub("<[^>]*>", "", button).split())


def test_who_has_no_address_yet_sees_the_price_and_that_more_depends_on_the_country(hold, client, alice):
    client.force_login(alice)
    page = client.get(f"/reservations/{hold.pk}/")
    assert sums(page) == {"Price": "$180", "Shipping and tax": "by country"}
    assert shown(page) == ("180.00", "Buy for $180")


def test_who_has_an_address_sees_all_costs_at_once(rates, client, alice):
    make_purchase(alice, make_drop(1))
    hold = make_reservation(alice, make_drop(1))
    client.force_login(alice)
    page = client.get(f"/reservations/{hold.pk}/")
    assert sums(page) == {"Price": "$180", "Shipping": "$12", "Sales tax 8.25%": "$14.85", "Total": "$206.85"}
    assert shown(page) == ("206.85", "Buy for $206.85")


def test_without_a_script_the_answer_shows_the_total_and_asks_once(hold, client, alice):
    client.force_login(alice)
    asked = client.post(f"/reservations/{hold.pk}/purchase/", {**FORM, "total": "180.00"})
    assert (asked.status_code, Payment.objects.count()) == (409, 0)
    assert "The total for this address is $206.85." in asked.content.decode()
    assert (shown(asked), sums(asked)["Total"]) == (("206.85", "Buy for $206.85"), "$206.85")
    assert f'value="{ADDRESS["street"]}"' in asked.content.decode()
    sold = client.post(f"/reservations/{hold.pk}/purchase/", {**FORM, "total": "206.85"})
    assert (sold.status_code, Purchase.objects.get().money.minor) == (303, 20685)


def test_a_form_that_says_no_total_is_one_that_showed_the_price(hold, client, alice):
    client.force_login(alice)
    assert client.post(f"/reservations/{hold.pk}/purchase/", FORM).status_code == 409
    ShippingRate.objects.all().delete()
    assert client.post(f"/reservations/{hold.pk}/purchase/", {**FORM, "country": "FR"}).status_code == 303


def test_where_nothing_goes_the_page_says_so_at_the_address(hold, client, alice):
    client.force_login(alice)
    page = client.post(f"/reservations/{hold.pk}/purchase/", {**FRANCE, "total": "180.00"})
    assert (page.status_code, Payment.objects.count()) == (409, 0)
    found = page.content.decode()
    assert '<p class="wrong" id="wrong-country">We do not ship this pair to France.</p>' in found
    assert "still yours until the ring closes" in found


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        pytest.param("country=Germany", {"Shipping": "$25", "VAT 19%": "$32.73 included", "Total": "$205"}, id="by its name"),
        pytest.param("country=FR", {"Shipping and tax": "We do not ship this pair to France."}, id="nothing goes there"),
        pytest.param("country=Atl", {"Shipping and tax": "by country"}, id="not written to its end"),
        pytest.param("country=", {"Shipping and tax": "by country"}, id="empty"),
        pytest.param("", {"Shipping and tax": "by country"}, id="nothing asked"),
    ],
)
def test_the_part_with_the_costs_follows_the_country(hold, client, alice, query, wanted):
    client.force_login(alice)
    answer = client.get(f"/reservations/{hold.pk}/charges/?{query}")
    assert (answer.status_code, sums(answer)) == (200, {"Price": "$180", **wanted})
    assert "no-store" in answer["Cache-Control"]


def test_somebody_elses_costs_are_not_there(hold, client, bob):
    client.force_login(bob)
    assert client.get(f"/reservations/{hold.pk}/charges/?country=US").status_code == 404


def test_what_is_collected_costs_no_shipping_and_says_so_before_anybody_pays(hold, client, alice):
    lines = {"street": "1 Quay", "zip_code": "10115", "city": "Berlin", "country": "DE"}
    place = PickupPlace.objects.create(name="Berlin store", hours="10 to 18", **lines)
    place.drops.add(hold.drop)
    client.force_login(alice)
    page = client.get(f"/reservations/{hold.pk}/").content.decode()
    assert f'name="total-{place.pk}" value="180.00"' in page
    form = {"name": "Ada", "payment_method": "test_ok", "total": "206.85", "pickup": str(place.pk)}
    refused = client.post(f"/reservations/{hold.pk}/purchase/", {**form, f"total-{place.pk}": "170.00"})
    assert (refused.status_code, Payment.objects.count()) == (409, 0)
    sold = client.post(f"/reservations/{hold.pk}/purchase/", {**form, f"total-{place.pk}": "180.00"})
    assert (sold.status_code, Purchase.objects.get().money.minor) == (303, 18000)


def test_a_shop_without_rates_says_the_total_at_once(client, alice):
    hold = make_reservation(alice, make_drop(1))
    client.force_login(alice)
    page = client.get(f"/reservations/{hold.pk}/")
    assert sums(page) == {"Shipping": "free"}


def test_the_order_and_its_e_mail_say_what_was_paid_for(rates, client, alice):
    order = make_purchase(alice, make_drop(1))
    client.force_login(alice)
    found = sums(client.get(order.get_absolute_url()))
    paid = {"Price": "$180", "Shipping": "$12", "Sales tax 8.25%": "$14.85", "Paid": "$206.85"}
    assert {name: found[name] for name in paid} == paid
    send.sweep()
    (receipt,) = mail.outbox
    assert "Price: $180\nShipping: $12\nSales tax 8.25%: $14.85\nTotal: $206.85\n" in receipt.body
