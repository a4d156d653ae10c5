"""The benchmark's viewer: frames come apart and together as they were, and a screen never goes backwards unnoticed."""

import json
import socket

from bench.conversation import Line
from bench.frames import TEXT, frame, frames
from bench.screens import Screen, Screens


def from_server(payload: bytes) -> bytes:
    """A frame as servers send it: not masked."""
    length = len(payload)
    size = bytes([length]) if length < 126 else b"\x7e" + length.to_bytes(2, "big")
    return bytes([0x80 | TEXT]) + size + payload


def test_frames_are_read_one_after_the_other_and_a_half_one_waits() -> None:
    short, long = b"short", b"l" * 300
    data = from_server(short) + from_server(long)
    assert list(frames(data)) == [(TEXT, short, 7), (TEXT, long, 7 + 304)]
    assert list(frames(data[:-1])) == [(TEXT, short, 7)]
    assert list(frames(data[:1])) == []


def test_a_viewers_frame_is_masked() -> None:
    assert frame(TEXT, b"hi") == b"\x81\x82\x00\x00\x00\x00hi"
    assert frame(TEXT, b"x" * 200)[:4] == b"\x81\xfe\x00\xc8"


def test_older_versions_are_counted_and_newer_ones_arrive() -> None:
    ours, theirs = socket.socketpair()
    screens = Screens(Line(ours), {"host": "127.0.0.1", "port": 1, "drops": ["d"], "sockets": 0})
    screen = Screen(theirs, "d")
    for version in (3, 5, 4, 5):
        fact = {"type": "stock-updated", "size": "9", "version": version, "available": 1}
        screens._shown(screen, json.dumps(fact).encode(), now=version)
    assert screens.backwards == 1
    assert {key: arrival.count for key, arrival in screens.arrivals.items()} == {("d", "9", 3): 1, ("d", "9", 5): 1}
    screens.epoll.close()
    screens.line.close()
    theirs.close()
