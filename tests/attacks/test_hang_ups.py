"""Whoever hangs up, at whatever moment and however abruptly, is no error: at most a line of information in the log."""

import json
import socket
import struct
from collections import Counter

import pytest

from dropshop.machine.processes import wait_until
from tests.harness.patience import PATIENCE
from tests.harness.shop import UNLIMITED
from tests.harness.shoppers import sign_in_all, tickets
from tests.make import ADDRESS, make_drop, make_member, make_reservation

from .hostile import head, raw

JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
ABRUPTLY = struct.pack("ii", 1, 0)  # closing discards what is left and tells the other side by a reset
UPGRADE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + "A" * 22 + "==")
# The moments at which they go: when the request has been sent, and when some of the answer has come.
AT_ONCE, IN_THE_ANSWER = 0, 1


@pytest.fixture(scope="module")
def shop(open_shops):
    with open_shops.borrowed(celery=(), env={"DROPSHOP_LIMITS": UNLIMITED}) as shop:
        yield shop


def frame(message):
    """A message as a browser sends it: masked, here with zeros."""
    text = json.dumps(message).encode()
    return bytes((0x81, 0x80 | len(text))) + bytes(4) + text


def with_body(path, body, *headers):
    return head(path, *headers, f"Content-Length: {len(body)}") + body


def requests_of(member, drop, hold):
    """What is sent, by name: whole requests, and such that break off."""
    desk = (JSON, f"X-Drop-Pass: {tickets([member], [drop], sign_in_all([member]))[0]}")
    reserve = f"/api/v1/drops/{drop.pk}/reserve"
    buy = f"/api/v1/reservations/{hold.pk}/purchase"
    bought = json.dumps({"address": ADDRESS, "payment_method": "test_ok"}).encode()
    socket_head = head("/ws/live/", *UPGRADE, method="GET")
    watching = frame({"type": "join-drop", "drop": str(drop.pk)}) + frame({"type": "join-feed"})
    return {
        "nothing": b"",
        "half a head": b"GET / HTTP/1.1\r\nHost: 127.0",
        "a page": head("/", method="GET"),
        "a drop": head(f"/drops/{drop.slug}/", method="GET"),
        "a large answer": head("/api/schema/?format=json", method="GET"),
        "a large file": head("/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js", method="GET"),
        "a probe": head("/readyz", method="GET"),
        "a sign-in": with_body("/api/v1/users/login", b'{"username": "nobody", "password": "wrong"}', JSON),
        "half a form": head("/accounts/login/", FORM, "Content-Length: 200") + b"login=",
        "half a body of the API": head("/api/v1/users/login", JSON, "Content-Length: 200") + b"{",
        "half a chunk": head("/api/v1/users/login", JSON, "Transfer-Encoding: chunked") + b"5\r\n{",
        "a body that is too large": head("/api/v1/users/login", JSON, "Content-Length: 10000000") + b"x" * 1000,
        "a reserve": with_body(reserve, b"{}", *desk),
        "half a reserve": head(reserve, *desk, "Content-Length: 200") + b"{",
        "half a chunk of a reserve": head(reserve, *desk, "Transfer-Encoding: chunked") + b"5\r\n{",
        "a purchase": with_body(buy, bought, *desk),
        "half a purchase": head(buy, *desk, "Content-Length: 200") + b"{",
        "a socket": socket_head,
        "a socket that watches": socket_head + watching,
        "a socket in a message": socket_head + frame({"type": "ping"})[:3],
        "another socket": head("/ws/other/", *UPGRADE, method="GET"),
        "half a socket": socket_head[:-4],
    }


def hang_up(shop, data, moment, *, abruptly):
    with raw(shop.ports[0], data) as connection:
        if moment == IN_THE_ANSWER:
            connection.recv(10)
        if abruptly:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPTLY)


def named(data, name):
    """The request with an id that the log repeats."""
    return data.replace(b"\r\nHost:", b"\r\nX-Request-ID: hang-up." + name.replace(" ", "-").encode() + b"\r\nHost:", 1)


def test_whoever_hangs_up_leaves_at_most_a_line_of_information_in_the_log(shop):
    member, drop = make_member(), make_drop(5)
    hold = make_reservation(member, drop)
    requests = requests_of(member, drop, hold)
    ways = [(moment, abruptly) for moment in (AT_ONCE, IN_THE_ANSWER) for abruptly in (False, True)]
    for name, data in requests.items():
        whole = not name.startswith(("nothing", "half"))
        for number, (moment, abruptly) in enumerate(ways):
            if moment == AT_ONCE or whole:
                hang_up(shop, named(data, f"{name}.{number}"), moment, abruptly=abruptly)
    web = shop.child("web1")
    web.ask_to_stop()  # what is under way is finished first
    assert wait_until(lambda: not web.alive, PATIENCE)
    lines = [json.loads(line) for line in web.log.read_text().splitlines()]
    assert [line for line in lines if line["level"] != "info"] == []
    told = Counter(line["request_id"] for line in lines if line.get("request_id", "").startswith("hang-up"))
    assert set(told.values()) == {1}
    assert told["hang-up.a-large-answer.3"] == 1
