"""What the socket tells is on every open page at once, in words and in countdowns: stock, refusals, staff's changes."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from drops.models import Drop
from dropshop.core.clock import database_time, iso
from dropshop.core.errors import Busy, DropshopError, problem_body
from dropshop.core.money import Money
from reservations.holds import errors
from tests.browser.address_form import fill_address
from tests.harness.shop import Shop
from tests.make import ADDRESS, make_drop, make_member, make_reservation
from tests.shopper import Shopper, replan

Open = Callable[..., Page]


def look(open_page: Open, path: str, member: Any = None) -> Page:
    page = open_page(path, member=member)
    expect(page.locator("live-state")).to_have_text("Live")
    page.evaluate("window.stayed = true")
    return page


def clock_of(moment: datetime) -> str:
    return f"{moment:%H:%M}"


@pytest.mark.parametrize(
    ("sizes", "facts"),
    [
        pytest.param(1, {}, id="one size"),
        pytest.param({"9": 1, "9.5": 0}, {"access": "members"}, id="two sizes, members only"),
        pytest.param(1, {"min_karma": 50}, id="one size, karma-gated"),
    ],
)
def test_counts_and_words_follow_the_socket_in_every_shape_of_drop(
    shop: Shop, open_page: Open, sizes: Any, facts: dict[str, Any]
) -> None:
    buyer, watcher = make_member(), make_member()
    drop = make_drop(sizes, access=facts.get("access", "public"))
    with Shopper(shop.url, buyer) as shopper:
        hold = shopper.reserve(drop, drop.sizes.order_by("position")[0].label)  # before points are needed
        Drop.objects.filter(pk=drop.pk).update(**facts)
        page, front = look(open_page, drop.get_absolute_url(), watcher), look(open_page, "/", watcher)
        card = front.locator(f"drop-floor[drop='{drop.pk}'] stock-words").first
        words, counts = page.locator(".stand stock-words"), page.locator(".counts")
        for said in (words, card):
            expect(said).to_have_text(re.compile(r"^all held · may return \d+:\d\d$"))
        expect(counts).to_have_text("0 left · 1 held · 0 sold")
        shopper.delete(f"/api/v1/reservations/{hold.json()['reservation']['id']}")
        for said in (words, card):
            expect(said).to_have_text("1 left")
        expect(counts).to_have_text("1 left · 0 held · 0 sold")
        Drop.objects.filter(pk=drop.pk).update(min_karma=0)
        hold = shopper.reserve(drop, drop.sizes.order_by("position")[0].label)
        assert shopper.buy(hold.json()["reservation"]["id"], ADDRESS).status_code == 201
    for said in (words, card):
        expect(said).to_have_text("sold out")
    expect(counts).to_have_text("0 left · 0 held · 1 sold")
    assert page.locator("stock-meter[large] .sold").get_attribute("width") == "100%"


def refuse(page: Page, error: DropshopError) -> None:
    """The next press of Reserve is refused with this."""
    retry = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    headers = {"Content-Type": "application/problem+json", **retry}

    def answer(route: Route) -> None:
        route.fulfill(status=error.status, headers=headers, body=json.dumps(problem_body(error)))

    page.route("**/reserve", answer)
    page.get_by_role("button", name="Reserve").click()


def test_a_refusal_counts_down_and_goes_when_it_is_no_longer_true(shop: Shop, open_page: Open) -> None:
    drop, other = make_drop(1), make_member()
    page = look(open_page, drop.get_absolute_url(), make_member())
    refusal = page.locator("#decide > .notice[data-focus]")
    with Shopper(shop.url, other) as shopper:
        hold = shopper.reserve(drop).json()["reservation"]["id"]
        page.get_by_role("button", name="Reserve").click()
        expect(refusal).to_contain_text(re.compile(r"the first may return in [01]:\d\d"))
        first = refusal.inner_text()
        expect(refusal).not_to_have_text(first)
        expect(refusal).to_be_visible()
        shopper.delete(f"/api/v1/reservations/{hold}")
    expect(refusal).to_be_hidden()


def test_a_refusal_for_some_time_goes_when_that_time_is_over(shop: Shop, open_page: Open) -> None:
    """The browser's clocks are put on, and nobody tells the page meanwhile that the shop's time is another."""
    page = open_page("about:blank", member=make_member())
    page.clock.install()
    page.route_web_socket("**/ws/live/", lambda socket: socket.close())
    page.goto(make_drop(1).get_absolute_url())
    refusal = page.locator("#decide > .notice[data-focus]")
    later = iso(database_time() + timedelta(minutes=5))
    for error, says in (
        (errors.CoolingDown(retry_at=later, retry_after=300), "You can reserve again in 4:"),
        (Busy(retry_after=300), re.compile(r"ry again in 2\d\d s")),
    ):
        refuse(page, error)
        expect(refusal).to_contain_text(says)
        expect(refusal).to_be_visible()
        page.route("**/api/v1/drops/*", lambda route: route.abort())
        page.clock.fast_forward(300_000)
        expect(refusal).to_be_hidden()


def test_a_refusal_that_the_server_has_written_moves_as_well(shop: Shop, open_page: Open) -> None:
    """Sent as a form, because the page has no pass."""
    drop, other = make_drop(1), make_member()
    page = look(open_page, drop.get_absolute_url(), make_member())
    page.route("**/api/v1/drops/*/pass", lambda route: route.abort())
    page.route("**/api/v1/drops/*/reserve", lambda route: route.fulfill(status=401))
    with Shopper(shop.url, other) as shopper:
        hold = shopper.reserve(drop).json()["reservation"]["id"]
        page.get_by_role("button", name="Reserve").click()
        refusal = page.locator("#decide > .notice[data-focus]")
        expect(refusal).to_contain_text("may return in 0:")
        expect(refusal).to_be_focused()
        shopper.delete(f"/api/v1/reservations/{hold}")
        expect(refusal).to_be_hidden()


def test_a_changed_title_price_and_end_reach_every_open_page_in_words(shop: Shop, open_page: Open, staff: Any) -> None:
    drop, member = make_drop({"9": 2, "10": 2}), make_member()
    hold = make_reservation(member, drop, "9")
    shown = look(open_page, drop.get_absolute_url()), look(open_page, "/"), look(open_page, hold.get_absolute_url(), member)
    page, front, checkout = shown
    ends = drop.ends_at + timedelta(hours=2)
    replan(shop.url, staff, drop, title="Dusk Runner", price="175.50", reason="A slip", ends_at=iso(ends))

    for each in shown:
        expect(each.locator(f"drop-floor[drop='{drop.pk}'] :is(h1, h3)").first).to_have_text("Dusk Runner")
    expect(page).to_have_title(re.compile("^Dusk Runner · "))
    expect(checkout).to_have_title("Checkout · Dusk Runner · dropshop")
    expect(page.locator(".price")).to_have_text("$175.50")
    expect(front.locator(f"drop-floor[drop='{drop.pk}'] [data-fact=price]").first).to_have_text("$175.50")
    zone = page.evaluate("() => Intl.DateTimeFormat().resolvedOptions().timeZone")
    assert zone == "UTC"
    expect(page.locator(".now[data-only=live]")).to_contain_text(f"closes {clock_of(ends)}")
    # The price of a hold is frozen with the hold.
    fill_address(checkout)
    expect(checkout.get_by_role("button", name="Buy for $180")).to_be_visible()
    expect(checkout.locator(".lead")).to_contain_text("$180")
    assert [each.evaluate("window.stayed") for each in shown] == [True] * 3


def test_a_start_that_moves_is_heard_by_countdown_words_and_button(shop: Shop, open_page: Open, staff: Any) -> None:
    """Later, then into the past: the page opens; and what has ended says when."""
    drop = make_drop({"9": 2, "10": 2}, starts_in=1200, open_for=7200)
    page, front = look(open_page, drop.get_absolute_url(), make_member()), look(open_page, "/")
    later = database_time() + timedelta(hours=3)
    replan(shop.url, staff, drop, starts_at=iso(later), ends_at=iso(later + timedelta(hours=2)))
    expect(page.locator("drop-countdown .number").first).to_have_text(re.compile("^0[23]$"))
    expect(page.locator(".now[data-only=upcoming]")).to_contain_text(clock_of(later))
    expect(page.get_by_role("button", name="Reserve", disabled=True)).to_contain_text(f"at {clock_of(later)}")
    expect(front.locator(f"drop-floor[drop='{drop.pk}'] time-until").first).to_have_text(re.compile("^in [23] h"))

    replan(shop.url, staff, drop, starts_at=iso(database_time() - timedelta(seconds=5)))
    expect(page.locator("drop-floor")).to_have_attribute("phase", "live")
    expect(page.get_by_role("button", name="Pick a size")).to_be_visible()
    ended = database_time()
    Drop.objects.filter(pk=drop.pk).update(ends_at=ended)  # the shop's own beat tells of it
    expect(page.locator(".now[data-only=ended]")).to_be_visible()
    expect(page.locator(".now[data-only=ended]")).to_contain_text(clock_of(ended))


def test_a_change_made_in_the_admin_is_told_too(shop: Shop, open_page: Open, staff: Any) -> None:
    drop = make_drop({"9": 2, "10": 2}, starts_in=1200)
    page = look(open_page, drop.get_absolute_url())
    admin = open_page(f"/admin/drops/drop/{drop.pk}/change/", member=staff)
    admin.locator("[name=title]").fill("Dawn Runner")
    admin.locator("[name=price]").fill("99.00")
    admin.locator("[name=_save]").click()
    expect(page.locator("h1")).to_have_text("Dawn Runner")
    expect(page.locator(".price")).to_have_text("$99")


def test_money_is_written_by_the_script_as_by_the_server(shop: Shop, open_page: Open) -> None:
    amounts = [Money(18000, "USD"), Money(17550, "EUR"), Money(22000, "JPY"), Money(129900, "CHF"), Money(45500, "KWD")]
    page = open_page("/")
    said = page.evaluate(
        "async (all) => { const { shown } = await import('/static/js/money.js'); return all.map(shown); }",
        [money.facts for money in amounts],
    )
    assert said == [str(money) for money in amounts]
