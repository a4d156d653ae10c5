"""The screens: thousands of sockets on /ws/live/ in a process of its own, and when each fact reached the last of them.

    {"watch": {host, port, drops, sockets}}   -> {"seated": n, "seconds": s}, when every socket has its snapshot
    {"await": [drop, size, version]}          -> the arrival of that version or a newer one on every socket
    {"lazy": seconds}                         -> {}; the sockets are read only so often from now on, 0 for at once
    {"tell": true}                            -> everything that was seen

Socket number n watches drops[n % len(drops)]. A message that thousands get is parsed once: the hub encodes it once, so
the bytes are the same.
"""

import json
import select
import socket
import time
from collections import Counter, deque
from typing import Any

from bench.conversation import Line, from_argument
from bench.frames import CLOSE, PING, TEXT, frame, frames, handshake, join

OPENING = 64  # handshakes under way at once
OPEN_WITHIN = 1200  # seconds for all of them; twenty-five thousand on a crowded machine take minutes
PONG = 10
ALL = 20_000  # events taken at once


class Screen:
    """One socket: what it was told last, per size."""

    __slots__ = ("buffer", "drop", "seated", "sock", "versions")

    def __init__(self, sock: socket.socket, drop: str) -> None:
        self.sock, self.drop = sock, drop
        self.buffer, self.seated = b"", False
        self.versions: dict[str, int] = {}


class Arrival:
    """One version of one size on its way to the screens; times in monotonic and wall-clock nanoseconds."""

    __slots__ = ("available", "count", "first", "last", "wall")

    def __init__(self, available: int) -> None:
        self.count, self.first, self.last, self.available = 0, time.monotonic_ns(), 0, available
        self.wall = time.time_ns()


