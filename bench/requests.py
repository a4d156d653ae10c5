"""The load: so many keep-alive connections, each asking again as soon as it was answered. A process of its own.

No event loop library: one epoll, blocking connects before the clock starts, requests encoded beforehand, answers read no
further than their status and length. What this costs per request is measured and reported with every result, because it
is taken from the two cores on which the server runs.

    {"job": {host, port, connections, seconds, requests, repeat, keep, kinds}}    -> {"ready": n}
    {"start": monotonic nanoseconds}                                              -> the result

`requests` is a list of errands, each a list of one or more texts to send one after the other; "{hold}" in a later text
is the id of the reservation that the first answer granted. `repeat` starts over at the end of the list. `keep` reads the
bodies once the run is over: the ids of what was made, the codes of the refusals, and what each of the `kinds` of errands,
one word for each errand, was answered.
"""

import re
import select
import socket
import time
from collections import Counter
from itertools import repeat
from typing import Any

from bench.conversation import from_argument

PLACEHOLDER = b"{hold}"
PATIENCE = 60_000_000_000  # nanoseconds for the last answers after the end
MADE = re.compile(rb'"id":\s*"([0-9a-f-]{36})"')  # the first id of the body: the reservation's, the purchase's
CODE = re.compile(rb'"code":\s*"(\w+)"')


class Connection:
    """One keep-alive connection and the errand it is on."""

    __slots__ = ("buffer", "errand", "is_waiting", "kind", "since", "sock", "step")

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.buffer = sock, b""
        self.errand: list[bytes] = []
        self.kind = ""
        self.step, self.since, self.is_waiting = 0, 0, False


