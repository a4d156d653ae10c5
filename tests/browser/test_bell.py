"""Nothing lies over a decision and nothing moves under a finger (L6, acceptance 74): at the bell, a hold's start and end."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dropshop.core.clock import database_time, iso
from reservations.models import PickupPlace, ShippingRate, TaxRate
from tests.browser.address_form import fill_address
from tests.harness.shop import Shop
from tests.make import ADDRESS, lapse, make_drop, make_member, make_purchase
from tests.reservations.charges.rates import ship, tax
from tests.shopper import Shopper, replan

Open = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SMALL = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
WIDE = {"viewport": {"width": 1600, "height": 900}}
HIGH = {"viewport": {"width": 1600, "height": 1800}}  # what stands below the decision is in sight

# Every shift is kept, also within half a second of a tap, which the browser's own sum leaves out.
WATCH = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(({ value, sources }) =>
    `${value.toFixed(4)} ${sources.map(({ node }) => node?.outerHTML?.slice(0, 60)).join()}`)),
  ).observe({ type: 'layout-shift' });
}"""
# Where things stand on the page, in whole pixels.
PLACES = """() => Object.fromEntries(
  ['.buy h1', '.buy .lead', '.moment', '.buy .price', '.size', '#decide', '.decide .sticky', '.foot'].map((name) =>
    [name, Math.round((document.querySelector(name)?.getBoundingClientRect().top ?? -scrollY) + scrollY)]))"""
# What lies over a control, at its middle and near its corners; nothing is what should.
OVER = """(control) => {
  const { left, right, top, bottom } = control.getBoundingClientRect(), inset = 12, middle = (top + bottom) / 2;
  const points = [[(left + right) / 2, middle], [left + inset, middle], [right - inset, middle],
    ...[left + 30, right - 30].flatMap((x) => [[x, top + 5], [x, bottom - 5]])];
  return points.map(([x, y]) => document.elementFromPoint(x, y))
    .filter((found) => !found || !(control.contains(found) || found.contains(control)))
    .map((found) => found?.outerHTML ?? 'nothing');
}"""


def lies_over(page: Page, name: str, role: str = "button") -> list[str]:
    """What lies over this control once it is in sight."""
    control = page.get_by_role(role, name=name)  # type: ignore[arg-type]
    control.scroll_into_view_if_needed()
    return control.evaluate(OVER)


def becomes(page: Page, phase: str) -> None:
    expect(page.locator("drop-floor")).to_have_attribute("phase", phase)


def notify(page: Page, text: str) -> None:
    """What the socket says when there is news for this member."""
    page.evaluate(
        "text => document.dispatchEvent(new CustomEvent('live:notification', { detail: { id: 1, text, url: '/karma/' } }))",
        text,
    )


@pytest.mark.parametrize(
    ("screen", "sizes"),
    [pytest.param(PHONE, {"9": 1, "10": 1}, id="on a phone"), pytest.param(WIDE, 1, id="one size, wide")],
)
def test_nothing_moves_over_the_bell_a_hold_and_the_last_sale(shop: Shop, open_page: Open, screen: dict, sizes: Any) -> None:
    member, other = make_member(), make_member()
    make_purchase(member, make_drop(1))  # who knows where to ship to needs no fields
    drop = make_drop(sizes, starts_in=4)
    page = open_page(drop.get_absolute_url(), member=member, **screen)
    expect(page.locator("live-state")).to_have_text("Live")
    labels = [size.label for size in drop.sizes.all()]
    if len(labels) > 1:
        page.locator(".size", has=page.locator("input[value='9']")).click()
    page.locator("#decide").scroll_into_view_if_needed()
    page.evaluate("() => document.fonts.ready")
    page.evaluate(WATCH)
    seen = {"before the bell": page.evaluate(PLACES)}

    becomes(page, "live")
    seen["live"] = page.evaluate(PLACES)
    crowd = [Shopper(shop.url, somebody) for somebody in (other, make_member())]
    held = [shopper.reserve(drop, label).json()["reservation"]["id"] for shopper, label in zip(crowd, labels, strict=False)]
    expect(page.locator(".stand stock-words")).to_contain_text("all held · may return ")
    seen["all held"] = page.evaluate(PLACES)
    reserve = page.get_by_role("button", name="Reserve")
    reserve.click()
    expect(page.locator("#decide > .notice[data-kind=wait]")).to_be_visible()
    seen["refused"] = page.evaluate(PLACES)
    for shopper, hold in zip(crowd, held, strict=False):
        shopper.delete(f"/api/v1/reservations/{hold}")
    expect(page.locator("#decide > .notice[data-kind=wait]")).to_be_hidden()
    seen["given back by the other"] = page.evaluate(PLACES)

    reserve.click()
    expect(page.get_by_role("heading", name="is yours")).to_be_visible()
    seen["held by me"] = page.evaluate(PLACES) | {".decide .sticky": seen["live"][".decide .sticky"]}
    lapse(drop.reservations.get(member=member, status="active"))
    expect(page.locator("#decide")).to_contain_text("ran out.")
    seen["ran out"] = page.evaluate(PLACES)
    reserve.click()
    page.get_by_role("button", name="Give it back").click()
    expect(reserve).to_be_visible()
    seen["given back by me"] = page.evaluate(PLACES)
    for shopper, label in zip(crowd, labels, strict=False):
        hold = shopper.reserve(drop, label).json()["reservation"]["id"]
        assert shopper.buy(hold, ADDRESS).status_code == 201
        shopper.close()
    becomes(page, "sold_out")
    seen["sold out"] = page.evaluate(PLACES)

    assert {state: places for state, places in seen.items() if places != seen["live"]} == {}
    assert page.evaluate("window.shifts") == []


