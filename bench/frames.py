"""Just enough of RFC 6455 for a viewer: ask for a socket, read the server's frames, answer pings."""

import base64
import json
import os
from collections.abc import Iterator

TEXT, CLOSE, PING = 1, 8, 9
MASK = b"\x00\x00\x00\x00"  # a client must mask; this mask leaves the bytes as they are


def handshake(host: str, port: int) -> bytes:
    """The opening request for /ws/live/, as a page of the shop would send it."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /ws/live/ HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()


def frame(opcode: int, payload: bytes) -> bytes:
    """A client's frame of at most 65,535 bytes."""
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
    return bytes([0x80 | opcode]) + size + MASK + payload


def join(drop: str) -> bytes:
    """The frame that asks to watch this drop."""
    return frame(TEXT, json.dumps({"type": "join-drop", "drop": drop}).encode())


def frames(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """The whole frames at the beginning of what a server sent: opcode, payload, where the next one begins."""
    at, end = 0, len(data)
    while end - at >= 2:
        length, begin = data[at + 1], at + 2
        if length == 126:
            length, begin = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
        elif length == 127:
            length, begin = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
        if begin > end or begin + length > end:
            return
        yield data[at] & 0x0F, data[begin : begin + length], begin + length
        at = begin + length
