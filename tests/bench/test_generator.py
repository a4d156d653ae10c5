"""The load generator against a small server: what it counts is what was answered."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bench.driving import quantile
from bench.requests import Load, body_of

ID = "0b9a1f66-7f0e-4a5f-9d0c-3f5a4be1c111"
HEAD = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n"


def answer(status: bytes, body: object) -> bytes:
    text = json.dumps(body).encode()
    return b"HTTP/1.1 " + status + b"\r\ncontent-length: " + str(len(text)).encode() + b"\r\n\r\n" + text


@contextmanager
def server(reply: Callable[[bytes], list[bytes]]) -> Iterator[int]:
    """Serves each connection in a thread: the pieces of `reply(request)` are sent one by one; none closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            while request := connection.recv(65536):
                pieces = reply(request)
                if not pieces:
                    return
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(0.002)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def load(port: int, requests: list[list[str]], **changes: object) -> dict:
    job = {"host": "127.0.0.1", "port": port, "connections": 3, "seconds": 5, "requests": requests}
    return Load(job | {"repeat": False, "keep": True} | changes).run(0)


def test_every_errand_is_done_once_and_what_was_made_is_kept() -> None:
    seen: list[bytes] = []
    with server(lambda request: seen.append(request) or [answer(b"201 Created", {"reservation": {"id": ID}})]) as port:
        result = load(port, [[f"errand {number}"] for number in range(20)])
    assert sorted(seen) == sorted(f"errand {number}".encode() for number in range(20))
    assert result["made"] == {"201": [ID] * 20}
    assert result["statuses"] == {"201": 20}
    assert len(result["latencies"]) == 20
    assert (result["unanswered"], result["broken"]) == (0, 0)


def test_an_answer_may_come_in_pieces() -> None:
    whole = answer(b"200 OK", {"text": "x" * 50})
    with server(lambda request: [whole[:10], whole[10:40], whole[40:]]) as port:
        assert load(port, [["one"], ["two"]])["statuses"] == {"200": 2}


def test_the_second_step_names_what_the_first_one_made() -> None:
    seen: list[bytes] = []
    with server(lambda request: seen.append(request) or [answer(b"201 Created", {"id": ID})]) as port:
        load(port, [["reserve", "buy {hold}"]])
    assert seen == [b"reserve", f"buy {ID}".encode()]


def test_a_refusal_ends_the_errand_and_its_code_is_counted() -> None:
    with server(lambda request: [answer(b"409 Conflict", {"code": "sold_out"})]) as port:
        result = load(port, [["reserve", "buy {hold}"]])
    assert result["codes"] == {"409 sold_out": 1}
    assert result["statuses"] == {"409": 1}


def test_answers_are_told_apart_by_the_kind_of_their_errand() -> None:
    def reply(request: bytes) -> list[bytes]:
        return [answer(b"409 Conflict", {"code": "sold_out"}) if request == b"late" else answer(b"201 Created", {"id": ID})]

    with server(reply) as port:
        result = load(port, [["early"], ["late"], ["late"]], kinds=["first", "second", "second"])
    assert result["kinds"] == {"first": {"201": 1}, "second": {"409 sold_out": 2}}


def test_a_connection_closed_before_its_answer_is_counted_as_broken() -> None:
    with server(lambda request: []) as port:
        result = load(port, [["one"], ["two"], ["three"]])
    assert (result["broken"], result["unanswered"]) == (3, 0)


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (HEAD % 2 + b"{}", len(HEAD % 2)),
        (HEAD % 3 + b"{}", None),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 27),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 47),
        (b"HTTP/1.1 20", None),
    ],
)
def test_an_answer_is_whole_when_its_body_is(data: bytes, body: int | None) -> None:
    assert body_of(data) == body


def test_a_quantile_is_a_value_that_occurred() -> None:
    assert [quantile(range(1, 101), share) for share in (0.5, 0.99, 1.0)] == [50, 99, 100]
    assert quantile([7], 0.99) == 7
    assert quantile([], 0.5) == 0