@pytest.fixture
def rates(shop: Shop) -> Iterator[None]:
    """The shop takes shipping and tax, for this test."""
    ship("US", 1200)
    tax("US", "8.25", name="Sales tax")
    yield
    ShippingRate.objects.all().delete()
    TaxRate.objects.all().delete()


@pytest.mark.parametrize(
    "screen", [pytest.param(SMALL, id="360"), pytest.param(PHONE, id="390"), pytest.param(HIGH, id="wide and high")]
)
@pytest.mark.usefixtures("rates")
def test_shipping_tax_and_places_to_collect_at_find_their_room_in_a_hold(shop: Shop, open_page: Open, screen: dict) -> None:
    member, drop = make_member(), make_drop({"9": 2, "10": 1})
    make_purchase(member, make_drop(1))  # who knows where to ship to needs no fields
    for name in ("Portland store", "Store at the harbour"):
        place = {"street": "2 Store Street", "city": "Portland", "state": "OR", "zip_code": "97201", "country": "US"}
        drop.pickup_places.add(PickupPlace.objects.create(name=name, hours="Mon to Fri, 10 to 18", **place))
    page = open_page(drop.get_absolute_url(), member=member, **screen)
    expect(page.locator("live-state")).to_have_text("Live")
    page.locator(".size", has=page.locator("input[value='9']")).click()
    page.locator("#decide").scroll_into_view_if_needed()
    page.evaluate("() => document.fonts.ready")
    page.evaluate(WATCH)
    before = page.evaluate(PLACES)
    page.get_by_role("button", name="Reserve").click()
    expect(page.get_by_role("heading", name="is yours")).to_be_visible()
    expect(page.get_by_role("button", name="Buy, collect at Store at the harbour")).to_be_visible()
    assert page.evaluate(PLACES) == before | {".decide .sticky": page.evaluate(PLACES)[".decide .sticky"]}
    page.get_by_role("button", name="Give it back").click()
    expect(page.get_by_role("button", name="Reserve")).to_be_visible()
    assert (page.evaluate(PLACES), page.evaluate("window.shifts")) == (before, [])


@pytest.mark.parametrize("screen", [pytest.param(SMALL, id="360"), pytest.param(PHONE, id="390")])
def test_on_a_phone_nothing_lies_over_a_decision_whatever_is_told(shop: Shop, open_page: Open, screen: dict) -> None:
    """The size is picked before the bell; the bell rings, sizes go, notices come, the line goes away: every tap counts."""
    drop, member = make_drop({"8": 1, "9": 2}, starts_in=4), make_member()
    page = open_page(drop.get_absolute_url(), member=member, **screen)
    page.locator(".size", has=page.locator("input[value='9']")).tap()
    becomes(page, "live")
    notify(page, "Confirmed: Ember Runner at Corner Store. " * 3)
    assert lies_over(page, "Reserve size 9") == []
    assert page.locator("toast-list p").count() == 0
    page.get_by_role("button", name="Reserve size 9").tap()
    expect(page.get_by_role("heading", name="Size 9 is yours")).to_be_visible()
    fill_address(page)
    notify(page, "Confirmed: Ember Runner at Corner Store. " * 3)
    for name in ("Buy for $180", "+60 s, once", "Give it back"):
        assert lies_over(page, name) == [], name
    page.get_by_role("button", name="+60 s, once").tap()
    expect(page.get_by_text("You have used your extra time")).to_be_visible()
    assert lies_over(page, "Buy for $180") == []  # what was typed is still there
    page.goto(member.reservations.get(drop=drop).get_absolute_url())
    notify(page, "Confirmed: Ember Runner at Corner Store. " * 3)
    for name in ("Next: country", "Give it back"):
        assert lies_over(page, name) == [], name


