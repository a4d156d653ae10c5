"""What a stranger sends who wants the shop to wait for them; all to 127.0.0.1, bounded, and over when the `with` is."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

SILENCE = 30.0  # seconds; whoever has no answer by then is kept waiting


def allow_many_sockets() -> None:
    """As many descriptors as the machine allows this process."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def raw(port: int, data: bytes = b"", *, source: str = "127.0.0.1") -> socket.socket:
    """A connection on which this was sent, and nothing more."""
    connection = socket.socket()
    connection.settimeout(SILENCE)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # before it connects: what is not read stays with the shop
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", port))
    connection.sendall(data)
    return connection


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    """A request's head."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def all_of(connection: socket.socket) -> bytes:
    """Everything the server says until it hangs up."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def status_of(answer: bytes) -> int:
    """Of the first answer among these bytes."""
    return int(answer.split(b" ", 2)[1])


@contextmanager
def crowd(port: int, requests: list[bytes]) -> Iterator[list[socket.socket]]:
    """One connection for each, all open at the same time."""
    with ExitStack() as stack:
        yield [stack.enter_context(raw(port, request)) for request in requests]


def is_open(connection: socket.socket) -> bool:
    """Whether the server has neither said anything on it nor closed it, as far as has arrived here."""
    connection.setblocking(False)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        pass
    finally:
        connection.settimeout(SILENCE)
    return False
