"""Floods in the feed: the newest items are told, of one thing its newest change, and no change is left out."""

import asyncio

from dropshop.core import live as shop_live
from dropshop.core.live.feed import FLUSH_EVERY, MAX_PER_FLUSH
from tests.harness.patience import until

from .wall import numbers


async def test_of_a_flood_the_newest_are_told_ten_at_a_time_and_how_many_were_not(watch, wall, live, monkeypatch):
    monkeypatch.setattr(live.hub.feed, "_not_before", asyncio.get_running_loop().time() + FLUSH_EVERY)
    browser = await watch()

    for number in range(3_000):
        live.hub.feed.take(wall.put(number=number))
    await until(lambda: numbers(browser))
    await browser.asked_and_answered()

    assert numbers(browser) == list(range(3_000 - MAX_PER_FLUSH, 3_000))
    assert browser.of("feed-skipped") == [{"type": "feed-skipped", "count": 3_000 - MAX_PER_FLUSH}]


async def test_a_flood_holds_up_no_drop_and_drops_no_socket(watch, wall, live, shelf, sender):
    browser = await watch()
    await browser.join(shelf.drop)

    shop_live.publish(*(wall.put(number=number) for number in range(3_000)), shelf.change("9", 1))
    await until(lambda: browser.of("stock-updated"))
    await until(lambda: 2_999 in numbers(browser))

    assert len(numbers(browser)) < 300
    assert len(live.hub.viewers) == 1


async def test_of_one_thing_only_the_newest_change_is_told_and_no_change_is_left_out(watch, live, monkeypatch):
    monkeypatch.setattr(live.hub.feed, "_not_before", asyncio.get_running_loop().time() + FLUSH_EVERY)
    browser = await watch()

    for votes in range(5):
        live.hub.feed.take({"type": "restock-updated", "restock": {"id": "r", "votes": votes}})
    hidden = [{"type": "feed-item-hidden", "id": str(number)} for number in range(25)]
    for event in hidden:
        live.hub.feed.take(event)
    await until(lambda: len(browser.of("feed-item-hidden")) == 25)

    assert browser.of("restock-updated") == [{"type": "restock-updated", "restock": {"id": "r", "votes": 4}}]
    assert browser.of("feed-item-hidden") == hidden
    assert browser.of("feed-skipped") == []


async def test_an_edit_is_not_lost_in_the_likes_that_follow_it(watch, live, monkeypatch):
    monkeypatch.setattr(live.hub.feed, "_not_before", asyncio.get_running_loop().time() + FLUSH_EVERY)
    browser = await watch()

    live.hub.feed.take({"type": "feed-item-updated", "id": "i", "likes": 1, "text": "Mended."})
    live.hub.feed.take({"type": "feed-item-updated", "id": "i", "likes": 2})
    await until(lambda: browser.of("feed-item-updated"))

    assert browser.of("feed-item-updated") == [{"type": "feed-item-updated", "id": "i", "likes": 2, "text": "Mended."}]


async def test_what_is_taken_away_at_once_is_not_shown_at_all(watch, wall, live, monkeypatch):
    monkeypatch.setattr(live.hub.feed, "_not_before", asyncio.get_running_loop().time() + FLUSH_EVERY)
    browser, item = await watch(), wall.put(number=1)

    live.hub.feed.take(item)
    live.hub.feed.take({"type": "feed-item-hidden", "id": item["id"]})
    await until(lambda: browser.of("feed-item-hidden"))

    assert numbers(browser) == []