def test_the_front_page_keeps_its_places_over_a_bell(shop: Shop, open_page: Open) -> None:
    drop = make_drop({"9": 1, "10": 1}, starts_in=5)
    below = "() => [...document.querySelectorAll('.hero .button, .release, .ticker, h2')]"
    places = f"{below}.map((one) => one.getBoundingClientRect().top)"
    page = open_page("/", **PHONE)
    expect(page.locator("live-state")).to_have_text("Live")
    before = page.evaluate(places)
    page.evaluate(WATCH)
    expect(page.locator(f"drop-floor[drop='{drop.pk}']").first).to_have_attribute("phase", "live")
    assert page.evaluate(places) == before
    assert page.evaluate("window.shifts") == []


@pytest.mark.parametrize("state", ["Polling", "Offline"])
def test_the_bar_stays_as_it_is_when_the_line_goes_away(shop: Shop, open_page: Open, state: str) -> None:
    drop, member = make_drop({"9": 1, "10": 1}), make_member("averylongusername" + state)
    page = open_page("about:blank", member=member, **SMALL)
    page.route_web_socket("**/ws/live/", lambda socket: socket.close())
    if state == "Offline":
        page.route("**/api/v1/drops/*", lambda route: route.abort())
    page.add_init_script(f"document.addEventListener('DOMContentLoaded', {WATCH})")
    page.goto(drop.get_absolute_url())
    expect(page.locator("live-state")).to_have_text(state)
    assert page.evaluate("window.shifts") == []
    tops = "['.wordmark', '.bar .aside'].map((name) => document.querySelector(name).getBoundingClientRect().top)"
    assert len(set(page.evaluate(tops))) == 1  # one row beside the sections


def test_a_toast_stands_where_no_control_is_and_goes_in_its_time_whatever_points_at_it(shop: Shop, open_page: Open) -> None:
    page = open_page("about:blank", member=make_member(), **PHONE)
    page.clock.install()
    page.goto("/orders/")
    notify(page, "Confirmed: Ember Runner at Corner Store.")
    toast = page.locator("toast-list p")
    expect(toast).to_be_visible()
    toast.hover()
    over = page.evaluate(
        f"() => [...document.querySelectorAll('main a, main button, .bar a, .foot a, .foot button')].flatMap({OVER})"
    )
    assert [html for html in over if "toast" in html] == []
    page.clock.run_for(12_100)
    expect(toast).to_have_count(0)


def test_what_the_page_shows_is_not_said_again_in_a_toast(shop: Shop, open_page: Open, staff: Any) -> None:
    buyer, drop = make_member(), make_drop({"9": 1, "10": 1}, starts_in=1200)
    page = open_page(drop.get_absolute_url())
    expect(page.locator("live-state")).to_have_text("Live")
    page.evaluate(
        """() => {
          window.toasts = [];
          new MutationObserver((all) => window.toasts.push(all.length))
            .observe(document.querySelector('toast-list'), { childList: true });
        }"""
    )
    replan(shop.url, staff, drop, starts_at=iso(database_time()))
    becomes(page, "live")
    expect(page.locator("[data-voice]")).to_have_text(f"{drop.title} is open.")
    page.locator(".size", has=page.locator("input[value='9']")).click()
    with Shopper(shop.url, buyer) as shopper:
        shopper.buy(shopper.reserve(drop, "9").json()["reservation"]["id"], ADDRESS)
    expect(page.locator("[data-voice]")).to_have_text("Size 9 is sold out.")
    assert page.evaluate("window.toasts") == []
