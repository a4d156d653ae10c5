"""How pages come on the screen: laid out once, and kept by the browser for Back."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.harness.shop import Shop
from tests.make import make_drop

Open = Callable[..., Page]
PHONE = {"width": 390, "height": 844}
# Playwright's own Chromium keeps no page, so what it says of itself and of its tab says nothing of ours.
PLAYWRIGHTS = {
    "BackForwardCacheDisabled",
    "BackForwardCacheDisabledByCommandLine",
    "BackForwardCacheDisabledForDelegate",  # of a Chromium without windows
    "BrowsingInstanceNotSwapped",
}


def forced_layouts(browser: Browser, page: Page, act: Callable[[], Any]) -> list[str]:
    """Which lines of our scripts asked for sizes while a layout was due, from Chromium's own trace."""
    browser.start_tracing(page=page, categories=["devtools.timeline", "disabled-by-default-devtools.timeline.stack"])
    act()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    layouts = [event["args"].get("beginData", {}) for event in events if event["name"] == "Layout"]
    assert layouts != []
    first = [layout["stackTrace"][0] for layout in layouts if layout.get("stackTrace")]
    return [f"{line['url'].rpartition('/')[2]}:{line['lineNumber']} {line['functionName']}" for line in first]


@pytest.mark.parametrize("reader", ["visitor", "alice"])
def test_the_front_page_forces_no_layout(
    shop: Shop, browser: Browser, open_page: Open, request: pytest.FixtureRequest, reader: str
) -> None:
    for starts_in in (-60, 7200):
        make_drop({"9": 3, "10": 1}, starts_in=starts_in)
    page = open_page("/nowhere/", member=None if reader == "visitor" else request.getfixturevalue(reader), viewport=PHONE)

    def look() -> None:
        page.goto("/")
        expect(page.locator("live-state")).to_have_text("Live")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    assert forced_layouts(browser, page, look) == []
    script = "document.body.append('more'); document.body.offsetHeight"
    assert len(forced_layouts(browser, page, lambda: page.evaluate(script))) == 1, "the control: one that is forced"
    assert page.locator(".bar nav").evaluate("row => row.scrollLeft") == 0


def test_where_the_reader_is_stands_in_sight(shop: Shop, open_page: Open) -> None:
    page = open_page("/trades/", viewport={"width": 240, "height": 844})
    expect(page.locator(".bar nav [aria-current]")).to_be_in_viewport(ratio=0.9)


def kept_from_back(page: Page) -> set[str]:
    """Why Chromium would not show this page at once on Back, for all it does otherwise."""
    told: list[Any] = []
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.on("Page.backForwardCacheNotUsed", lambda event: told.extend(event["notRestoredExplanations"]))
    page.wait_for_load_state("networkidle")  # who leaves while something is on its way is not kept
    page.goto("/nowhere/")
    page.go_back()
    expect(page.locator("main")).to_be_visible()
    return {why["reason"] for why in told} - PLAYWRIGHTS


@pytest.mark.parametrize("path", ["/", "/community/", "/events/", "/trades/", "/restocks/"])
def test_back_shows_a_public_page_at_once(shop: Shop, open_page: Open, alice: Any, path: str) -> None:
    assert [kept_from_back(open_page(path, member=who)) for who in (None, alice)] == [set(), set()]


def test_what_is_the_readers_alone_is_not_kept(shop: Shop, open_page: Open, alice: Any) -> None:
    """The control, and what must stay so: nobody reads a closet by pressing Back after its owner has signed out."""
    assert "MainResourceHasCacheControlNoStore" in kept_from_back(open_page("/closet/", member=alice))


HIDE = "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))"
SHOW = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"


def test_a_page_that_is_left_closes_its_line_and_opens_it_when_it_comes_back(shop: Shop, open_page: Open, alice: Any) -> None:
    page = open_page("/nowhere/", member=alice)
    lines: list[Any] = []
    page.on("websocket", lambda line: lines.extend([line]))
    page.goto("/community/")
    expect(page.locator("live-state")).to_have_text("Live")
    (line,) = lines
    with line.expect_event("close"):
        page.evaluate(HIDE)
    with page.expect_websocket():
        page.evaluate(SHOW)
    expect(page.locator("live-state")).to_have_text("Live")
    assert [line.is_closed() for line in lines] == [True, False]


def test_back_to_a_page_of_somebody_who_has_signed_out_asks_for_it_anew(shop: Shop, open_page: Open, alice: Any) -> None:
    page = open_page("/community/", member=alice)
    page.evaluate("window.stayed = true")
    page.evaluate(SHOW)
    assert page.evaluate("window.stayed") is True
    page.context.clear_cookies()
    page.context.new_page().goto(f"{shop.url}/events/")
    with page.expect_navigation():
        page.evaluate(SHOW)
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
