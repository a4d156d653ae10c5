"""Requests as no browser sends them: many and short, without end, for other protocols, half hung up.

Each is answered or hung up on, and meanwhile a probe, a static file and a page are answered.
"""

import asyncio
import socket
from contextlib import contextmanager, suppress

import httpx
import pytest
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from dropshop.edge.connections import MAX_HEADERS, MAX_PIPELINED, Http
from dropshop.machine.processes import wait_until

from .hostile import SILENCE, all_of, crowd, head, raw, status_of

JSON = "Content-Type: application/json"
UPGRADE = ("Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13")
GOODBYE = head("/healthz", "Connection: close", method="GET")


@pytest.fixture(scope="module")
def shop(open_shops):
    """Whose deadlines for heads and bodies are short."""
    env = {"DROPSHOP_PER_ADDRESS": "3000", "DROPSHOP_HEAD_SECONDS": "2", "DROPSHOP_BODY_SECONDS": "2"}
    with open_shops.borrowed(celery=(), env=env) as shop:
        yield shop


@contextmanager
def others_are_served(shop):
    """A page, a static file and a probe are answered when this begins and when it ends."""

    def ask():
        paths = ("/readyz", "/static/js/clock.js", "/accounts/login/")
        assert [httpx.get(shop.url + path, timeout=SILENCE).status_code for path in paths] == [200] * 3

    ask()
    yield
    ask()


def said(shop, *parts: bytes) -> bytes:
    """What the shop answers to these bytes, until it hangs up; "" where it does so in the middle of them."""
    with raw(shop.ports[0]) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            return all_of(connection)
        except ConnectionError:
            return b""


def test_requests_that_do_not_wait_for_their_answers_are_few(shop):
    with others_are_served(shop):
        few = said(shop, head("/healthz", method="GET") * 10 + GOODBYE)
        assert few.count(b"HTTP/1.1 200") == 11
        many = said(shop, head("/accounts/login/", method="GET") * (MAX_PIPELINED + 2) + GOODBYE)
        assert many.count(b"HTTP/1.1") <= 1
    with crowd(shop.ports[0], [head("/accounts/login/", method="GET") * 3000] * 20), others_are_served(shop):
        pass


def test_a_head_has_so_many_headers_however_short_they_are(shop):
    def asked(count):
        return status_of(said(shop, head("/healthz", *["a: b"] * (count - 2), "Connection: close", method="GET")))

    with others_are_served(shop):
        assert [asked(MAX_HEADERS), asked(MAX_HEADERS + 1), asked(12_000)] == [200, 431, 431]


def test_nothing_behind_a_refused_head_is_a_request(shop):
    much = head("/healthz", *["a: b"] * MAX_HEADERS, method="GET")
    answer = said(shop, much + head("/healthz", method="GET") * 3 + much)
    assert answer.count(b"HTTP/1.1") == 1
    assert status_of(answer) == 431


def test_a_head_that_comes_letter_by_letter_keeps_nobody_waiting(shop):
    slow = head("/", "X-Slow: " + "x" * 1000, method="GET")
    with crowd(shop.ports[0], [b""] * 200) as silent, others_are_served(shop):
        place = iter(range(len(slow)))

        def are_hung_up_on() -> bool:
            letter = next(place)
            sent = 0
            for connection in silent:
                with suppress(OSError):
                    sent += connection.send(slow[letter : letter + 1])
            return sent == 0

        with others_are_served(shop):
            are_hung_up_on()
        assert wait_until(are_hung_up_on, SILENCE)


def test_a_thousand_connections_that_have_had_their_answer_keep_nobody_waiting(shop):
    with crowd(shop.ports[0], [head("/healthz", method="GET")] * 1000) as idle, others_are_served(shop):
        assert all(b"200 OK" in connection.recv(65_536) for connection in idle)


def test_half_hung_up_is_hung_up(shop):
    for request in (head("/", method="GET"), head("/accounts/login/", "Content-Length: 5"), b"GET / HT", b""):
        with others_are_served(shop), raw(shop.ports[0], request) as connection:
            connection.shutdown(socket.SHUT_WR)
            assert all_of(connection) == b"" or request.startswith(b"GET /")