class Screens:
    """All sockets of this process."""

    def __init__(self, line: Line, watch: dict[str, Any]) -> None:
        self.line, self.host, self.port = line, watch["host"], watch["port"]
        self.drops = watch["drops"]
        self.unopened = deque(range(watch["sockets"]))
        self.epoll = select.epoll()
        self.epoll.register(line.socket.fileno(), select.EPOLLIN)
        self.screens: dict[int, Screen] = {}
        self.seated, self.wanted = 0, watch["sockets"]
        self.arrivals: dict[tuple[str, str, int], Arrival] = {}
        self.parsed: dict[bytes, Any] = {}
        self.messages, self.backwards, self.closed, self.lazy = 0, 0, 0, 0.0
        self.reasons: Counter[str] = Counter()
        self.awaited: tuple[str, str, int] | None = None
        self.reached = 0

    def open(self) -> None:
        """Open all sockets; each asks for its drop as soon as it is accepted."""
        begun = time.monotonic()
        for _ in range(min(OPENING, self.wanted)):
            self._open_one()
        while self.seated < self.wanted and not self.closed and time.monotonic() < begun + OPEN_WITHIN:
            for descriptor, _ in self.epoll.poll(1.0, ALL):
                if descriptor in self.screens:
                    self._read(self.screens[descriptor])
        self.line.tell(seated=self.seated, reasons=self.reasons, seconds=time.monotonic() - begun)

    def serve(self) -> None:
        """Watch, and answer the benchmark, until it hangs up (EOFError)."""
        control = self.line.socket.fileno()
        while True:
            events = self.epoll.poll(1.0, ALL)
            for descriptor, _ in events:
                if descriptor == control:
                    self._obey(self.line.hear())
                else:
                    self._read(self.screens[descriptor])
            if self.lazy:
                time.sleep(self.lazy)

    def _obey(self, order: dict[str, Any]) -> None:
        if "lazy" in order:
            self.lazy = order["lazy"]
            self.line.tell()
        elif "await" in order:
            drop, size, version = order["await"]
            watching = [screen for screen in self.screens.values() if screen.drop == drop]
            self.awaited = (drop, size, version)
            self.reached = sum(screen.versions.get(size, -1) < version for screen in watching)
            self._all_reached()
        else:
            self.line.tell(
                messages=self.messages,
                backwards=self.backwards,
                closed=self.closed,
                reasons=self.reasons,
                behind=self._behind(),
                arrivals=[[*key, a.count, a.first, a.last, a.available, a.wall] for key, a in self.arrivals.items()],
            )

    def _behind(self) -> int:
        """Screens that do not show the newest version anybody was shown."""
        newest: dict[tuple[str, str], int] = {}
        for screen in self.screens.values():
            for size, version in screen.versions.items():
                key = (screen.drop, size)
                newest[key] = max(version, newest.get(key, -1))
        return sum(
            any(screen.versions.get(size, -1) < version for (drop, size), version in newest.items() if drop == screen.drop)
            for screen in self.screens.values()
        )

    def _all_reached(self) -> None:
        if self.awaited is not None and self.reached <= 0:
            drop, size, version = self.awaited
            found = [a for (d, s, v), a in self.arrivals.items() if (d, s) == (drop, size) and v >= version]
            self.awaited = None
            self.line.tell(
                first=min((a.first for a in found), default=0),
                last=max((a.last for a in found), default=0),
                count=sum(a.count for a in found),
            )

    def _open_one(self) -> None:
        if not self.unopened:
            return
        number = self.unopened.popleft()
        sock = socket.socket()
        sock.bind((f"127.{64 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}", 0))
        sock.settimeout(10)
        sock.connect((self.host, self.port))
        sock.send(handshake(self.host, self.port))
        sock.setblocking(False)
        self.screens[sock.fileno()] = Screen(sock, self.drops[number % len(self.drops)])
        self.epoll.register(sock.fileno(), select.EPOLLIN)

    def _read(self, screen: Screen) -> None:
        try:
            data = screen.sock.recv(262144)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost(screen, "hung up")
            return
        now = time.monotonic_ns()
        if screen.buffer:
            data = screen.buffer + data
        if data.startswith(b"HTTP/1.1"):
            data = self._accepted(screen, data)
        at = 0
        for opcode, payload, at in frames(data):  # noqa: B007 - the last end is needed below
            if opcode == TEXT:
                self._shown(screen, payload, now)
            elif opcode == PING:
                screen.sock.send(frame(PONG, payload))
            elif opcode == CLOSE:
                self._lost(screen, f"{int.from_bytes(payload[:2], 'big')} {payload[2:].decode()}")
                return
        screen.buffer = data[at:]

    def _accepted(self, screen: Screen, data: bytes) -> bytes:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return data
        if not data.startswith(b"HTTP/1.1 101"):
            self._lost(screen, data[9:12].decode())
            return b""
        screen.sock.send(join(screen.drop))
        return data[end + 4 :]

    def _shown(self, screen: Screen, payload: bytes, now: int) -> None:
        message = self.parsed.get(payload)
        if message is None:
            if len(self.parsed) > 1000:
                self.parsed.clear()
            message = self.parsed[payload] = json.loads(payload)
        self.messages += 1
        kind = message["type"]
        if kind in ("stock-updated", "stock-recovered"):
            self._stock(screen, message, now)
        elif kind == "snapshot":
            for row in message["sizes"]:
                self._stock(screen, row, now)
            if not screen.seated:
                screen.seated = True
                self.seated += 1
                self._open_one()
        elif kind == "error":
            self._lost(screen, message["code"])

    def _stock(self, screen: Screen, fact: dict[str, Any], now: int) -> None:
        size, version = fact["size"], fact["version"]
        before = screen.versions.get(size, -1)
        if version <= before:
            self.backwards += version < before
            return
        screen.versions[size] = version
        key = (screen.drop, size, version)
        arrival = self.arrivals.get(key)
        if arrival is None:
            arrival = self.arrivals[key] = Arrival(fact["available"])
        arrival.count += 1
        arrival.last = now
        awaited = self.awaited
        if awaited is not None and key[0] == awaited[0] and size == awaited[1] and before < awaited[2] <= version:
            self.reached -= 1
            self._all_reached()

    def _lost(self, screen: Screen, reason: str) -> None:
        self.closed += 1
        self.reasons[reason] += 1
        descriptor = screen.sock.fileno()
        self.epoll.unregister(descriptor)
        del self.screens[descriptor]
        screen.sock.close()
        self._all_reached()


def main() -> None:
    """Watch what the benchmark says until it hangs up."""
    line = from_argument()
    try:
        screens = Screens(line, line.hear()["watch"])
        screens.open()
        screens.serve()
    except EOFError:
        return


if __name__ == "__main__":
    main()
