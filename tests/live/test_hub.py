"""One hub: newest facts to everybody, a member's own to them alone, and the truth about Redis."""

import asyncio
import json
import threading
import time
from functools import partial

import pytest
from channels.layers import channel_layers

from dropshop.core import live as shop_live
from dropshop.core.errors import Forbidden
from dropshop.core.live import snapshots
from dropshop.core.live.publisher import GROUP
from dropshop.core.live.room import FLUSH_EVERY
from dropshop.core.live.sessions import SessionProof
from dropshop.core.live.viewer import MAX_OUTBOX
from tests.harness.patience import PATIENCE, until

from .browsers import fact


async def test_a_change_reaches_every_screen_that_watches_the_drop_and_no_other(browse, shelf, sender):
    watching = [await browse().open() for _ in range(3)]
    elsewhere = await browse().open()
    for browser in watching:
        assert (await browser.join(shelf.drop))["sizes"][0]["version"] == 0

    shop_live.publish(shelf.change("9", 1, available=19, reserved=1))

    for browser in watching:
        await until(lambda browser=browser: browser.of("stock-updated"))
        (told,) = browser.of("stock-updated")
        assert told == fact(shelf.drop, "9", 1, available=19, reserved=1)
    await elsewhere.asked_and_answered()
    assert elsewhere.of("stock-updated") == []


async def test_the_first_change_goes_out_at_once_and_a_storm_at_most_ten_times_a_second(browse, shelf, live):
    browser = await browse().open()
    await browser.join(shelf.drop)

    started = time.monotonic()
    for version in range(1, 301):
        live.hub.take(shelf.change("9", version, "stock-recovered" if version == 77 else "stock-updated"))
        await asyncio.sleep(0.001)
    await until(lambda: browser.versions("9")[-1] == 300)

    told = browser.of("stock-updated", "stock-recovered")
    assert told[0]["version"] < 77
    assert len(told) <= 2 + (time.monotonic() - started) / FLUSH_EVERY
    assert [message["type"] for message in told].count("stock-recovered") == 1
    assert browser.versions("9") == sorted(set(browser.versions("9")))


async def test_facts_that_are_older_than_what_is_known_are_dropped(browse, shelf, live):
    browser = await browse().open()
    shelf.change("9", 5)
    await browser.join(shelf.drop)

    for version in (4, 5, 7, 6, 3):
        live.hub.take(fact(shelf.drop, "9", version))
    await until(lambda: browser.versions("9")[-1] == 7)
    live.hub.take(fact(shelf.drop, "9", 6))
    live.hub.take(fact(shelf.drop, "10", 1))
    await until(lambda: browser.versions("10")[-1] == 1)

    assert browser.versions("9") == [5, 7]


async def test_a_snapshot_read_before_a_message_is_brought_up_to_that_message(browse, shelf, live):
    first, second = await browse().open(), await browse().open()
    await first.join(shelf.drop)
    loop, news = asyncio.get_running_loop(), fact(shelf.drop, "9", 3, available=7, reserved=13)
    shelf.on_read = partial(loop.call_soon_threadsafe, live.hub.take, news)

    live.hub._snapshots.forget(shelf.drop)  # so that the next one asks again
    snapshot = await second.join(shelf.drop)
    await second.asked_and_answered()

    assert snapshot["sizes"][0] | {"version": 3, "available": 7} == snapshot["sizes"][0]
    assert second.versions("9") == [3]


async def test_a_hundred_arrivals_share_one_query(rare_rounds, browse, shelf, live):
    all_have_asked = threading.Event()
    shelf.on_read = partial(all_have_asked.wait, PATIENCE)
    browsers = [browse() for _ in range(100)]
    await asyncio.gather(*(browser.open() for browser in browsers))
    for browser in browsers:
        browser.say({"type": "join-drop", "drop": shelf.drop})
    await until(lambda: shelf.drop in live.hub.rooms and len(live.hub.rooms[shelf.drop].viewers) == 100)
    all_have_asked.set()
    await until(lambda: all(browser.of("snapshot") for browser in browsers))

    assert shelf.reads == 1


async def test_a_drops_new_phase_reaches_a_viewer_whose_snapshot_was_on_its_way(browse, shelf, live):
    browser = await browse().open()
    loop = asyncio.get_running_loop()
    news = {"type": "drop-updated", "drop": shelf.drop, "phase": "sold_out", "starts_at": None, "ends_at": None}

    def tell_while_reading() -> None:
        done = asyncio.run_coroutine_threadsafe(flushed(), loop)
        done.result(PATIENCE)

    async def flushed() -> None:
        live.hub.take(news)
        await live.hub.rooms[shelf.drop]._flushing

    shelf.on_read = tell_while_reading
    await browser.join(shelf.drop)

    await until(lambda: browser.of("drop-updated"))
    assert [message["type"] for message in browser.messages] == ["snapshot", "drop-updated"]


