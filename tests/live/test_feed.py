"""The feed's watchers: told of what is newest and of everything that happens, and of nobody they have blocked or muted."""

import asyncio

from django.db import OperationalError

from dropshop.core import live as shop_live
from dropshop.core.live import feed as feed_module
from dropshop.core.live import feed_source
from dropshop.core.live.viewer import TRY_LATER
from tests.harness.patience import PATIENCE, until

from .wall import numbers


async def test_who_joins_hears_what_is_newest_and_then_everything_that_happens(watch, wall, browse, sender):
    known = wall.put(number=1)
    visitor, member = await watch(), await watch("alice")
    elsewhere = await browse().open()

    shop_live.publish(wall.put(number=2), {"type": "restock-updated", "id": "r", "status": "confirmed"})

    for browser in (visitor, member):
        (joined,) = browser.of("feed-joined")
        assert joined["newest"] == {"id": known["id"], "at": known["at"]}
        assert joined["server_time"].startswith("2030-01-01T12:00:0")
        await until(lambda browser=browser: browser.of("restock-updated"))
        assert numbers(browser) == [2]
    await elsewhere.asked_and_answered()
    assert [message["type"] for message in elsewhere.messages] == ["pong"]


async def test_an_item_about_a_drop_is_for_the_feed_and_not_for_the_drops_viewers(watch, wall, browse, shelf, sender):
    reader, shopper = await watch(), await browse().open()
    await shopper.join(shelf.drop)

    shop_live.publish(wall.put(number=1) | {"drop": shelf.drop})
    await until(lambda: numbers(reader) == [1])

    await shopper.asked_and_answered()
    assert [message["type"] for message in shopper.messages] == ["snapshot", "pong"]


async def test_an_empty_feed_has_no_newest_item(watch):
    (joined,) = (await watch()).of("feed-joined")

    assert joined["newest"] is None


async def test_who_leaves_hears_nothing_more_and_leaves_nothing_behind(watch, wall, live):
    left, gone, stays = await watch(), await watch(), await watch()
    left.say({"type": "leave-feed"})
    left.say({"type": "leave-feed"})
    await left.asked_and_answered()
    await gone.hang_up()

    live.hub.feed.take(wall.put(number=1))
    await until(lambda: numbers(stays) == [1])

    assert (numbers(left), left.errors()) == ([], [])
    assert len(live.hub.feed.viewers) == 1


async def test_an_author_is_hidden_from_those_who_must_not_see_them(watch, wall, live):
    """35. What they wrote before does not show as the newest item either."""
    seen, unseen = wall.put("charlie"), wall.put("bob")
    wall.hidden = {"alice": {"bob"}}
    alice, dora, visitor = await watch("alice"), await watch("dora"), await watch()

    live.hub.feed.take(wall.put("bob", number=1))
    live.hub.feed.take({"type": "restock-updated", "id": "r", "author_id": "bob"})
    live.hub.feed.take({"type": "feed-item", "id": "t", "author_id": "erin", "with_ids": ["bob"], "number": 3})
    live.hub.feed.take(wall.put("charlie", number=2))
    for browser in (alice, dora, visitor):
        await until(lambda browser=browser: 2 in numbers(browser))
        await browser.asked_and_answered()

    assert [browser.of("feed-joined")[0]["newest"]["id"] for browser in (alice, dora)] == [seen["id"], unseen["id"]]
    assert [numbers(browser) for browser in (alice, dora, visitor)] == [[2], [1, 3, 2], [1, 3, 2]]
    assert [len(browser.of("restock-updated")) for browser in (alice, dora, visitor)] == [0, 1, 1]


