"""Buying within the ring: with one click, by typing as a person does, and past the ring where the bank takes its time."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dropshop.core.clock import database_time
from dropshop.machine.processes import wait_until
from dropshop.templatetags.moments import machine_time
from reservations.addresses import saved as addresses
from reservations.models import Payment, Reservation, SavedAddress, SavedMethod
from tests.browser.address_form import fill_address
from tests.browser.newcomers import bought_within_the_minute, buy_button, newcomer
from tests.browser.test_markup import found_by_axe, found_on_a_narrow_screen
from tests.harness.patience import PATIENCE
from tests.harness.shop import Shop
from tests.make import ADDRESS, make_drop, make_member, make_reservation, make_saved_method
from tests.reservations.charges.rates import ship

Open = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
LETTER = 200  # milliseconds: five letters a second


def ready_member() -> Any:
    member = make_member()
    addresses.add(member, ADDRESS)
    make_saved_method(member, is_default=True)
    return member


def test_a_saved_address_and_card_buy_with_one_click_and_by_the_pass(shop: Shop, open_page: Open) -> None:
    ship("US", 950)
    member = ready_member()
    page = open_page(make_drop({"9": 2, "10": 1}).get_absolute_url(), member=member, **PHONE)
    page.locator(".size", has=page.locator("input[value='9']")).click()
    page.get_by_role("button", name="Reserve size 9").click()
    expect(page.get_by_role("heading", name="Size 9 is yours")).to_be_visible()
    expect(page.locator("#order input:visible")).to_have_count(0)
    expect(page.locator("#order [data-chosen]")).to_have_text([re.compile("1 Lace Lane, Portland"), re.compile("·· 4242")])
    expect(buy_button(page)).to_have_accessible_name("Buy for $189.50")
    expect(page.locator("hold-time [data-left]")).to_contain_text("0:5")
    sent: list[Any] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    buy_button(page).tap()
    expect(page.get_by_text("The pair is yours.")).to_be_visible()
    assert [request.url.rpartition("/")[2] for request in sent] == ["purchase"]
    told = sent[0].post_data_json
    assert (told["address"], told["payment_method"]) == (
        str(SavedAddress.objects.get(member=member).pk),
        str(SavedMethod.objects.get(member=member).pk),
    )


def test_another_saved_address_says_its_own_costs_before_it_is_paid(shop: Shop, open_page: Open) -> None:
    ship("US", 950)
    ship("DE", 1400)
    member = ready_member()
    berlin = {**ADDRESS, "street": "Oranienstr. 12", "city": "Berlin", "zip_code": "10999", "state": "", "country": "DE"}
    addresses.add(member, berlin)
    page = open_page(make_reservation(member, make_drop(1, hold_seconds=600)).get_absolute_url(), member=member)
    page.get_by_text("Ship to").first.click()
    page.locator("label.pick", has_text="Berlin").click()
    expect(page.locator("[data-chosen]").first).to_contain_text("Berlin")
    expect(buy_button(page)).to_have_accessible_name("Buy for $194")
    buy_button(page).click()
    expect(page.get_by_text("The pair is yours.")).to_be_visible()
    assert member.purchases.get().address["city"] == "Berlin"


def type_like_a_person(page: Page, line: str, text: str) -> None:
    """Into the field of this line, which must have the focus; then on, by the key that a phone's keyboard calls "next"."""
    expect(page.locator(f"#order [name={line}]")).to_be_focused()
    page.keyboard.type(text, delay=LETTER)
    page.keyboard.press("Enter")


# Where the heading stands on the page and the button in the window, in whole pixels.
PLACES = """() => [document.querySelector('#yours').getBoundingClientRect().top + scrollY,
  ...['top', 'height'].map((side) => document.querySelector('[data-buys]').getBoundingClientRect()[side])].map(Math.round)"""


def test_a_newcomer_types_five_fields_within_the_minute_and_keeps_both(shop: Shop, open_page: Open) -> None:
    page = newcomer(open_page, **PHONE)
    page.get_by_text("Keep both for next time").tap()
    page.get_by_role("button", name="Next: country").tap()
    places = [page.evaluate(PLACES)]
    for line, told in {"country": "postcode", "zip_code": "street", "street": "name", "name": "name"}.items():
        expect(page.locator("[data-buys] [data-to]")).to_have_text(f"Next: {told}")
        type_like_a_person(page, line, {**ADDRESS, "country": "United States"}[line])
        if line != "name":
            places.append(page.evaluate(PLACES))
            expect(page.locator("#order .field[data-right]")).to_have_count(len(places) - 1)
    expect(page.get_by_text("The pair is yours.")).to_be_visible()
    assert [*map(tuple, places)] == [tuple(places[0])] * len(places)
    assert bought_within_the_minute() == ADDRESS
    member = Reservation.objects.latest("created_at").member
    assert wait_until(lambda: SavedAddress.objects.filter(member=member).exists(), PATIENCE)
    assert (SavedAddress.objects.get(member=member).lines, SavedMethod.objects.get(member=member).last_four) == (
        ADDRESS,
        "4242",
    )


PARIS = {"country": "France", "zip_code": "75011", "street": "3 rue Oberkampf", "city": "Paris", "name": "Jo Brandt"}


def test_a_newcomer_whose_postcode_says_no_city_types_that_too_within_the_minute(shop: Shop, open_page: Open) -> None:
    ship("FR", 1400)
    page = newcomer(open_page, **PHONE)
    page.get_by_role("button", name="Next: country").tap()
    for line, text in PARIS.items():
        if line == "zip_code":
            expect(page.locator("#order [name=city]")).to_be_visible()
        type_like_a_person(page, line, text)
    expect(page.get_by_text("The pair is yours.")).to_be_visible()
    assert bought_within_the_minute() == {**PARIS, "country": "FR", "state": ""}


