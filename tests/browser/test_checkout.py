"""The checkout: what is wrong is shown, what is chosen is said, and nothing is offered that cannot be had."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from reservations.addresses import saved as addresses
from reservations.models import Reservation, ShippingRate
from tests.browser.address_form import fill_address, fill_city
from tests.harness.shop import Shop
from tests.make import ADDRESS, make_drop, make_member, make_reservation
from tests.reservations.charges.rates import ship

Open = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def checkout(open_page: Open, member: Any, **options: Any) -> Page:
    hold = make_reservation(member, make_drop({"9": 2}, hold_seconds=900))
    return open_page(hold.get_absolute_url(), member=member, **options)


def test_buying_with_an_address_that_is_folded_up_and_not_complete_shows_what_is_missing(shop: Shop, open_page: Open) -> None:
    member = make_member()
    addresses.add(member, ADDRESS)
    page = checkout(open_page, member, **PHONE)
    part = page.locator("details.choice").first
    part.locator("summary").tap()
    page.get_by_text("Another address").tap()
    page.locator("[name=street]").fill("")
    part.locator("summary").tap()
    expect(part).not_to_have_attribute("open", "")
    page.get_by_role("button", name="Next: street").tap()
    expect(part).to_have_attribute("open", "")
    expect(page.locator("[name=street]")).to_be_focused()


def test_a_line_that_the_shop_refuses_is_where_one_goes_on(shop: Shop, open_page: Open) -> None:
    page = checkout(open_page, make_member())
    fill_address(page)
    fill_city(page, " \u00ad ")
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
    expect(page.locator("[data-chosen]").last).to_have_text("Test card ·· 3220")


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
    fill_address(page)
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
    expect(buy).to_have_accessible_name("Buy for $180")


def test_the_test_banks_page_shows_the_time_that_is_left(shop: Shop, open_page: Open) -> None:
    page = checkout(open_page, make_member())
    fill_address(page)
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
    fill_address(page)
    expect(page.get_by_role("button", name="Buy for $192")).to_be_visible()
    page.locator("[name=country]").fill("France")
    page.locator("[name=country]").blur()
    expect(page.locator("[data-costs]")).to_contain_text("We do not ship this pair to France.")
    page.locator("[name=country]").fill("Germany")
    page.locator("[name=zip_code]").fill("10999")
    page.locator("[name=country]").blur()
    expect(page.get_by_role("button", name="Buy for $205")).to_be_visible()
    ShippingRate.objects.filter(country="DE").update(amount=3000)
    page.get_by_role("button", name="Buy for $205").click()
    expect(page.get_by_role("alert")).to_contain_text("The total for this address is $210.")
    page.get_by_role("button", name="Buy for $210").click()
    expect(page.locator("dl.receipt")).to_contain_text("$210")


def buying(page: Page, card: str = "4242", city: str = "") -> list[str]:
    """Fills in the address, chooses the card and buys; the paths that the page posts to from then on."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url.split("/", 3)[3]) if request.method == "POST" else None)
    fill_address(page)
    if city:
        fill_city(page, city)
    page.get_by_text("Pay with").first.click()
    page.locator("label.pick", has_text=f"·· {card}").click()
    page.get_by_role("button", name="Buy for").click()
    return sent


@pytest.fixture
def held(shop: Shop, open_page: Open) -> Page:
    """A drop's page on which its reader has reserved a pair."""
    page = open_page(make_drop({"9": 2, "10": 1}, hold_seconds=900).get_absolute_url(), member=make_member())
    page.locator(".size", has=page.locator("input[value='9']")).click()
    page.get_by_role("button", name="Reserve size 9").click()
    expect(page.get_by_role("heading", name="Size 9 is yours")).to_be_visible()
    return page


def test_what_was_reserved_on_the_page_is_bought_with_the_same_pass(held: Page) -> None:
    """By the desk, as by the API: no form is posted to a view."""
    hold = Reservation.objects.latest("created_at")
    sent = buying(held)
    expect(held.get_by_text("The pair is yours.")).to_be_visible()
    assert sent == [f"api/v1/reservations/{hold.pk}/purchase"]
    assert hold.payments.get().status == "captured"


def test_a_card_that_is_declined_to_a_pass_is_asked_once_and_the_page_says_so(held: Page) -> None:
    sent = buying(held, card="0002")
    expect(held.locator("#decide .notice").first).to_contain_text("Not paid.")
    assert len(sent) == 1
    assert Reservation.objects.latest("created_at").payments.count() == 1


def test_a_pass_leads_to_the_bank_where_it_wants_a_confirmation(held: Page) -> None:
    sent = buying(held, card="3220")
    held.get_by_role("button", name="Yes, pay").click()
    expect(held.get_by_text("The pair is yours.")).to_be_visible()
    assert sent[0].startswith("api/v1/reservations/")


def test_while_a_slow_bank_is_asked_with_a_pass_the_page_says_so_and_then_shows_the_order(held: Page) -> None:
    buying(held, card="5005")
    expect(held.get_by_text("We are asking your bank.")).to_be_visible()
    expect(held.get_by_text("The pair is yours.")).to_be_visible()


def test_what_is_refused_before_the_bank_is_asked_is_shown_at_its_field(held: Page) -> None:
    sent = buying(held, city=" \u00ad ")
    expect(held.locator("[name=city][aria-invalid=true]")).to_be_focused()
    assert [path.partition("/")[0] for path in sent] == ["api", "reservations"]
    assert Reservation.objects.latest("created_at").payments.count() == 0