async def test_who_blocks_while_watching_sees_no_more_of_them_soon(quick_rounds, watch, wall, live):
    alice, bob, visitor = await watch("alice"), await watch("bob"), await watch()
    wall.asked.clear()

    wall.hidden = {"alice": {"bob"}}
    await until(lambda: live.hub.feed.viewers and "bob" in set().union(*live.hub.feed.viewers.values()))
    live.hub.feed.take(wall.put("bob", number=1))
    await until(lambda: numbers(visitor) == [1])
    await alice.asked_and_answered()

    assert (numbers(alice), numbers(bob)) == ([], [1])
    assert all(asked == {"alice", "bob"} for asked in wall.asked)  # one question for everybody


async def test_what_happens_while_somebody_joins_is_told_after_the_greeting_and_past_the_gate(browse, wall, live, watch):
    wall.hidden = {"alice": {"bob"}}
    reading, loop, alice = wall.newest, asyncio.get_running_loop(), await browse(cookie="sessionid=alice").open()

    def meanwhile() -> dict:
        asyncio.run_coroutine_threadsafe(happen(), loop).result(PATIENCE)
        return reading()

    async def happen() -> None:
        live.hub.feed.take(wall.put("bob", number=1))
        live.hub.feed.take(wall.put("charlie", number=2))
        await live.hub.feed._flushing

    feed_source.newest.filled = meanwhile
    alice.say({"type": "join-feed"})
    await until(lambda: numbers(alice))

    assert [message["type"] for message in alice.messages] == ["feed-joined", "feed-item"]
    assert numbers(alice) == [2]


async def test_a_crowd_that_comes_back_costs_a_few_questions(rare_rounds, browse, wall, live, watch):
    browsers = [await browse(cookie=f"sessionid=m{number}").open() for number in range(100)]
    for browser in browsers:
        browser.say({"type": "join-feed"})
    await until(lambda: all(browser.of("feed-joined") for browser in browsers))

    assert wall.reads <= 5
    assert set().union(*wall.asked) == {f"m{number}" for number in range(100)}


async def test_an_item_that_redis_has_lost_is_found_by_the_rounds(quick_rounds, watch, wall, monkeypatch):
    monkeypatch.setattr(feed_module, "DELIVERY_SECONDS", 0.05)
    wall.put("charlie")
    wall.hidden = {"alice": {"bob"}}
    alice, visitor = await watch("alice"), await watch()

    lost = wall.put("bob")
    await until(lambda: len(visitor.of("feed-joined")) == 2)
    await until(lambda: len(alice.of("feed-joined")) == 2)

    assert visitor.of("feed-joined")[1]["newest"]["id"] == lost["id"]
    assert alice.of("feed-joined")[0]["newest"] == alice.of("feed-joined")[1]["newest"]


async def test_what_was_told_is_not_greeted_again(quick_rounds, watch, wall, live, monkeypatch):
    monkeypatch.setattr(feed_module, "DELIVERY_SECONDS", 0.05)
    browser = await watch()
    live.hub.feed.take(wall.put(number=1))
    reads = wall.reads
    await until(lambda: wall.reads >= reads + 3)

    assert len(browser.of("feed-joined")) == 1


async def test_while_the_database_is_away_joining_is_busy_and_the_socket_stays(browse, wall, live, monkeypatch):
    def away() -> dict:
        raise OperationalError

    browser = await browse().open()
    with monkeypatch.context() as patch:
        patch.setattr(feed_source.newest, "filled", away)
        browser.say({"type": "join-feed"})
        await until(browser.errors)
        assert (browser.errors(), live.hub.feed.viewers) == (["busy"], {})

    browser.say({"type": "join-feed"})
    await until(lambda: browser.of("feed-joined"))


async def test_when_redis_is_gone_watchers_are_sent_to_polling_and_come_back_to_what_is_newest(watch, wall, valkey, live):
    before = await watch()
    valkey.stop()
    assert await before.closed() == TRY_LATER
    missed = wall.put()
    valkey.start()
    await until(live.hub.ready.is_set)

    (joined,) = (await watch()).of("feed-joined")
    assert joined["newest"]["id"] == missed["id"]
