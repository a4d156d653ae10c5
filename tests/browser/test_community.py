"""Members in real browsers against a whole shop: what one says or does, the others' screens show at once."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from community import follows
from tests.harness.shop import Shop
from tests.make import make_member, make_sneaker, make_store
from tests.shopper import Shopper

Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=15_000)


@pytest.fixture
def dora(shop: Shop) -> Any:
    return make_member("dora")


def test_a_notice_reaches_every_screen_of_its_member_and_is_read_once(
    shop: Shop, open_page: Open, alice: Any, dora: Any
) -> None:
    sneaker, store = make_sneaker(name="Bell Runner"), make_store("Corner Store")
    follows.follow(dora, sneaker=sneaker)
    orders, notices = open_page("/orders/", member=dora), open_page("/notices/", member=dora)
    expect(notices.get_by_text("Nothing yet.")).to_be_visible()
    notices.evaluate("window.stayed = true")

    with Shopper(shop.url, alice) as reporter:
        reporter.post("/api/v1/restocks", json={"store": str(store.pk), "sneaker": str(sneaker.pk), "sizes": ["9"]})

    words = "Bell Runner at Corner Store"
    for page in (orders, notices):
        expect(page.locator("[data-bell]")).to_contain_text("1 unread")
        expect(page.locator("toast-list").get_by_role("link")).to_contain_text(words)
    expect(notices.locator("[data-notices] li")).to_have_count(1)
    expect(notices.locator("[data-notices]")).to_contain_text(words)
    assert notices.evaluate("window.stayed")

    orders.goto("/notices/")
    orders.locator("[data-notices] button").click()
    orders.wait_for_url("**/restocks/*/")
    expect(notices.locator("[data-bell] [data-count]")).to_be_hidden()
    expect(notices.locator("[data-notices] [data-unread]")).to_have_count(0)


def test_a_page_that_was_not_told_everything_says_so(shop: Shop, open_page: Open) -> None:
    """What the hub says after a disturbance: an item is newest of which this page has not heard."""
    page = open_page("/restocks/")
    expect(page.locator("live-state")).to_have_text("Live")
    tell = """at => document.dispatchEvent(new CustomEvent('live:feed-joined', { detail: { newest: { id: 'x', at } } }))"""

    page.evaluate(tell, "2030-01-01T12:00:00Z")
    page.evaluate(tell, "2030-01-01T12:00:00Z")
    expect(page.locator("toast-list a")).to_have_count(0)
    page.evaluate(tell, "2030-01-01T12:00:01.5Z")
    page.evaluate(tell, "2030-01-01T12:00:02Z")
    expect(page.locator("toast-list a")).to_have_text("More has happened. Load the page again to see it.")
