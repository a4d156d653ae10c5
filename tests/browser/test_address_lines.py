"""The lines of an address while they are typed: the country and its lines, the postcode and its city."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.address_form import fill_address, fill_city
from tests.browser.newcomers import bought_to, buy_button, newcomer
from tests.harness.shop import Shop
from tests.make import ADDRESS, make_drop, make_member, make_reservation

Open = Callable[..., Page]


def test_while_the_shop_does_not_answer_which_city_it_is_every_line_is_typed(shop: Shop, open_page: Open) -> None:
    hold = make_reservation(make_member(), make_drop(1, hold_seconds=600))
    page = open_page("about:blank", member=hold.member)
    page.route("**/postcodes/**", lambda route: route.fulfill(status=429))
    page.goto(hold.get_absolute_url())
    page.locator("[name=country]").fill("US")
    page.locator("[name=zip_code]").fill("97201")
    expect(page.locator("[name=city]")).to_be_visible()
    for line in ("street", "city", "state", "name"):
        page.locator(f"[name={line}]").fill(ADDRESS[line])
    buy_button(page).click()
    expect(page.get_by_text("The pair is yours.")).to_be_visible()
    assert bought_to() == ADDRESS


def test_another_city_than_that_of_the_postcode_is_what_counts(shop: Shop, open_page: Open) -> None:
    page = newcomer(open_page)
    fill_address(page)
    expect(page.locator("[data-place]")).to_have_text("Portland, OR")
    fill_city(page, "Portland Heights")
    page.locator("[name=zip_code]").fill("97202")
    page.locator("[name=zip_code]").blur()
    expect(page.locator("[name=city]")).to_have_value("Portland Heights")
    buy_button(page).click()
    expect(page.get_by_text("The pair is yours.")).to_be_visible()
    assert bought_to() == {**ADDRESS, "zip_code": "97202", "city": "Portland Heights"}


def test_a_postcode_that_is_none_there_is_gone_back_to_before_anything_is_bought(shop: Shop, open_page: Open) -> None:
    page = newcomer(open_page)
    fill_address(page)
    page.locator("[name=zip_code]").fill("9720")
    expect(page.get_by_text("4 digits of 5. The city appears here.")).to_be_visible()
    page.locator("[name=name]").focus()
    expect(page.get_by_text("This is no postcode of that country. One looks like this: 95014.")).to_be_visible()
    page.get_by_role("button", name="Next: ZIP code").click()
    expect(page.locator("[name=zip_code]")).to_be_focused()
    page.keyboard.type("1")
    expect(page.locator("[data-place]")).to_have_text("Portland, OR")
    expect(buy_button(page)).to_be_visible()


@pytest.mark.parametrize(
    ("language", "typed"),
    [pytest.param("de-AT", "deutschland", id="german"), pytest.param("ja", "ドイツ", id="japanese")],
)
def test_a_country_is_understood_in_the_language_of_the_browser(shop: Shop, open_page: Open, language: str, typed: str) -> None:
    hold = make_reservation(make_member(), make_drop(1, hold_seconds=600))
    page = open_page(hold.get_absolute_url(), member=hold.member, locale=language)
    page.locator("[name=country]").fill(typed)
    page.locator("[name=country]").press("Tab")
    expect(page.locator("[data-line=country][data-right]")).to_be_visible()
    expect(page.locator("[name=country]")).to_have_value("Germany")


def test_a_country_that_is_none_is_said_and_gone_back_to(shop: Shop, open_page: Open) -> None:
    hold = make_reservation(make_member(), make_drop(1, hold_seconds=600))
    page = open_page(hold.get_absolute_url(), member=hold.member, locale="de")
    fill_address(page)
    country = page.locator("[name=country]")
    country.fill("Atlantis")
    expect(page.get_by_role("button", name="Next: country")).to_be_visible()
    expect(country).not_to_have_attribute("aria-invalid", "true")
    page.locator("[name=name]").focus()
    expect(country).to_have_attribute("aria-invalid", "true")
    expect(country).to_have_accessible_description(re.compile("Give a country by its code"))
    page.get_by_role("button", name="Next: country").click()
    country.fill("USA")
    country.blur()
    expect(page.locator("[data-line=country][data-right]")).to_be_visible()
    expect(country).to_have_value("United States")
    expect(country).not_to_have_attribute("aria-invalid", "true")