@pytest.mark.parametrize(
    ("protocol", "path", "expected"),
    [("websocket", "/ws/live/", 400), ("websocket", "/accounts/login/", 400), ("h2c", "/healthz", 200)],
)
@pytest.mark.parametrize("body", ["Content-Length: 5", "Transfer-Encoding: chunked"])
def test_a_change_of_protocol_with_a_body_is_refused_or_ignored(shop, protocol, path, expected, body):
    inside = b"hello" if body.startswith("Content") else b"5\r\nhello\r\n0\r\n\r\n"
    headers = (*UPGRADE, f"Upgrade: {protocol}", body)
    with others_are_served(shop), raw(shop.ports[0], head(path, *headers, method="GET") + inside) as connection:
        assert status_of(connection.recv(65_536)) == expected


@pytest.mark.parametrize(
    "headers",
    [("Content-Length: 5",), ["X: y"] * 150, ("Cookie: " + "x" * 9000,), ()],
    ids=["body-never-comes", "many-headers", "long-header", "post"],
)
def test_a_socket_that_cannot_be_opened_is_not_kept(shop, headers):
    request = head("/ws/live/", *UPGRADE, "Upgrade: websocket", *headers, method="GET" if headers else "POST")
    with crowd(shop.ports[0], [request] * 5) as silent, others_are_served(shop):
        refused = {b"", b"HTTP/1.1 400 Bad Request", b"HTTP/1.1 405 Method Not Allowed"}
        assert {all_of(connection).split(b"\r\n")[0] for connection in silent} <= refused


def test_whoever_asks_whether_to_go_on_is_told_so_only_for_a_body_that_will_be_read(shop):
    ask = ("Expect: 100-continue", "Connection: close", JSON)
    with others_are_served(shop), raw(shop.ports[0], head("/api/v1/users/login", *ask, "Content-Length: 2")) as connection:
        assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert status_of(all_of(connection)) == 400
    assert status_of(said(shop, head("/api/v1/users/login", *ask, "Content-Length: 9999999"))) == 413
    silent = said(shop, head("/api/v1/users/login", *ask, "Content-Length: 2"))
    assert b"HTTP/1.1 408" in silent.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")


def test_a_chunk_may_say_more_of_itself_but_not_without_end(shop):
    chunked = head("/api/v1/users/login", JSON, "Transfer-Encoding: chunked", "Connection: close")
    assert status_of(said(shop, chunked + b'2;name="value";x\r\n{}\r\n0;last\r\n\r\n')) == 400
    with raw(shop.ports[0], chunked + b"2;") as connection, others_are_served(shop):

        def is_hung_up_on() -> bool:
            try:
                connection.sendall(b"x" * 10_000)
            except OSError:
                return True
            return False

        assert wait_until(is_hung_up_on, SILENCE)


class Nowhere(asyncio.Transport):
    """A connection to nobody."""

    def get_write_buffer_size(self):
        return 0

    def close(self):
        pass


async def _parts_of_a_body_in_chunks_of_a_byte(monkeypatch, protocol):
    parts = []
    monkeypatch.setattr(HttpToolsProtocol, "on_body", lambda self, part: parts.append(part))

    async def application(scope, receive, send):
        """Says nothing."""

    config = Config(application)
    config.load()
    http = protocol(config, ServerState(), {})
    http.connection_made(Nowhere({"peername": ("127.0.0.1", 5)}))
    http.data_received(head("/", "Transfer-Encoding: chunked") + b"1\r\nx\r\n" * 1000)
    http.data_received(b"1\r\ny\r\n" * 1000)
    http.connection_lost(None)
    return parts


@pytest.mark.parametrize(("protocol", "parts"), [(Http, 2), (HttpToolsProtocol, 2000)], ids=["ours", "control"])
def test_many_small_chunks_that_came_together_are_one_part(monkeypatch, protocol, parts):
    """uvicorn copies all that it has of a body for every part of it."""
    found = asyncio.run(_parts_of_a_body_in_chunks_of_a_byte(monkeypatch, protocol))
    assert (len(found), b"".join(found)) == (parts, b"x" * 1000 + b"y" * 1000)