# What is left of a phone's window above its keyboard.
ABOVE_THE_KEYBOARD = {**PHONE, "viewport": {"width": 390, "height": 480}, "is_mobile": True}


def test_above_a_keyboard_the_field_the_pair_and_the_button_are_in_sight(shop: Shop, open_page: Open) -> None:
    page = newcomer(open_page, **ABOVE_THE_KEYBOARD)
    page.get_by_role("button", name="Next: country").tap()
    for line in ("country", "zip_code", "street"):
        type_like_a_person(page, line, ADDRESS[line])
    expect(page.locator(".strip [data-count]")).to_have_text("4 of 5")
    box = "element => element.getBoundingClientRect().toJSON()"
    strip, field, button = (page.locator(place).evaluate(box) for place in (".strip > p", "[name=name]", "[data-buys]"))
    assert (strip["y"], strip["width"]) == (0, 390)
    edges = [strip["height"], field["y"], field["y"] + field["height"], button["y"], button["y"] + button["height"], 480]
    assert edges == sorted(edges)


def test_the_lines_of_a_newcomer_are_without_fault_for_axe_at_every_step(shop: Shop, open_page: Open) -> None:
    page = newcomer(open_page, bypass_csp=True, reduced_motion="reduce", **PHONE)
    found = found_by_axe(page)
    page.locator("[name=country]").fill("US")
    page.locator("[name=zip_code]").fill("9720")
    expect(page.get_by_text("4 digits of 5. The city appears here.")).to_be_visible()
    found += found_by_axe(page)
    page.locator("[name=street]").focus()
    found += found_by_axe(page)
    fill_address(page)
    found += found_by_axe(page) + found_on_a_narrow_screen(page)
    assert found == []


def test_a_payment_that_runs_past_the_ring_is_pinned_and_says_so(shop: Shop, open_page: Open) -> None:
    member = ready_member()
    make_saved_method(member, "test_slow", last_four="5005")
    hold = make_reservation(member, make_drop(1))
    page = open_page(hold.get_absolute_url(), member=member)
    page.get_by_text("Pay with").first.click()
    page.locator("label.pick", has_text="5005").first.click()
    buy_button(page).click()
    assert wait_until(hold.payments.exists, PATIENCE)
    Reservation.objects.filter(pk=hold.pk).update(expires_at=database_time())  # the ring closes while the bank thinks
    expect(page.get_by_role("heading", name="Asking your bank")).to_be_visible()
    hold.refresh_from_db()
    latest = page.locator(".asking time")
    expect(latest).to_have_attribute("datetime", machine_time(hold.lapses_at))
    assert hold.lapses_at > database_time()
    expect(page.get_by_text("The pair is yours.").or_(page.get_by_text("Bought as")).first).to_be_visible()
    assert member.purchases.count() == 1


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("0002", "Not paid. The test bank said no. You were not charged. The pair is still yours until the ring closes; try"),
        ("3220", "Not paid. The test bank said no. You were not charged. The pair is still yours until the ring closes; try"),
    ],
    ids=["declined", "not confirmed"],
)
def test_a_payment_that_fails_says_what_became_of_pair_and_money(shop: Shop, open_page: Open, card: str, words: str) -> None:
    member = ready_member()
    page = open_page(make_reservation(member, make_drop(1, hold_seconds=600)).get_absolute_url(), member=member)
    page.get_by_text("Pay with").first.click()
    page.locator("label.pick", has_text=f"·· {card}").click()
    buy_button(page).click()
    if card == "3220":
        page.get_by_role("button", name="No, that is not me").click()
    expect(page.locator("#decide .notice").first).to_contain_text(words)
    expect(page.get_by_role("heading", name="is yours")).to_be_visible()
    page.locator("label.pick", has_text="·· 4242").first.click()
    buy_button(page).click()
    expect(page.get_by_text("The pair is yours.")).to_be_visible()


def test_of_a_bank_that_does_not_answer_nothing_is_claimed(shop: Shop, open_page: Open) -> None:
    member = ready_member()
    hold = make_reservation(member, make_drop(1, hold_seconds=600))
    page = open_page(hold.get_absolute_url(), member=member)
    page.get_by_text("Pay with").first.click()
    page.locator("label.pick", has_text="9999").click()
    buy_button(page).click()
    expect(page.get_by_text("We do not know yet and will tell you")).to_be_visible()
    assert Payment.objects.get(reservation=hold).status == "started"


def test_a_card_is_added_in_the_settings_and_used_first(shop: Shop, open_page: Open) -> None:
    member = make_member()
    make_saved_method(member, is_default=True)
    page = open_page("/accounts/settings/", member=member)
    paying = page.locator("#paying")
    paying.get_by_text("Add a card").click()
    paying.locator("label.pick", has_text="5005").click()
    paying.get_by_role("button", name="Save the card").click()
    expect(paying.get_by_text("asking your bank").or_(paying.locator("b", has_text="5005"))).to_be_visible()
    assert wait_until(lambda: SavedMethod.objects.filter(member=member, status="ready").count() == 2, PATIENCE)
    page.reload()
    paying.locator(".setting", has_text="5005").get_by_role("button", name="use first").click()
    expect(paying.locator(".setting", has_text="5005").first).to_contain_text("used first")
