"""A request's body as ASGI brings it: whole, or not at all. And what the process keeps of it, of addresses and of lines."""

import asyncio
from contextlib import suppress

import pytest

from dropshop.core import client_address
from dropshop.core.errors import Busy, Gone, RateLimited
from dropshop.edge.bodies import IS_WHOLE, Bodies
from dropshop.edge.share import Share
from dropshop.edge.turns import Turns

PART = {"type": "http.request", "body": b"{}", "more_body": True}
END = {"type": "http.disconnect"}


def brings(*messages):
    left = list(messages)

    async def receive():
        return left.pop(0)

    return receive


def chunked():
    return {"headers": [(b"transfer-encoding", b"chunked")], "http_version": "1.1"}


def read(bodies, messages, *, most=1_000_000, address="a"):
    return asyncio.run(bodies.read(chunked(), brings(*messages), most=most, address=address))


def test_a_client_that_hangs_up_in_the_middle_of_a_body_has_sent_none():
    with pytest.raises(Gone):
        read(Bodies(), [PART, END])


def test_large_bodies_share_a_bounded_room_of_which_one_address_has_a_quarter(settings):
    settings.BODIES_MEMORY = 400_000
    bodies, large = Bodies(), [{"type": "http.request", "body": b"x" * 150_000, "more_body": False}]
    kept = read(bodies, large)
    with pytest.raises(Busy):
        read(bodies, large)
    others = [read(bodies, large, address=address) for address in ("b", "c", "d")]
    with pytest.raises(Busy):
        read(bodies, large, address="e")
    assert read(bodies, [PART | {"more_body": False}]).content == b"{}"  # small ones always find room
    kept.forget()
    assert read(bodies, large).length == 150_000
    assert len(others) == 3


def test_a_body_that_is_too_large_is_not_kept():
    bodies = Bodies()
    body = read(bodies, [{"type": "http.request", "body": b"x" * 200_000, "more_body": True}], most=100_000)
    assert (body.content, body.length, len(bodies.room)) == (b"", 200_000, 0)


@pytest.mark.parametrize(
    ("is_whole", "timers"), [pytest.param(True, 0, id="has come"), pytest.param(False, 1, id="control: is on its way")]
)
def test_a_body_that_has_come_already_needs_no_deadline(monkeypatch, is_whole, timers):
    begun = []

    async def reading():
        loop = asyncio.get_running_loop()
        call_at = loop.call_at
        monkeypatch.setattr(loop, "call_at", lambda *args, **more: begun.append(args) or call_at(*args, **more))
        scope = chunked() | {"extensions": {IS_WHOLE: lambda: is_whole}}
        return await Bodies().read(scope, brings(PART | {"more_body": False}), most=100, address="a")

    assert asyncio.run(reading()).content == b"{}"
    assert len(begun) == timers


def test_a_share_forgets_addresses_that_have_nothing():
    share = Share(each=lambda: 2)
    assert [share.take("a"), share.take("a"), share.take("a"), share.take("b")] == [True, True, False, True]
    for address in ("a", "a", "b"):
        share.give_back(address)
    assert len(share) == 0
    for number in range(10_000):
        share.take(str(number), 3)  # more than anybody may have
    assert len(share) == 0


async def _served(turns, askers):
    """In which order the askers had the one place, each named by its address; None for who was refused."""
    order = []

    async def ask(address):
        try:
            async with turns.turn(address):
                await asyncio.sleep(0)
                order.append(address)
        except RateLimited:
            order.append(None)

    await asyncio.gather(*(ask(address) for address in askers))
    return order


def test_addresses_take_turns_however_many_come_from_one():
    order = asyncio.run(_served(Turns(1), ["crowd"] * 50 + ["shopper"]))
    assert order.index("shopper") == 2


def test_a_line_is_as_long_as_it_may_be_and_nobody_fills_it_alone():
    order = asyncio.run(_served(Turns(1, waiting=3, each=2), ["crowd"] * 9 + ["a", "b"]))
    assert sorted(map(str, order)) == sorted(["crowd"] * 3 + ["a"] + ["None"] * 7)


def test_who_gives_up_waiting_leaves_the_line_to_the_others():
    async def scene():
        turns = Turns(1)
        async with turns.turn("a"):
            waiting = asyncio.create_task(_served(turns, ["b"]))
            await asyncio.sleep(0)
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
        return await _served(turns, ["c"]), turns.waiting

    assert asyncio.run(scene()) == (["c"], 0)


def test_however_long_the_header_that_names_addresses_only_an_address_of_it_is_kept(settings):
    settings.DROPSHOP_PROXIES = 1
    client_address._counted.cache_clear()
    for number in range(5000):
        header = f"{'x' * 60_000}{number}, 198.51.100.{number % 200}".encode()
        scope = {"client": ("10.0.0.1", 5), "headers": [(b"x-forwarded-for", header)]}
        assert client_address.client_address_of_scope(scope) == f"198.51.100.{number % 200}"
    assert client_address._counted.cache_info().currsize == 200
    for number in range(6000):
        scope = {"client": ("10.0.0.1", 5), "headers": [(b"x-forwarded-for", b"%d" % number + b"x" * 60_000)]}
        assert client_address.client_address_of_scope(scope) == "10.0.0.1"
    assert client_address._counted.cache_info().currsize <= 202  # "", and the proxy's own
