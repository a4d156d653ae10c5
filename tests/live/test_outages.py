"""Redis comes and goes: browsers are sent to polling, called back, and never told anything stale (25, 26)."""

import asyncio

import redis

from dropshop.core import live as shop_live
from tests.harness.patience import PATIENCE, until


async def test_when_redis_is_gone_sockets_are_closed_and_new_ones_refused_until_it_is_back(browse, live, shelf, valkey, sender):
    watching = await browse().open()
    await watching.join(shelf.drop)

    valkey.stop()
    assert await watching.closed() == 1013
    assert (await browse().open()).status == 503

    valkey.start()
    await until(live.hub.ready.is_set)
    back = await browse().open()
    shelf.change("9", 8)
    await back.join(shelf.drop)
    shop_live.publish(shelf.change("9", 9))
    await until(lambda: back.of("stock-updated"))
    assert back.versions("9") == [8, 9]


async def test_when_redis_hangs_sockets_are_closed(browse, shelf, live, valkey):
    watching = await browse().open()
    await watching.join(shelf.drop)

    valkey.child.freeze()
    assert await watching.closed() == 1013
    assert not live.hub.ready.is_set()

    valkey.child.thaw()
    await until(live.hub.ready.is_set)


async def test_nothing_from_before_an_outage_is_told_after_it(browse, shelf, live, valkey):
    watching = await browse().open()
    await watching.join(shelf.drop)
    room = live.hub.rooms[shelf.drop]
    room._not_before = asyncio.get_running_loop().time() + PATIENCE  # this flush would come after the outage
    live.hub.take(shelf.change("9", 1))

    valkey.stop()
    await watching.closed()
    valkey.start()
    await until(live.hub.ready.is_set)
    back = await browse().open()
    shelf.change("9", 5)
    await back.join(shelf.drop)
    room._not_before = 0
    await back.asked_and_answered()

    assert (len(room._pending), back.versions("9")) == (0, [5])
    room._flushing.cancel()


async def test_flushall_is_not_even_noticed(browse, shelf, live, valkey, sender):
    """25, the socket's part."""
    watching = await browse().open()
    await watching.join(shelf.drop)

    with redis.Redis.from_url(valkey.url) as client:
        client.flushall()
    shop_live.publish(shelf.change("9", 1))

    await until(lambda: watching.of("stock-updated"))
    assert watching.code is None


async def test_a_message_that_redis_lost_is_made_up_for_at_the_next_round(quick_rounds, browse, shelf):
    watching = await browse().open()
    await watching.join(shelf.drop)

    shelf.change("9", 4, available=0, sold=20)  # and nobody says so
    shelf.phase = "sold_out"
    await until(lambda: len(watching.of("snapshot")) == 2)

    assert watching.of("snapshot")[-1]["phase"] == "sold_out"
    assert watching.versions("9") == [0, 4]


async def test_when_redis_has_dropped_our_connections_the_watched_drops_are_read_again(browse, shelf, valkey, sender):
    watching = await browse().open()
    await watching.join(shelf.drop)

    with redis.Redis.from_url(valkey.url) as client:
        client.client_kill_filter(_type="normal", skipme=True)
        client.client_kill_filter(_type="pubsub")
    shelf.change("9", 4)

    await until(lambda: watching.code or watching.versions("9")[-1] == 4)
    shop_live.publish(shelf.change("9", 5))
    await until(lambda: watching.code or watching.versions("9")[-1] == 5)
    assert watching.code is None


async def test_a_message_nobody_understands_harms_nobody(browse, shelf, sender, caplog):
    watching = await browse().open()
    await watching.join(shelf.drop)

    shop_live.publish({"type": "stock-updated", "drop": shelf.drop, "size": "9", "version": "seven"})
    shop_live.publish({"type": "of the future", "colour": "blue"})
    await until(lambda: "could not be understood" in caplog.text)
    shop_live.publish(shelf.change("9", 1))

    await until(lambda: watching.of("stock-updated"))
