"""What visitors share, for how long, and what they never do."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory

from dropshop.edge import page_cache
from dropshop.edge.page_cache import PageCache
from tests.pages.asked import Counting, Told, ask


class Clock:
    """Monotonic seconds that pass when a test says so."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(page_cache, "time", clock)
    return clock


def test_an_answer_is_told_again_for_a_second_and_no_longer(clock: Clock) -> None:
    pages = PageCache(Counting(), seconds=1)
    seen = []
    for _ in range(5):
        seen.append(ask(pages, "/").body)
        clock.now += 0.4
    assert seen == [b"answer 1", b"answer 1", b"answer 1", b"answer 2", b"answer 2"]


def test_the_second_counts_from_before_the_facts_were_read(clock: Clock) -> None:
    shop = Counting()

    def slowly() -> None:
        clock.now += 0.7

    shop.meanwhile = slowly
    pages = PageCache(shop, seconds=1)
    assert ask(pages, "/").body == b"answer 1"
    clock.now += 0.2
    assert ask(pages, "/").body == b"answer 1"
    clock.now += 0.2
    assert ask(pages, "/").body == b"answer 2"


def test_an_answer_that_took_longer_than_a_second_is_told_to_nobody_who_asks_later(clock: Clock) -> None:
    shop = Counting()

    def slowly() -> None:
        clock.now += 1.5

    shop.meanwhile = slowly
    pages = PageCache(shop, seconds=1)
    assert [ask(pages, "/").body, ask(pages, "/").body] == [b"answer 1", b"answer 2"]


def crowd(pages: Callable[..., Any], count: int = 8) -> list[Told]:
    """So many ask at the same moment."""
    barrier, told = threading.Barrier(count), []

    def one() -> None:
        barrier.wait()
        told.append(ask(pages, "/"))

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def waiting_for(pages: PageCache, shop: Counting) -> Callable[[], None]:
    """Keeps an answer from being finished until seven others wait for it."""
    monitor = threading.Semaphore(0)
    awaited = pages._awaited

    def counted(flight: Any) -> Any:
        monitor.release()
        return awaited(flight)

    pages._awaited = counted  # type: ignore[method-assign]

    def hold() -> None:
        for _ in range(7 if len(shop.seen) == 1 else 0):
            monitor.acquire()

    return hold


def test_of_many_who_ask_at_once_one_has_the_answer_made() -> None:
    shop = Counting()
    pages = PageCache(shop, seconds=1)
    shop.meanwhile = waiting_for(pages, shop)
    told = crowd(pages)
    assert {answer.body for answer in told} == {b"answer 1"}
    assert len(shop.seen) == 1
    assert len({answer.headers["X-Request-ID"] for answer in told}) == 8
    assert "request-1" in {answer.headers["X-Request-ID"] for answer in told}, "that of the line in the log"


def test_control_without_the_cache_everybody_has_one_made() -> None:
    shop = Counting()
    crowd(shop)
    assert len(shop.seen) == 8


def test_when_the_one_fails_everybody_asks_for_themselves() -> None:
    shop = Counting(status="500 Internal Server Error")
    pages = PageCache(shop, seconds=1)
    shop.meanwhile = waiting_for(pages, shop)
    assert {answer.body for answer in crowd(pages)} == {f"answer {number}".encode() for number in range(1, 9)}


def test_nobody_joins_an_answer_that_is_made_of_facts_older_than_a_second(clock: Clock) -> None:
    shop = Counting()
    pages = PageCache(shop, seconds=1)
    second: list[bytes] = []

    def while_the_first_is_made() -> None:
        if len(shop.seen) == 1:
            clock.now += 1.1
            second.append(ask(pages, "/").body)

    shop.meanwhile = while_the_first_is_made
    assert ask(pages, "/").body == b"answer 1"
    assert second == [b"answer 2"]
    assert ask(pages, "/").body == b"answer 2", "the older answer has not taken the newer one's place"


@pytest.mark.parametrize("status", ["404 Not Found", "301 Moved", "400 Bad Request", "503 Service Unavailable"])
def test_only_what_went_well_is_kept(status: str) -> None:
    pages = PageCache(Counting(status=status), seconds=1)
    assert [ask(pages, "/").body, ask(pages, "/").body] == [b"answer 1", b"answer 2"]


def test_a_crawler_cannot_fill_the_memory_nor_push_out_what_is_asked_for_again_and_again() -> None:
    shop = Counting(size=100_000)
    pages = PageCache(shop, seconds=60)
    for number in range(1000):
        ask(pages, "/")
        ask(pages, "/api/v1/drops", QUERY_STRING=f"cursor={number}")
    assert len(pages._kept) <= page_cache.ENTRIES
    assert pages._bytes == sum(answer.size for _, answer in pages._kept.values()) <= page_cache.BYTES
    assert len(shop.seen) == 1001
    assert pages._flights == {}


def test_an_answer_of_more_than_a_megabyte_is_not_kept() -> None:
    pages = PageCache(Counting(size=page_cache.MAX_ANSWER_BYTES + 1), seconds=60)
    ask(pages, "/")
    assert len(pages._kept) == 0


def test_head_is_told_the_same_without_the_body() -> None:
    shop = Counting()
    pages = PageCache(shop, seconds=60)
    head, get = ask(pages, "/", REQUEST_METHOD="HEAD"), ask(pages, "/")
    assert (head.body, get.body, len(shop.seen)) == (b"", b"answer 1", 1)
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == "8"


@pytest.mark.parametrize(
    ("has", "status"),
    [('W/"abc"', "304 Not Modified"), ('"x", "abc"', "304 Not Modified"), ("*", "304 Not Modified"), ('W/"old"', "200 OK")],
)
def test_who_has_it_already_is_told_so(has: str, status: str) -> None:
    pages = PageCache(Counting(headers=[("ETag", 'W/"abc"'), ("Cache-Control", "private, no-cache")]), seconds=60)
    for _ in range(2):
        told = ask(pages, "/api/v1/drops/moss", HTTP_IF_NONE_MATCH=has)
        assert told.status == status
        assert (told.headers["ETag"], told.headers["Cache-Control"]) == ('W/"abc"', "private, no-cache")
        assert ("Content-Type" in told.headers, bool(told.body)) == ((status == "200 OK"),) * 2


def test_a_request_is_one_as_servers_send_it() -> None:
    """`ask` builds its requests by hand; Django's own factory agrees with it."""
    environ = RequestFactory()._base_environ(PATH_INFO="/", HTTP_HOST="localhost")
    pages = PageCache(Counting(), seconds=60)
    started: list[str] = []
    pages(environ, lambda status, headers: started.append(status))
    assert (started, len(pages._kept)) == (["200 OK"], 1)
