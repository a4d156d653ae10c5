"""The hold of a shopper whose address and card are saved: no field, one button; also without JavaScript."""

import re

import pytest

from reservations.addresses import saved as addresses
from reservations.models import SavedMethod
from tests.make import ADDRESS, make_drop, make_reservation, make_saved_method
from tests.reservations.charges.rates import ship

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(client, alice):
    client.force_login(alice)
    return client


def form_of(page):
    """What the page's form sends if its button is pressed and nothing else is touched."""
    html = page.content.decode().partition('id="order"')[2].partition("</form>")[0]
    fields = {}
    for tag in re.findall(r"<input [^>]*>", html):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if given.get("type") not in ("radio", "checkbox") or " checked" in tag:
            fields[given["name"]] = given.get("value", "")
    return fields


def test_one_press_buys_with_what_is_saved_and_the_sum_is_known(mine, alice):
    ship("US", 950)
    address, card = addresses.add(alice, ADDRESS), make_saved_method(alice, is_default=True)
    hold = make_reservation(alice, make_drop(1))
    page = mine.get(hold.get_absolute_url())
    sent = form_of(page)
    assert (sent["saved_address"], sent["payment_method"], sent["total"]) == (str(address.pk), str(card.pk), "189.50")
    assert "Keep both for next time" not in page.content.decode()
    assert re.findall(r"<details [^>]*open", page.content.decode().partition('id="order"')[2]) == []
    bought = mine.post(f"{hold.get_absolute_url()}purchase/", sent)
    sale = alice.purchases.get()
    assert (bought.status_code, sale.address, sale.money.amount) == (303, ADDRESS, "189.50")


def test_another_address_and_another_card_are_chosen_in_the_same_form(mine, alice):
    addresses.add(alice, ADDRESS)
    make_saved_method(alice, is_default=True)
    hold = make_reservation(alice, make_drop(1))
    sent = form_of(mine.get(hold.get_absolute_url()))
    elsewhere = {**ADDRESS, "city": "Salem"}
    mine.post(f"{hold.get_absolute_url()}purchase/", sent | elsewhere | {"saved_address": "", "payment_method": "test_confirm"})
    payment = hold.payments.get()
    assert (payment.address, payment.method) == (elsewhere, "test_confirm")


def test_a_card_that_was_removed_in_another_window_is_named_and_the_pair_stays(mine, alice):
    addresses.add(alice, ADDRESS)
    make_saved_method(alice, is_default=True)
    hold = make_reservation(alice, make_drop(1))
    sent = form_of(mine.get(hold.get_absolute_url()))
    SavedMethod.objects.all().delete()
    refused = mine.post(f"{hold.get_absolute_url()}purchase/", sent)
    page = refused.content.decode()
    assert (refused.status_code, "You have no such payment method." in page, "is yours" in page) == (400, True, True)


def test_a_newcomer_is_asked_for_an_address_and_keeps_both_only_by_their_own_choice(mine, alice):
    hold = make_reservation(alice, make_drop(1))
    page = mine.get(hold.get_absolute_url()).content.decode()
    assert ("Keep both for next time" in page, 'name="keep" value="on" checked' in page) == (True, False)


def test_stripes_form_stands_beside_the_saved_cards_and_the_saved_one_is_sent(mine, alice, stripe):
    addresses.add(alice, ADDRESS)
    card = make_saved_method(alice, "cus_1/pm_1", provider="stripe", is_default=True)
    hold = make_reservation(alice, make_drop(1))
    page = mine.get(hold.get_absolute_url()).content.decode()
    sent = re.findall(r'name="payment_method" value="([^"]*)"( checked)?', page)
    assert sent == [(str(card.pk), " checked"), ("", ""), ("", "")]
