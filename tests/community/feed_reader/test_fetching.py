"""What the monitor asks, and the bounds of what it takes from whoever answers."""

import gzip
import time

import pytest

from dropshop.core.outbound import client
from dropshop.core.outbound.errors import ReadingFailed
from tests.community.feed_reader.hosts import JSON, fetcher
from tests.harness.patience import PATIENCE


def test_every_request_says_who_asks_and_where_to_complain(host, settings):
    settings.MONITOR_CONTACT = "https://shop.example.com/about-our-robot"
    fetcher(host).get(host.url())
    assert [headers["user-agent"] for _, headers in host.asked] == [
        "dropshop-monitor/1.0 (+https://shop.example.com/about-our-robot)"
    ]
    assert {"cookie", "authorization", "referer"} & set(host.asked[0][1]) == set()


def drip(handler):
    """A letter every 20 ms, for ever."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"a")
        time.sleep(0.02)


def drip_headers(handler):
    while True:
        handler.wfile.write(b"a")
        time.sleep(0.02)


def silence(handler):
    handler.rfile.read(1)


@pytest.mark.parametrize("manner", [drip, drip_headers, silence])
def test_a_host_that_takes_its_time_is_left_at_the_deadline(host, manner):
    host.says["/products.json"] = manner
    with pytest.raises(ReadingFailed, match="No whole answer"):  # the host itself would go on for ever
        fetcher(host, seconds=0.3).get(host.url())


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"a" * 65536)


BOMB = gzip.compress(b"\0" * 30_000_000)
GZIP = {"Content-Encoding": "gzip"}


@pytest.mark.parametrize(
    "said",
    [endless, (200, {}, b"a" * (client.MAX_BODY_BYTES + 1)), (200, GZIP, BOMB)],
    ids=["endless", "a byte too many", "gzip bomb"],
)
def test_what_is_too_large_packed_or_unpacked_is_left(host, said):
    host.says["/products.json"] = said
    with pytest.raises(ReadingFailed, match="larger than 2 MB"):
        fetcher(host).get(host.url())


def test_what_is_packed_twice_is_unpacked_once(host):
    host.says["/products.json"] = (200, GZIP, gzip.compress(BOMB))
    assert fetcher(host).get(host.url()).body == BOMB


def test_a_body_of_exactly_two_megabytes_is_taken_packed_or_not(host):
    body = b"a" * client.MAX_BODY_BYTES
    host.says |= {"/plain": (200, {}, body), "/packed": (200, GZIP, gzip.compress(body))}
    assert [fetcher(host).get(host.url(path)).body == body for path in ("/plain", "/packed")] == [True, True]


@pytest.mark.parametrize(
    ("headers", "body"),
    [(GZIP, b"not packed at all"), (GZIP, gzip.compress(b"cut off")[:-9]), ({"Content-Encoding": "br"}, b"a")],
)
def test_what_cannot_be_unpacked_is_trouble_in_words(host, headers, body):
    host.says["/products.json"] = (200, headers, body)
    with pytest.raises(ReadingFailed, match="packed"):
        fetcher(host).get(host.url())


def nonsense(handler):
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.9\r\n")


def too_many_headers(handler):
    handler.send_response(200)
    for number in range(5000):
        handler.send_header(f"X-{number}", "a" * 100)
    handler.end_headers()


def hangs_up(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"only this")


@pytest.mark.parametrize("manner", [nonsense, too_many_headers, hangs_up])
def test_what_is_no_answer_of_the_web_is_trouble_in_words(host, manner):
    host.says["/products.json"] = manner
    with pytest.raises(ReadingFailed, match="The connection failed"):
        fetcher(host, seconds=PATIENCE).get(host.url())


def test_nobody_at_home_and_names_that_do_not_exist_are_trouble_in_words(host):
    url = host.url()
    host.close()
    with pytest.raises(ReadingFailed, match="The connection failed"):
        fetcher(host).get(url)
    with pytest.raises(ReadingFailed, match="does not resolve"):
        fetcher(host).get(host.url(name="nobody.example"))


def test_an_answer_without_a_body_may_be_said_to_be_packed(host):
    host.says["/products.json"] = (304, {"Content-Encoding": "gzip"}, b"")
    assert fetcher(host).get(host.url()).status == 304


def test_what_is_packed_in_two_parts_is_not_taken_for_the_whole(host):
    host.says["/products.json"] = (200, JSON | {"Content-Encoding": "gzip"}, gzip.compress(b"{}") + gzip.compress(b"[]"))
    with pytest.raises(ReadingFailed):
        fetcher(host).get(host.url())
