"""Shoppers in a real browser against a whole shop: what one does, the other's screen says."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from dropshop.core.clock import database_time, iso
from dropshop.core.limits import account_key, rate
from dropshop.core.token_buckets import TokenBuckets
from tests.browser.address_form import TYPED, fill_address
from tests.harness.shop import Shop
from tests.make import ADDRESS, PASSWORD, lapse, make_drop, make_member, make_reservation
from tests.shopper import replan

Open = Callable[..., Page]


def tile(page: Page, label: str) -> Any:
    """The tile of one size."""
    return page.locator(".size", has=page.locator(f"input[value='{label}']"))


def pick(page: Page, label: str) -> None:
    """Choose a size as a finger would."""
    tile(page, label).click()


@pytest.fixture
def newcomer(shop: Shop) -> Any:
    """A member who has never bought, so that the checkout knows no address."""
    return make_member()


def test_two_shoppers_meet_over_the_last_pair_and_every_screen_changes_at_once(
    shop: Shop, open_page: Open, alice: Any, bob: Any
) -> None:
    drop = make_drop({"9": 1, "9.5": 3})
    first, second = (open_page(drop.get_absolute_url(), member=member) for member in (alice, bob))
    expect(second.locator("live-state")).to_have_text("Live")
    pick(first, "9")
    first.get_by_role("button", name="Reserve size 9").click()
    expect(first.get_by_role("heading", name="Size 9 is yours")).to_be_focused()
    expect(tile(first, "9")).to_contain_text("yours")

    expect(tile(second, "9").locator("stock-words")).to_have_attribute("state", "held")
    pick(second, "9")
    second.get_by_role("button", name="Reserve size 9").click()
    refusal = second.locator("#decide .notice[data-focus]")
    expect(refusal).to_be_focused()
    expect(refusal).to_contain_text("Someone was faster. 3 left in 9.5.")
    expect(refusal).not_to_contain_text("sold out")

    fill_address(first)
    first.get_by_role("button", name="Buy for $180").click()
    expect(first.get_by_role("heading", name=drop.title)).to_be_visible()
    expect(first.get_by_text("Paid. The pair is yours.")).to_be_visible()
    expect(tile(second, "9").locator("stock-words")).to_have_text("sold out")
    expect(tile(second, "9").locator("input")).to_be_disabled()
    expect(second.locator("[data-buyers] li").first).to_contain_text("alice 9")


def test_the_countdown_opens_the_drop_without_reload(shop: Shop, open_page: Open, alice: Any, staff: Any) -> None:
    drop = make_drop({"9": 2}, starts_in=1200)
    drop.sizes.create(label="10", total=1, available=1, position=2)
    page = open_page(drop.get_absolute_url(), member=alice)
    page.evaluate("window.sameDocument = true")
    expect(page.locator("drop-countdown")).to_be_visible()
    expect(page.get_by_role("button", name="Pick a size")).to_be_hidden()
    replan(shop.url, staff, drop, starts_at=iso(database_time() + timedelta(seconds=2)))
    expect(page.get_by_role("button", name="Pick a size")).to_be_visible()
    expect(page.locator("drop-countdown")).to_be_hidden()
    pick(page, "9")
    page.get_by_role("button", name="Reserve size 9").click()
    expect(page.get_by_role("heading", name="Size 9 is yours")).to_be_visible()
    assert page.evaluate("window.sameDocument")


def test_a_hold_that_lapses_is_offered_on_the_other_screen(shop: Shop, open_page: Open, alice: Any, bob: Any) -> None:
    drop = make_drop({"8": 1, "9": 1})
    first, second = (open_page(drop.get_absolute_url(), member=member) for member in (alice, bob))
    pick(first, "9")
    first.get_by_role("button", name="Reserve size 9").click()
    expect(first.get_by_role("heading", name="Size 9 is yours")).to_be_visible()
    expect(tile(second, "9").locator("stock-words")).to_have_attribute("state", "held")
    lapse(drop.reservations.get())
    expect(tile(second, "9").locator("stock-words")).to_have_text("1 left")
    expect(first.locator("#decide")).to_contain_text("Your hold on size 9 ran out.")
    pick(second, "9")
    second.get_by_role("button", name="Reserve size 9").click()
    expect(second.get_by_role("heading", name="Size 9 is yours")).to_be_visible()


def test_more_time_is_given_once_and_a_pair_given_back_returns_to_all(
    shop: Shop, open_page: Open, alice: Any, bob: Any
) -> None:
    drop = make_drop({"9": 1, "10": 1})
    first, second = (open_page(drop.get_absolute_url(), member=member) for member in (alice, bob))
    pick(first, "9")
    first.get_by_role("button", name="Reserve size 9").click()
    first.get_by_role("button", name="+60 s, once").click()
    expect(first.get_by_text("You have used your extra time")).to_be_visible()
    assert alice.reservations.get(drop=drop).extensions == 1
    expect(tile(second, "9").locator("stock-words")).to_have_attribute("state", "held")
    first.get_by_role("button", name="Give it back").click()
    expect(first.get_by_role("button", name="Reserve size 9")).to_be_visible()
    expect(tile(second, "9").locator("stock-words")).to_have_text("1 left")


def test_a_declined_card_keeps_the_pair_and_a_confirmed_one_buys_it(shop: Shop, open_page: Open, newcomer: Any) -> None:
    drop = make_drop({"9": 1, "10": 1})
    page = open_page(drop.get_absolute_url(), member=newcomer)
    pick(page, "9")
    page.get_by_role("button", name="Reserve size 9").click()
    fill_address(page)
    page.get_by_text("Pay with").first.click()
    page.locator("[value=test_declined]").check()
    page.get_by_role("button", name="Buy for $180").click()
    expect(page.locator("#decide .notice[data-focus]")).to_contain_text("You were not charged. The pair is still yours")
    page.locator("[value=test_confirm]").check()
    page.get_by_role("button", name="Buy for $180").click()
    page.get_by_role("button", name="Yes, pay $180").click()
    expect(page.get_by_text("Paid. The pair is yours.")).to_be_visible()
    assert newcomer.purchases.filter(drop=drop).count() == 1


def test_a_double_click_and_the_back_button_have_one_effect(shop: Shop, open_page: Open, newcomer: Any) -> None:
    drop = make_drop({"9": 5, "10": 5})
    page = open_page(drop.get_absolute_url(), member=newcomer)
    pick(page, "9")
    page.get_by_role("button", name="Reserve size 9").dblclick()
    expect(page.get_by_role("heading", name="Size 9 is yours")).to_be_visible()
    fill_address(page)
    page.get_by_role("button", name="Buy for $180").dblclick()
    expect(page.get_by_text("Paid. The pair is yours.")).to_be_visible()
    page.go_back()
    expect(page.locator("#decide")).to_contain_text("9 is yours. Bought as")
    assert newcomer.purchases.filter(drop=drop).count() == 1
    assert newcomer.reservations.filter(drop=drop).count() == 1


def test_the_whole_purchase_works_without_javascript(shop: Shop, open_page: Open, newcomer: Any) -> None:
    drop = make_drop({"9": 1, "10": 1})
    page = open_page("/", member=newcomer, java_script_enabled=False)
    page.get_by_role("link", name=drop.title).first.click()
    page.locator("input[value='9']").check(force=True)
    page.get_by_role("button", name="Reserve").click()
    expect(page.get_by_role("heading", name="Size 9 is yours")).to_be_visible()
    page.get_by_role("button", name="+60 s, once").click()
    expect(page.get_by_text("You have used your extra time")).to_be_visible()
    page.locator("[name=name]").fill(" ")
    for line in ("street", "city", "state", "zip_code", "country"):
        page.locator(f"[name={line}]").fill(ADDRESS[line])
    page.get_by_role("button", name="Buy for $180").click()
    expect(page.get_by_text("This is missing.")).to_be_visible()
    page.locator("[name=name]").fill(ADDRESS["name"])
    page.get_by_role("button", name="Buy for $180").click()
    expect(page.get_by_text("Paid. The pair is yours.")).to_be_visible()
    page.get_by_role("link", name="All orders").click()
    expect(page.get_by_role("link", name=drop.title)).to_be_visible()


def test_a_pair_can_be_given_back_without_javascript(shop: Shop, open_page: Open, newcomer: Any) -> None:
    drop = make_drop({"9": 1, "10": 1})
    page = open_page(drop.get_absolute_url(), member=newcomer, java_script_enabled=False)
    page.locator("input[value='9']").check(force=True)
    page.get_by_role("button", name="Reserve").click()
    expect(page.get_by_role("heading", name="Size 9 is yours")).to_be_visible()
    page.get_by_role("button", name="Give it back").click()
    expect(page.get_by_role("button", name="Reserve")).to_be_visible()
    assert drop.reservations.get().status == "cancelled"
    assert drop.sizes.get(label="9").available == 1


def test_reserving_and_buying_needs_no_pointer(shop: Shop, open_page: Open, newcomer: Any) -> None:
    drop = make_drop({"8": 2, "9": 2})
    page = open_page(drop.get_absolute_url(), member=newcomer)
    expect(page.locator("live-state")).to_have_text("Live")
    page.locator("input[value='8']").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("input[value='9']")).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Reserve size 9")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Size 9 is yours")).to_be_focused()
    page.keyboard.press("Tab")
    for line in TYPED:  # Enter goes on to the next empty field, and buys once there is none
        expect(page.locator(f"[name={line}]")).to_be_focused()
        page.keyboard.type(ADDRESS[line])
        expect(page.locator("[name=city]")).to_have_value("" if line == "country" else ADDRESS["city"])
        page.keyboard.press("Enter")
    expect(page.get_by_text("Paid. The pair is yours.")).to_be_visible()


def test_without_a_socket_the_page_polls_and_says_so(shop: Shop, open_page: Open, alice: Any, bob: Any) -> None:
    drop = make_drop({"9": 2, "10": 1})
    page = open_page("about:blank", member=bob)
    page.route_web_socket("**/ws/live/", lambda socket: socket.close())
    page.goto(drop.get_absolute_url())
    expect(page.locator("live-state")).to_have_text("Polling")
    make_reservation(alice, drop, "10")
    expect(tile(page, "10").locator("stock-words")).to_have_attribute("state", "held")
    page.route("**/api/v1/drops/*", lambda route: route.abort())
    expect(page.locator("live-state")).to_have_text("Offline")


def test_a_wrong_clock_in_the_browser_changes_no_countdown(shop: Shop, open_page: Open, newcomer: Any) -> None:
    drop, later = make_drop({"9": 1, "10": 1}), make_drop({"9": 1, "10": 1}, starts_in=1800)
    page = open_page("about:blank", member=newcomer)
    page.add_init_script("const now = Date.now; Date.now = () => now() + 3_600_000;")
    page.goto(later.get_absolute_url())
    expect(page.locator("drop-countdown .number").nth(1)).to_have_text(re.compile("^(29|30)$"))
    page.goto(drop.get_absolute_url())
    pick(page, "9")
    page.get_by_role("button", name="Reserve size 9").click()
    expect(page.locator("hold-ring .number")).to_have_text(re.compile("^[345][0-9]$"))


def test_while_strangers_guess_the_browser_works_a_moment_and_its_user_signs_in(shop: Shop, open_page: Open) -> None:
    member = make_member()
    guesses = rate(settings.LIMITS["sign-in"]["account"])
    buckets = TokenBuckets(shop.valkey.url)
    for _ in range(guesses.amount):
        assert buckets.take([(f"sign-in:account:{account_key(member.username)}", guesses)]) == 0
    buckets.redis.close()
    page = open_page("/accounts/login/?next=/orders/")
    page.locator("[name=login]").fill(member.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Too many tries")).to_be_visible()
    expect(page.locator("form [role=status]")).to_contain_text("task")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")  # without waiting for the task
    page.wait_for_url("**/orders/", timeout=60_000)
