"""The shopper's own clock only draws (S3, L7, acceptance 73): wrong, changed, asleep or Back, every countdown is right."""

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from drops.models import Drop
from dropshop.core.clock import database_time
from tests.harness.patience import PATIENCE
from tests.harness.shop import Shop
from tests.make import make_drop, make_member, make_purchase, make_reservation

Open = Callable[..., Page]
HOUR = 3_600_000  # milliseconds
SECOND = 1_000

# The wall clock ahead by so many milliseconds, from the page's first script on; `changeClock` moves it later.
AHEAD = """(() => {
  const now = Date.now;
  let by = %d;
  Date.now = () => now() + by;
  window.changeClock = (more) => { by += more; };
})();"""
# A sleep of so many milliseconds: performance.now() has stood still, the socket is dead and nobody was told.
ASLEEP = """(() => {
  const steady = performance.now.bind(performance), now = Date.now, Socket = WebSocket, sockets = [];
  let lost = 0;
  Date.now = () => now() + lost;
  window.WebSocket = class extends Socket {
    constructor(...given) { super(...given); sockets.push(this); }
    send(text) { if (!this.isDead) super.send(text); }
    addEventListener(kind, listener) { super.addEventListener(kind, (event) => this.isDead || listener(event)); }
  };
  window.sleepFor = (milliseconds) => { lost += milliseconds; for (const one of sockets) one.isDead = true; };
})();"""
SHOWN = """() => [...document.querySelectorAll('drop-countdown .figure')].reduce((sum, figure) => sum
  + Number(figure.querySelector('.number').textContent)
  * { d: 86400, h: 3600, m: 60, s: 1 }[figure.querySelector('.unit').textContent], 0)"""


@pytest.fixture(scope="module")
def later(shop: Shop) -> Drop:
    """A drop that opens in 24 minutes; its page has been asked for once, so that it is quick."""
    return make_drop({"9": 2, "10": 2}, starts_in=1440)


def off(page: Page, drop: Drop) -> float:
    """By how many seconds the countdown is off."""
    return page.evaluate(SHOWN) - (drop.starts_at - database_time()).total_seconds()


def is_right(page: Page, drop: Drop, *, ahead: float = 0) -> bool:
    """Whether the countdown is right (`ahead`: of the real time, in seconds), or becomes so: a busy machine draws it late, and
    a page that was told the time slowly knows it better at the next ping."""
    deadline = time.monotonic() + PATIENCE
    while not (right := abs(off(page, drop) + ahead) <= 1.1) and time.monotonic() < deadline:
        page.wait_for_timeout(SECOND / 4)
    return right


def asked(page: Page, *paths: str) -> list[Request]:
    """What the page asks the shop for from now on, under these paths."""
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request) if any(path in request.url for path in paths) else None)
    return seen


def told_of_a_far_future(page: Page, drop: Drop) -> None:
    """This page comes with a wrong time of the server's: whatever it counts down to is past at once."""

    def wrong(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=re.sub('data-server-time="[0-9]+', 'data-server-time="2100', answer.text()))

    page.route(re.compile(f"{drop.get_absolute_url()}$"), wrong)


@pytest.mark.parametrize("hours", [1, -1, 24])
def test_a_wrong_clock_and_the_way_back_leave_the_countdown_right(shop: Shop, open_page: Open, later: Drop, hours: int) -> None:
    page = open_page("about:blank")
    page.add_init_script(AHEAD % (hours * HOUR))
    page.goto(later.get_absolute_url())
    assert is_right(page, later)
    page.goto("/accounts/login/")
    page.go_back()
    page.wait_for_timeout(SECOND)
    assert is_right(page, later)


def test_after_a_sleep_the_countdown_is_right_at_once(shop: Shop, open_page: Open, later: Drop) -> None:
    """The 15 s that performance.now() has missed show in the wall clock; the server is asked once, and tells the time."""
    page = open_page("about:blank")
    page.add_init_script(ASLEEP)
    page.goto(later.get_absolute_url())
    expect(page.locator("live-state")).to_have_text("Live")
    page.route("**/api/v1/drops/*", lambda route: route.fulfill(json=moved(route.fetch().json(), seconds=15)))
    seen = asked(page, "/api/v1/")
    page.evaluate("sleepFor(15000)")
    page.wait_for_timeout(2 * SECOND)
    assert is_right(page, later, ahead=15)
    assert len(seen) == 1


def moved(facts: dict[str, Any], *, seconds: float) -> dict[str, Any]:
    """These facts as the server tells them so much later."""
    later = datetime.fromisoformat(facts["server_time"]) + timedelta(seconds=seconds)
    return facts | {"server_time": later.isoformat()}


def test_a_changed_clock_changes_nothing_and_asks_once(shop: Shop, open_page: Open, later: Drop) -> None:
    page = open_page("about:blank")
    page.add_init_script(AHEAD % 0)
    page.goto(later.get_absolute_url())
    expect(page.locator("live-state")).to_have_text("Live")
    seen = asked(page, "/api/v1/")
    page.evaluate(f"changeClock({-HOUR})")
    page.wait_for_timeout(2 * SECOND)
    assert is_right(page, later)
    assert len(seen) == 1


def test_a_ring_at_zero_asks_seldom_while_the_server_says_the_hold_lasts(shop: Shop, open_page: Open) -> None:
    """Neither the hold nor the pass is asked for in a loop, and the first answer puts the ring right."""
    member, drop = make_member(), make_drop({"9": 1, "10": 1})
    make_reservation(member, drop, "9")
    page = open_page("about:blank", member=member)
    page.route_web_socket("**/ws/live/", lambda socket: socket.close())
    told_of_a_far_future(page, drop)
    page.route("**/api/v1/drops/*", lambda route: route.abort())
    seen = asked(page, "/hold/", "/pass")
    page.goto(drop.get_absolute_url())
    expect(page.locator("hold-ring .number")).not_to_have_text("0")
    page.wait_for_timeout(3 * SECOND)
    assert 1 <= len(seen) <= 3
    assert 30 < int(page.locator("hold-ring .number").inner_text()) <= 60


def test_a_countdown_at_zero_asks_seldom_while_the_drop_does_not_open(shop: Shop, open_page: Open) -> None:
    drop = make_drop({"9": 1, "10": 1}, starts_in=3600)
    page = open_page("about:blank")
    page.route_web_socket("**/ws/live/", lambda socket: None)
    told_of_a_far_future(page, drop)
    page.route("**/api/v1/drops/*", lambda route: route.abort())
    page.goto(drop.get_absolute_url())
    expect(page.locator("drop-countdown .number").first).to_have_text("00")
    seen = asked(page, "/api/v1/drops/")
    page.wait_for_timeout(4 * SECOND)
    assert len(seen) <= 4
    page.unroute("**/api/v1/drops/*")
    expect(page.locator("drop-countdown .number").nth(1)).to_have_text("59")


def test_moments_are_told_in_the_readers_zone_before_the_shops_time_is_known(shop: Shop, open_page: Open) -> None:
    """As after Back, or on a page whose first answer was slow: nothing measures the time, and no socket tells it."""
    member = make_member()
    order = make_purchase(member, make_drop(1))
    page = open_page("about:blank", member=member, timezone_id="Asia/Tokyo")
    page.add_init_script("performance.getEntriesByType = () => [];")
    page.goto(shop.url + order.get_absolute_url())
    expect(page.locator("[data-zone]").first).to_have_text("Asia/Tokyo")
    bought = order.created_at + timedelta(hours=9)
    expect(page.locator(".steps time").first).to_have_text(f"{bought:%A} {bought.day} {bought:%B} at {bought:%H:%M}")