async def test_what_is_a_members_own_reaches_their_sockets_and_nobody_elses(live, browse, shelf, sender, monkeypatch):
    people = {"a": SessionProof("alice-id", "a", "hash"), "b": SessionProof("bob-id", "b", "hash")}

    async def member_of(session_key):
        return object(), people[session_key]

    monkeypatch.setattr(live.hub, "member_of", member_of)
    phone, laptop = await browse(cookie="sessionid=a").open(), await browse(cookie="sessionid=a").open()
    bob, visitor = await browse(cookie="sessionid=b").open(), await browse().open()
    for browser in (phone, laptop, bob, visitor):
        await browser.join(shelf.drop)

    shop_live.publish({"type": "reservation-created", "to": "alice-id", "reservation": {"id": "r", "drop": shelf.drop}})
    for browser in (phone, laptop):
        await until(lambda browser=browser: browser.of("reservation-created"))
    shop_live.publish(shelf.change("9", 1))
    for browser in (phone, laptop, bob, visitor):
        await until(lambda browser=browser: browser.of("stock-updated"))

    for browser in (phone, laptop):
        (told,) = browser.of("reservation-created")
        assert told == {
            "type": "reservation-created",
            "reservation": {"id": "r", "drop": shelf.drop},
        }
    assert bob.of("reservation-created") == visitor.of("reservation-created") == []


async def test_what_is_for_nobody_here_is_not_even_read(browse, shelf, live):
    browser = await browse().open()
    await browser.join(shelf.drop)

    live.hub.open_letter("a-member-elsewhere", None, "{")
    live.hub.open_letter(None, "a-drop-nobody-watches", "{")
    live.hub.open_letter(None, None, "{")
    with pytest.raises(json.JSONDecodeError):
        live.hub.open_letter(None, shelf.drop, "{")

    await browser.asked_and_answered()
    assert [message["type"] for message in browser.messages] == ["snapshot", "pong"]


async def test_what_nobody_of_ours_has_sent_is_logged_and_does_not_stop_the_rest(browse, shelf, live, sender, caplog):
    browser = await browse().open()
    await browser.join(shelf.drop)
    layer = channel_layers.make_backend("default")

    await layer.group_send(GROUP, {"type": "live.events", "events": "[]"})
    await layer.group_send(GROUP, {"type": "live.events", "letters": [[None, shelf.drop, "{"], ["too", "short"]]})
    shop_live.publish(shelf.change("9", 1))

    await until(lambda: browser.of("stock-updated"))
    assert caplog.text.count("could not be understood") == 3
    await layer.flush()


async def test_a_browser_that_takes_nothing_is_let_go_and_holds_up_nobody(browse, shelf, live):
    slow, quick = await browse().open(), await browse().open()
    for browser in (slow, quick):
        await browser.join(shelf.drop)
    slow.freeze()

    sales = [{"type": "purchase-created", "drop": shelf.drop, "number": number} for number in range(MAX_OUTBOX + 10)]
    for place in range(0, len(sales), 10):
        for sale in sales[place : place + 10]:
            live.hub.take(sale)
        await until(lambda place=place: len(quick.of("purchase-created")) >= place + 10)

    assert [sale["number"] for sale in quick.of("purchase-created")] == list(range(MAX_OUTBOX + 10))
    await until(slow.task.done)
    assert len(live.hub.viewers) == 1


async def test_a_browser_stuck_on_one_message_is_let_go_too(quick_rounds, browse, shelf, live, monkeypatch):
    monkeypatch.setattr("dropshop.core.live.viewer.SEND_TIMEOUT", 0.2)
    stuck = await browse().open()
    await stuck.join(shelf.drop)
    stuck.freeze()
    live.hub.take(shelf.change("9", 1))

    await until(stuck.task.done)


@pytest.mark.parametrize("gone", [OSError(), RuntimeError("Unexpected ASGI message")])
async def test_a_browser_that_is_gone_before_anybody_said_so_is_forgotten_quietly(browse, shelf, live, caplog, gone):
    vanished, other = await browse().open(), await browse().open()
    for browser in (vanished, other):
        await browser.join(shelf.drop)
    vanished.gone = gone
    live.hub.take(shelf.change("9", 1))

    await until(vanished.task.done)
    await until(lambda: other.of("stock-updated"))
    assert len(live.hub.viewers) == 1
    assert caplog.text == ""


async def test_a_drop_that_is_withdrawn_is_no_longer_shown(quick_rounds, browse, shelf, live):
    watching = await browse().open()
    await watching.join(shelf.slug)

    shelf.hidden = True
    await until(watching.errors)

    assert watching.errors() == ["not_found"]
    assert live.hub.rooms == {}


async def test_a_drop_that_is_now_for_members_is_no_longer_shown_to_visitors(quick_rounds, browse, shelf, monkeypatch):
    def for_members(ref, *, viewer=None):
        raise Forbidden

    watching = await browse().open()
    await watching.join(shelf.drop)

    monkeypatch.setattr(snapshots.source, "filled", for_members)
    await until(watching.errors)

    assert watching.errors() == ["permission_denied"]
