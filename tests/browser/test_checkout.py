"""The checkout: what is wrong is shown, what is chosen is said, and nothing is offered that cannot be had."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from reservations.models import ShippingRate
from tests.harness.shop import Shop
from tests.make import ADDRESS, make_drop, make_member, make_reservation
from tests.reservations.charges.rates import ship

Open = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=15_000)


def checkout(open_page: Open, member: Any, **options: Any) -> Page:
    hold = make_reservation(member, make_drop({"9": 2}, hold_seconds=900))
    return open_page(hold.get_absolute_url(), member=member, **options)


def test_buying_with_an_address_that_is_folded_up_and_not_complete_shows_what_is_missing(shop: Shop, open_page: Open) -> None:
    page = checkout(open_page, make_member(), **PHONE)
    part = page.locator("details.choice").first
    page.locator("[name=name]").fill("Ada")
    part.locator("summary").tap()
    expect(part).not_to_have_attribute("open", "")
    page.get_by_role("button", name="Buy for").tap()
    expect(part).to_have_attribute("open", "")
    expect(page.locator("[name=street]")).to_be_focused()


def test_a_line_that_the_shop_refuses_is_where_one_goes_on(shop: Shop, open_page: Open) -> None:
    page = checkout(open_page, make_member())
    for line, text in ADDRESS.items():
        page.locator(f"[name={line}]").fill(text)
    page.locator("[name=city]").fill(" \u00ad ")
    page.get_by_role("button", name="Buy for").click()
    expect(page.locator("[name=city][aria-invalid=true]")).to_be_focused()


def test_the_picture_is_called_by_where_it_leads(shop: Shop, open_page: Open) -> None:
    member = make_member()
    hold = make_reservation(member, make_drop({"9": 2}, title="Bell Runner"))
    page = open_page(hold.get_absolute_url(), member=member)
    page.get_by_role("link", name="Back to Bell Runner", exact=True).click()
    expect(page).to_have_url(f"{shop.url}{hold.drop.get_absolute_url()}")


def test_browsers_fill_in_the_address_line_by_line(shop: Shop, open_page: Open) -> None:
    page = checkout(open_page, make_member())
    lines = page.locator("[autocomplete^=shipping]").evaluate_all(
        "lines => lines.map((line) => [line.name, line.autocomplete])"
    )
    assert dict(lines) == {
        "name": "shipping name",
        "street": "shipping address-line1",
        "zip_code": "shipping postal-code",
        "city": "shipping address-level2",
        "state": "shipping address-level1",
        "country": "shipping country",
    }


def test_pay_with_names_the_card_that_is_chosen(shop: Shop, open_page: Open) -> None:
    page = checkout(open_page, make_member())
    page.get_by_text("Pay with").first.click()
    page.locator("label.pick").nth(2).click()
    expect(page.locator("[data-chosen-card]")).to_have_text("Test card ·· 3220")


@pytest.mark.parametrize("where", ["drop", "checkout"])
def test_giving_back_says_what_became_of_the_pair_and_of_the_money(shop: Shop, open_page: Open, where: str) -> None:
    member = make_member()
    page = checkout(open_page, member)
    if where == "drop":
        page.goto(member.reservations.get().drop.get_absolute_url())
    page.get_by_role("button", name="Give it back").click()
    said = page.locator("#decide .notice[role=alert]")
    expect(said).to_be_focused()
    expect(said).to_have_text("You gave this pair back. It goes to another shopper. You were not charged.")


def test_without_a_connection_the_page_says_so_at_once_and_offers_nothing(shop: Shop, open_page: Open) -> None:
    page = checkout(open_page, make_member(), **PHONE)
    expect(page.locator("live-state")).to_have_text("Live")
    buy = page.locator("#decide .button.hot")
    place = buy.bounding_box()
    page.context.set_offline(True)
    expect(page.locator("live-state")).to_have_text("Offline")
    expect(buy).to_be_disabled()
    expect(buy).to_have_text("You are offline")
    assert buy.bounding_box() == place
    page.context.set_offline(False)
    expect(page.locator("live-state")).to_have_text("Live")
    expect(buy).to_be_enabled()
    expect(buy).to_have_text("Buy for $180")


def test_the_test_banks_page_shows_the_time_that_is_left(shop: Shop, open_page: Open) -> None:
    page = checkout(open_page, make_member())
    for line, text in ADDRESS.items():
        page.locator(f"[name={line}]").fill(text)
    page.get_by_text("Pay with").first.click()
    page.locator("label.pick").nth(2).click()
    page.get_by_role("button", name="Buy for").click()
    expect(page.get_by_role("heading", name="Is this you?")).to_be_visible()
    expect(page.locator("hold-ring .number")).to_have_text(re.compile(r"1[45]:\d\d"))
    expect(page.get_by_text("Answer before the ring closes.")).to_be_visible()


def test_the_costs_follow_the_country_and_nobody_pays_what_they_have_not_seen(shop: Shop, open_page: Open) -> None:
    ship("US", 1200)
    ship("DE", 2500)
    page = checkout(open_page, make_member())
    expect(page.locator("[data-costs]")).to_contain_text("by country")
    for line, text in ADDRESS.items():
        page.locator(f"[name={line}]").fill(text)
    page.locator("[name=country]").blur()
    expect(page.get_by_role("button", name="Buy for $192")).to_be_visible()
    page.locator("[name=country]").fill("France")
    page.locator("[name=country]").blur()
    expect(page.locator("[data-costs]")).to_contain_text("We do not ship this pair to France.")
    page.locator("[name=country]").fill("Germany")
    page.locator("[name=country]").blur()
    expect(page.get_by_role("button", name="Buy for $205")).to_be_visible()
    ShippingRate.objects.filter(country="DE").update(amount=3000)
    page.get_by_role("button", name="Buy for $205").click()
    expect(page.get_by_role("alert")).to_contain_text("The total for this address is $210.")
    page.get_by_role("button", name="Buy for $210").click()
    expect(page.locator("dl.receipt")).to_contain_text("$210")
