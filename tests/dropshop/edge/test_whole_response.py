"""Head and body sent in one piece say the same as uvicorn says in two; on real connections."""

import asyncio
import re
import socket

import pytest
import uvicorn

from dropshop.core.whole_response import EXTENSION, FixedHeaders, WholeResponse, header_lines, send_whole
from dropshop.edge.connections import Http
from tests.harness.patience import PATIENCE

FIXED = FixedHeaders([(b"content-type", b"text/plain"), (b"x-frame-options", b"DENY")])
ANSWERS = {
    "/found": WholeResponse(200, FIXED, [(b"x-request-id", b"1")], b"hello"),
    "/new": WholeResponse(201, FIXED, [(b"location", b"/new/1")], b'{"id":1}'),
    "/unchanged": WholeResponse(304, FIXED, [(b"etag", b'"1"')], b""),
    "/nothing": WholeResponse(200, FIXED, [], b""),
    "/long": WholeResponse(200, FIXED, [], b"x" * 1_000_000),
    "/refused": WholeResponse(409, FIXED, [(b"retry-after", b"2")], b"no"),
}


async def application(scope, receive, send):
    """`?two` is sent as ASGI has it, in two messages."""
    await receive()
    if scope["query_string"] == b"two":
        del scope["extensions"][EXTENSION]
    await send_whole(scope, send, ANSWERS[scope["path"]])


async def told(*requests):
    """What a connection is told on which these requests are sent, until the server closes it."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, http=Http, lifespan="off", log_config=None, server_header=False, date_header=False)
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server._serve([listening]))
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(b"".join(requests))
            heard = await reader.read()
            writer.close()
    finally:
        server.should_exit = True
        await serving
    return heard


def request(target, method="GET", version="1.1", connection="close"):
    return f"{method} {target} HTTP/{version}\r\nHost: shop\r\nConnection: {connection}\r\n\r\n".encode()


def lines(heard):
    """A head in lines, in one order, and the body."""
    head, _, body = heard.partition(b"\r\n\r\n")
    return sorted(head.split(b"\r\n")), body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ANSWERS)
def test_it_is_what_uvicorn_says(path, method):
    one, two = (asyncio.run(told(request(f"{path}{query}", method))) for query in ("", "?two"))
    assert lines(one) == lines(two)
    assert lines(one)[1] == (b"" if method == "HEAD" else ANSWERS[path].body)


def test_a_connection_is_kept_for_the_next_request_and_those_sent_ahead_are_answered_in_their_order():
    ahead = [request("/found", connection="keep-alive"), request("/unchanged", connection="keep-alive"), request("/new")]
    heard = asyncio.run(told(*ahead))
    assert re.findall(rb"HTTP/1.1 \d+", heard) == [b"HTTP/1.1 200", b"HTTP/1.1 304", b"HTTP/1.1 201"]
    assert heard.count(b"connection: close") == 1


def test_a_client_of_the_first_http_is_hung_up_on():
    assert b"connection: close" in asyncio.run(told(request("/found", version="1.0", connection="x")))


@pytest.mark.parametrize(
    "header",
    [(b"x", b"a\r\nset-cookie: b"), (b"x", b"a\nb"), (b"x", b"a\0b"), (b"x y", b"a"), (b"x:", b"a"), (b"x\r\ny", b"a")],
    ids=["another header", "a line", "a NUL", "a space", "a colon", "a line in its name"],
)
def test_what_would_begin_another_header_is_refused(header):
    with pytest.raises(ValueError, match="no header"):
        header_lines([header])
    assert header_lines([(b"x-name", b"a \xe9\tb")]) == b"x-name: a \xe9\tb\r\n"
