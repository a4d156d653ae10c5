"""Members in real browsers against a whole shop: what one says or does, the others' screens show at once."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from community.people import follows
from tests.harness.shop import Shop
from tests.make import make_member, make_members, make_open_pair, make_post, make_sneaker, make_store
from tests.shopper import Shopper

Open = Callable[..., Page]


@pytest.fixture
def dora(shop: Shop) -> Any:
    """Somebody who follows."""
    return make_member()


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
    expect(orders.locator("toast-list").get_by_role("link")).to_contain_text(words)
    assert notices.locator("toast-list p").count() == 0, "its list shows it"
    expect(notices.locator("[data-notices] li")).to_have_count(1)
    expect(notices.locator("[data-notices]")).to_contain_text(words)
    assert notices.evaluate("window.stayed")

    orders.goto("/notices/")
    orders.locator("[data-notices] button").click()
    orders.wait_for_url("**/restocks/*/")
    expect(notices.locator("[data-bell] [data-count]")).to_be_hidden()
    expect(notices.locator("[data-notices] [data-unread]")).to_have_count(0)


def test_a_page_that_was_not_told_everything_says_so(shop: Shop, open_page: Open, alice: Any) -> None:
    """What the hub says after a disturbance: an item is newest of which this page has not heard."""
    make_post(alice)
    page = open_page("/restocks/")
    expect(page.locator("live-state")).to_have_text("Live")
    tell = """at => document.dispatchEvent(new CustomEvent('live:feed-joined', { detail: { newest: { id: 'x', at } } }))"""

    for _ in range(2):
        page.evaluate(tell, "2020-01-01T12:00:00Z")  # from before this page
    expect(page.locator("toast-list a")).to_have_count(0)
    for second in (1.5, 2):
        page.evaluate(tell, f"2030-01-01T12:00:0{second}Z")
    expect(page.locator("toast-list a")).to_have_text("There is something new. Load the page again to see it.")


def test_a_report_by_one_confirmed_by_two_is_told_to_who_follows_and_seen_on_every_screen(
    shop: Shop, open_page: Open, alice: Any, dora: Any
) -> None:
    sneaker = make_sneaker(name="Report Runner")
    make_store("Harbour Store")
    follows.follow(dora, sneaker=sneaker, size="9.5")
    elsewhere, board, feed = open_page("/orders/", member=dora), open_page("/restocks/"), open_page("/community/")
    for page in (board, feed):
        expect(page.locator("live-state")).to_have_text("Live")

    reporter = open_page(f"/restocks/new/?sneaker={sneaker.pk}", member=alice)
    reporter.get_by_label("Store").select_option(label="Harbour Store")
    reporter.get_by_label("Sizes").fill("9, 9.5")
    reporter.get_by_label("Price").fill("150")
    reporter.get_by_role("button", name="Report it").click()
    reporter.wait_for_url("**/restocks/*/")
    row = board.locator("[data-restock]", has_text="Report Runner")
    expect(row).to_contain_text("Harbour Store")
    expect(row.locator("[data-slot=status]")).to_have_text("Reported")
    words = feed.locator("[data-item]", has_text="Report Runner").locator("[data-words]")
    expect(words).to_have_text("size 9, 9.5 · $150 · reported")
    feed.reload()
    expect(words).to_have_text("size 9, 9.5 · $150 · reported")  # as the page itself says it
    expect(elsewhere.locator("[data-bell]")).to_contain_text("1 unread")

    for member in make_members(2):
        witness = open_page(reporter.url, member=member)
        witness.get_by_role("button", name="I saw it too").click()
        expect(witness.locator("main")).to_contain_text("You saw it too.")

    expect(row.locator("[data-slot=status]")).to_have_text("Confirmed")
    expect(reporter.locator("[data-standing]")).to_contain_text("Confirmed")
    expect(elsewhere.locator("[data-bell]")).to_contain_text("2 unread")
    toast = elsewhere.locator("toast-list").get_by_role("link", name="Confirmed: ")
    toast.click()
    elsewhere.wait_for_url(reporter.url)
    expect(elsewhere.locator("h1")).to_contain_text("Report Runner")


def test_an_offer_is_answered_with_another_and_accepted_and_both_closets_change(
    shop: Shop, open_page: Open, alice: Any, bob: Any
) -> None:
    hers, more, his = (
        make_open_pair(owner, sneaker=make_sneaker(name=name))
        for owner, name in ((alice, "Ash Low"), (alice, "Birch Mid"), (bob, "Cedar High"))
    )
    inbox = open_page("/trades/offers/", member=bob)
    proposer = open_page(f"/trades/new/?pair={his.pk}", member=alice)
    proposer.locator(f"input[value='{hers.pk}']").check()
    proposer.get_by_role("button", name="Send the offer").click()
    proposer.wait_for_url("**/trades/*-*/")
    expect(inbox.locator("main")).to_contain_text("Ash Low")
    expect(inbox.locator("[data-bell]")).to_contain_text("1 unread")

    inbox.goto(proposer.url)
    inbox.get_by_role("link", name="Make a counter-offer").click()
    inbox.locator(f"input[value='{more.pk}']").check()
    inbox.get_by_role("button", name="Send the answer").click()
    expect(inbox.locator("main")).to_contain_text("Birch Mid")
    proposer.get_by_role("link", name="See the answer").click()
    proposer.get_by_role("link", name="Accept the trade").click()
    proposer.get_by_role("button", name="Trade with bob").click()
    expect(proposer.locator("main")).to_contain_text("On the way")
    expect(inbox.locator("main")).to_contain_text("On the way")

    for pair in (hers, more, his):
        pair.refresh_from_db()
    assert [pair.owner for pair in (hers, more, his)] == [bob, bob, alice]
    for page, names in ((proposer, ["Cedar High"]), (inbox, ["Ash Low", "Birch Mid"])):
        page.goto("/closet/")
        for name in ("Ash Low", "Birch Mid", "Cedar High"):
            expect(page.get_by_role("link", name=name)).to_have_count(1 if name in names else 0)


def test_a_post_is_on_another_screen_at_once_and_its_likes_with_it(
    shop: Shop, open_page: Open, alice: Any, charlie: Any
) -> None:
    reader, author = open_page("/community/"), open_page("/community/", member=alice)
    expect(reader.locator("live-state")).to_have_text("Live")
    reader.evaluate("window.stayed = true")
    author.get_by_label("What is new?").fill("Laced <b>up</b> and ready.")
    author.get_by_role("button", name="Post", exact=True).click()

    item = reader.locator("[data-item]").first
    expect(item).to_contain_text("Laced <b>up</b> and ready.")
    expect(item).to_contain_text("alice")
    with Shopper(shop.url, charlie) as liking:
        liking.post(f"/api/v1/community/feed/{item.get_attribute('data-item')}/like", json={})
    expect(item.locator("[data-likes]")).to_have_text("1")
    assert reader.evaluate("window.stayed")
