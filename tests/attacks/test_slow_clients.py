"""Connections that are silent, slow or too many: each has a deadline, and one address has a bounded number of them."""

import json
from contextlib import ExitStack

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dropshop.machine.processes import wait_until
from tests.make import make_drop

from .hostile import SILENCE, all_of, crowd, head, is_open, raw, status_of

MOST = 20  # connections of one address; half as many sockets
QUICK = {"DROPSHOP_HEAD_SECONDS": "1", "DROPSHOP_BODY_SECONDS": "1", "DROPSHOP_PER_ADDRESS": str(MOST)}
ELSEWHERE = "127.0.0.2"


@pytest.fixture(scope="module")
def shop(open_shops):
    with open_shops.borrowed(celery=(), env=QUICK) as shop:
        yield shop


def test_who_does_not_say_what_they_want_is_hung_up_on(shop):
    half_a_head = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    with crowd(shop.ports[0], [b"", b"\r\n\r\n", b"G", half_a_head, half_a_head + b"X-Slow: "]) as silent:
        assert [all_of(connection) for connection in silent] == [b""] * 5


def test_a_head_that_comes_letter_by_letter_has_the_same_deadline(shop):
    with raw(shop.ports[0], b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ") as connection:

        def is_hung_up_on() -> bool:
            try:
                connection.sendall(b"x")
            except OSError:
                return True
            return not is_open(connection)

        assert wait_until(is_hung_up_on, SILENCE)


def test_a_body_that_does_not_come_is_told_so_in_the_form_its_sender_reads(shop):
    framings = ("Content-Length: 200", "Transfer-Encoding: chunked")
    for path, says in (("/accounts/login/", b"<title>"), ("/api/v1/users/login", b'"code": "too_slow"')):
        requests = [head(path, "Content-Type: application/json", framing) for framing in framings]
        with crowd(shop.ports[0], requests) as silent:
            for answer in map(all_of, silent):
                assert status_of(answer) == 408
                assert says in answer
                assert b"content-security-policy" in answer


def test_a_large_body_that_was_refused_is_not_waited_for(shop):
    with raw(shop.ports[0], head("/api/v1/users/login", "Content-Length: 10000000") + b"x" * 1000) as connection:
        assert status_of(all_of(connection)) == 413


@pytest.mark.parametrize(
    "lines",
    [b"X-Long: " + b"x" * 200_000, b"\r\n".join(b"X-%d: %s" % (n, b"x" * 99) for n in range(2000))],
    ids=["one", "many"],
)
def test_a_head_without_end_is_not_kept(shop, lines):
    with raw(shop.ports[0], b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n") as connection:
        try:
            connection.sendall(lines + b"\r\n\r\n")
            assert status_of(all_of(connection)) == 431
        except ConnectionError:
            pass  # it was hung up on in the middle


def test_what_follows_a_body_in_chunks_is_no_header(shop):
    """Such a trailer would pass for what a proxy says, or for a pass."""
    drop = make_drop(1)
    request = head(f"/api/v1/drops/{drop.pk}/reserve", "Transfer-Encoding: chunked", "Connection: close")
    with raw(shop.ports[0], request + b"2\r\n{}\r\n0\r\nX-Drop-Pass: forged\r\n\r\n") as connection:
        assert b"Sign in first." in all_of(connection)  # and not: this pass is forged


def test_one_address_has_so_many_connections_and_newer_ones_take_the_place_of_silent_ones(shop):
    with crowd(shop.ports[0], [b"G"] * (3 * MOST)) as silent:
        assert httpx.get(f"{shop.url}/readyz", timeout=SILENCE).status_code == 200
        assert [is_open(connection) for connection in silent[: 2 * MOST]] == [False] * 2 * MOST


def watch(shop, source="127.0.0.1"):
    return connect(
        shop.url.replace("http", "ws") + "/ws/live/", origin=shop.url, source_address=(source, 0), open_timeout=SILENCE
    )


def test_one_address_has_so_many_sockets_and_leaves_the_others_theirs(shop):
    refused = []
    with ExitStack() as stack:
        for _ in range(MOST // 2 + 5):
            try:
                stack.enter_context(watch(shop))
            except InvalidStatus as error:
                refused.append(error.response.status_code)
        assert refused == [429] * 5
        assert httpx.get(f"{shop.url}/readyz", timeout=SILENCE).status_code == 200
        with watch(shop, ELSEWHERE) as other:
            other.send(json.dumps({"type": "ping"}))
            assert json.loads(other.recv(timeout=SILENCE))["type"] == "pong"
    assert wait_until(lambda: can_watch(shop), SILENCE)  # as soon as they have gone


def can_watch(shop) -> bool:
    try:
        with watch(shop):
            return True
    except InvalidStatus:
        return False
