"""The crowd of connections: whose are counted together, who makes room, who is hung up on. Without a network."""

import asyncio

import pytest

from dropshop import asgi
from dropshop.edge.connections import STALL_TIMEOUT, Crowd

FAR = 3600.0  # seconds that somebody has been silent


class Transport:
    """A connection's end here: whose it is, and how much waits to be taken."""

    def __init__(self, peer):
        self.peer, self.waiting, self.is_aborted = peer, 0, False

    def get_extra_info(self, name):
        return (self.peer, 50_000) if name == "peername" else None

    def get_write_buffer_size(self):
        return self.waiting

    def abort(self):
        self.is_aborted = True


class Connection:
    """One on which nothing has been asked since the beginning."""

    waiting_since = -FAR
    is_unfinished = True

    def __init__(self, peer="203.0.113.1"):
        self.transport = Transport(peer)


async def _entered(crowd, peers):
    connections = [Connection(peer) for peer in peers]
    assert all(crowd.enter(connection) for connection in connections)
    crowd._looking.cancel()
    return connections


def left(peers):
    """Which of the connections from these addresses are left, when each may have two."""
    crowd = Crowd()
    connections = asyncio.run(_entered(crowd, peers))
    return [not connection.transport.is_aborted for connection in connections]


@pytest.mark.parametrize(
    ("peers", "expected"),
    [
        (["203.0.113.1"] * 3, [False, True, True]),
        (["203.0.113.1", "203.0.113.2", "203.0.113.3"], [True] * 3),
        (["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3"], [False, True, True]),
        (["2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:2::1"], [True] * 3),
        (["::ffff:203.0.113.1", "203.0.113.1", "203.0.113.1"], [False, True, True]),
    ],
    ids=["one-host", "three-hosts", "one-ipv6-host", "three-ipv6-hosts", "one-host-written-in-two-ways"],
)
def test_connections_are_counted_by_what_one_subscriber_has(settings, peers, expected):
    settings.CONNECTIONS_PER_ADDRESS = 2
    assert left(peers) == expected


def test_a_proxys_own_connections_are_not_counted(settings):
    settings.CONNECTIONS_PER_ADDRESS, settings.DROPSHOP_PROXIES = 2, 1
    assert left(["10.0.0.1"] * 50) == [True] * 50


def test_the_crowd_forgets_whoever_has_gone():
    crowd = Crowd()
    for connection in asyncio.run(_entered(crowd, [f"203.0.{number // 250}.{number % 250}" for number in range(2000)])):
        connection.transport.waiting = 1
        crowd._is_over(connection, 0.0)
        crowd.leave(connection)
    assert (len(crowd), crowd._of, crowd._stuck) == (0, {}, {})


def test_whoever_takes_a_long_answer_slowly_is_not_taken_for_silent(settings):
    crowd, reader = Crowd(), Connection()
    for second in range(int(FAR)):
        reader.transport.waiting = 1_000_000 - second
        assert not crowd._is_over(reader, float(second))
    assert not crowd._is_over(reader, FAR + STALL_TIMEOUT - 1)
    assert crowd._is_over(reader, FAR + STALL_TIMEOUT + 1)  # it has taken nothing since
    reader.transport.waiting = 0
    assert crowd._is_over(reader, FAR)  # and has asked for nothing either


def request(forwarded):
    headers = [(b"x-forwarded-for", forwarded.encode()), (b"host", b"127.0.0.1"), (b"content-length", b"9")]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "http_version": "1.1", "scheme": "http"}
    return scope | {"headers": headers, "client": ("10.0.0.1", 5)}


async def _statuses(addresses):
    """What each request is told at once, while all of them wait for a body that never comes; None: nothing yet."""
    told = {}

    async def never():
        await asyncio.get_running_loop().create_future()

    async def ask(number, address):
        async def send(message):
            told.setdefault(number, message.get("status"))

        await asgi.http(request(address), never, send)

    tasks = [asyncio.create_task(ask(number, address)) for number, address in enumerate(addresses)]
    _, waiting = await asyncio.wait(tasks, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return [told.get(number) for number in range(len(addresses))]


def test_behind_a_proxy_requests_are_counted_by_the_address_it_names(settings):
    settings.CONNECTIONS_PER_ADDRESS, settings.DROPSHOP_PROXIES = 2, 1
    one, another = "198.51.100.9, 203.0.113.1", "203.0.113.2"
    assert asyncio.run(_statuses([one, one, another, another, one])) == [None, None, None, None, 429]
    assert len(asgi.requests) == 0