class Load:
    """One run of the generator."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.address = (job["host"], job["port"])
        steps = ([step.encode("latin-1") for step in errand] for errand in job["requests"])
        self.errands = list(zip(steps, job.get("kinds") or repeat(""), strict=False))
        self.left = iter(self.errands)
        self.repeat, self.keep = job["repeat"], job["keep"]
        self.seconds = job["seconds"]
        self.epoll = select.epoll()
        self.connections: dict[int, Connection] = {}
        self.first = job.get("first", 0)  # so that two generators do not share source addresses
        for number in range(job["connections"]):
            self._connect(number)
        self.waiting = 0
        self.latencies: list[int] = []  # microseconds, of all finished errands: leaving out the late ones would flatter
        self.statuses: Counter[str] = Counter()  # of all answers
        self.in_time: Counter[str] = Counter()  # of the last answers of errands, while all connections were busy
        self.kept: list[tuple[bytes, bytes, str]] = []  # status, body and kind
        self.bytes, self.broken, self.deadline, self.last = 0, 0, 0, 0

    def _connect(self, number: int) -> None:
        sock = socket.socket()
        place = self.first + number
        sock.bind((f"127.{1 + place // 62500}.{place // 250 % 250}.{place % 250 + 1}", 0))  # an address of its own each
        sock.settimeout(10)
        sock.connect(self.address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        self.connections[sock.fileno()] = Connection(sock)
        self.epoll.register(sock.fileno(), select.EPOLLIN)

    def run(self, start: int) -> dict[str, Any]:
        """Ask from `start` (monotonic nanoseconds) until the time is over or nothing is left to ask."""
        time.sleep(max(0, start - time.monotonic_ns()) / 1e9)
        begun, cpu = time.monotonic_ns(), time.process_time_ns()
        self.deadline = self.last = begun + int(self.seconds * 1e9)
        for connection in self.connections.values():
            self._next(connection)
        poll, connections, read = self.epoll.poll, self.connections, self._read
        while self.waiting and time.monotonic_ns() < self.deadline + PATIENCE:
            for descriptor, _ in poll(1.0):
                read(connections[descriptor])
        cpu = time.process_time_ns() - cpu
        for connection in self.connections.values():
            connection.sock.close()
        return self._result(begun, cpu)

    def _next(self, connection: Connection) -> None:
        now = time.monotonic_ns()
        errand = next(self.left, None) if now < self.deadline else None
        if errand is None and self.repeat and now < self.deadline:
            self.left = iter(self.errands)
            errand = next(self.left)
        if errand is None:
            self.last = min(self.last, now)
            return
        connection.errand, connection.kind = errand
        connection.step, connection.since, connection.is_waiting = 0, now, True
        self.waiting += 1
        connection.sock.send(connection.errand[0])

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.sock.recv(262144)
        except OSError:
            data = b""
        if not data:
            self._hung_up(connection)
            return
        if connection.buffer:
            data = connection.buffer + data
        body = body_of(data)
        if body is None:
            connection.buffer = data
            return
        connection.buffer = b""
        self._answered(connection, data, body)

    def _answered(self, connection: Connection, data: bytes, body: int) -> None:
        status = data[9:12]
        self.bytes += len(data)
        name = status.decode()
        self.statuses[name] += 1
        if self.keep:
            self.kept.append((status, data[body:], connection.kind))
        connection.step += 1
        if status[0] == 50 and connection.step < len(connection.errand):  # 2xx, and there is more to do
            made = MADE.search(data, body)
            hold = made.group(1) if made else b""
            connection.sock.send(connection.errand[connection.step].replace(PLACEHOLDER, hold))
            return
        now = time.monotonic_ns()
        self.latencies.append((now - connection.since) // 1000)
        self.in_time[name] += now <= self.last
        self.waiting -= 1
        connection.is_waiting = False
        self._next(connection)

    def _hung_up(self, connection: Connection) -> None:
        """The server closed: after its last answer that is its right, before an answer it is counted. Asks no more."""
        self.broken += connection.is_waiting
        self.waiting -= connection.is_waiting
        self.epoll.unregister(connection.sock.fileno())

    def _result(self, begun: int, cpu: int) -> dict[str, Any]:
        made: dict[str, list[str]] = {}
        codes: Counter[str] = Counter()
        kinds: dict[str, Counter[str]] = {}
        for status, body, kind in self.kept:
            answer = status.decode()
            if status[0] == 50:
                found = MADE.search(body)
                made.setdefault(answer, []).append(found.group(1).decode() if found else "")
            else:
                code = CODE.search(body)
                answer += f" {code.group(1).decode() if code else '?'}"
                codes[answer] += 1
            kinds.setdefault(kind, Counter())[answer] += 1
        answers = self.statuses.total()
        return {
            "begun": begun,
            "ended": self.last,
            "latencies": self.latencies,
            "statuses": self.statuses,
            "in_time": self.in_time,
            "made": made,
            "codes": codes,
            "kinds": kinds,
            "unanswered": self.waiting,
            "broken": self.broken,
            "bytes": self.bytes,
            "microseconds": cpu / 1000 / answers if answers else 0.0,
            "cpu": cpu / 1e9,
        }


def body_of(data: bytes) -> int | None:
    """Where the body of this answer begins; None while it is not all there."""
    end = data.find(b"\r\n\r\n") + 4
    if end < 4:
        return None
    at = data.find(b"content-length: ", 0, end)
    if at < 0:
        at = data[:end].lower().find(b"content-length: ")
    if at < 0:  # 204 and 304 have no body; a chunked one ends with an empty chunk
        chunked = b"transfer-encoding: chunked" in data[:end].lower()
        return end if not chunked or data.endswith(b"\r\n0\r\n\r\n") else None
    return end if len(data) >= end + int(data[at + 16 : data.index(b"\r", at)]) else None


def main() -> None:
    """Work off jobs until the benchmark hangs up."""
    line = from_argument()
    while True:
        try:
            load = Load(line.hear()["job"])
            line.tell(ready=len(load.errands))
            line.tell(**load.run(line.hear()["start"]))
        except EOFError:
            return


if __name__ == "__main__":
    main()
