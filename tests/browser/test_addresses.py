"""Saved addresses on a phone and on a desk: fields and targets are large enough, and all works without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from reservations.addresses import saved
from tests.harness.shop import Shop
from tests.make import ADDRESS, make_member

Open = Callable[..., Page]
PHONE = {"width": 390, "height": 844}
NEW = "/accounts/settings/addresses/new/"


def test_an_address_is_added_and_changed_without_javascript(shop: Shop, open_page: Open) -> None:
    member = make_member()
    page = open_page("/accounts/settings/", member=member, viewport=PHONE, java_script_enabled=False)
    page.get_by_role("link", name="Add an address").click()
    page.get_by_label("Street and number").fill("Torstraße 1")
    page.get_by_label("Country").select_option("Germany")
    page.get_by_role("button", name="Show the lines of this country").click()
    expect(page.get_by_label("State")).to_have_count(0)
    expect(page.get_by_label("Street and number")).to_have_value("Torstraße 1")
    for label, text in (("Name", "Ada Sample"), ("Postcode", "10115"), ("City", "Berlin")):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Save the address").click()
    expect(page.get_by_text("Ada Sample, Torstraße 1, Berlin, 10115", exact=True)).to_be_visible()
    page.get_by_role("link", name="Ada Sample").click()
    page.get_by_role("button", name="Remove this address").click()
    expect(page.get_by_text("No address", exact=True)).to_be_visible()
    assert saved.addresses_of(member).count() == 0


@pytest.mark.parametrize("width", [390, 1440])
def test_fields_and_targets_are_large_enough_and_nothing_is_wider_than_the_screen(
    shop: Shop, open_page: Open, width: int
) -> None:
    member = make_member()
    saved.add(member, ADDRESS)
    saved.add(member, ADDRESS | {"street": "Averyveryverylongnameofastreetwithoutanyplacetobreak" * 3})
    page = open_page("/accounts/settings/", member=member, viewport={"width": width, "height": 844})
    for path in ("/accounts/settings/#addresses", NEW):
        page.goto(path)
        found = page.evaluate(
            """() => {
                 const seen = [...document.querySelectorAll('#addresses a.button, .narrow form :is(input, select, .button)')]
                   .filter((element) => element.checkVisibility() && element.type !== 'hidden');
                 const fields = seen.filter((element) => element.matches('input:not([type=checkbox]), select'));
                 return {
                   small: seen.filter((element) => element.type !== 'checkbox' && element.getBoundingClientRect().height < 44)
                     .map((element) => element.outerHTML.slice(0, 90)),
                   tiny: fields.filter((element) => parseFloat(getComputedStyle(element).fontSize) < 16).length,
                   wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
                 };
               }"""
        )
        assert (path, found) == (path, {"small": [], "tiny": 0, "wide": False})
