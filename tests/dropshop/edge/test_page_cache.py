"""What visitors share, for how long, and what they never do."""

import asyncio
import gzip
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from dropshop.edge import page_cache, shared_response
from dropshop.edge.page_cache import PageCache
from tests.harness.patience import PATIENCE
from tests.pages.asked import Counting, Told, ask, asked, shared


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
    pages = shared(Counting(), seconds=1)
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
    pages = shared(shop, seconds=1)
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
    pages = shared(shop, seconds=1)
    assert [ask(pages, "/").body, ask(pages, "/").body] == [b"answer 1", b"answer 2"]


EIGHT = 8


async def crowd(pages: PageCache) -> list[Told]:
    """Eight ask at the same moment."""
    return await asyncio.gather(*(asked(pages, "/") for _ in range(EIGHT)))


@pytest.fixture
def until_seven_wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Keeps an answer from being finished until seven others wait for it."""
    others, awaited = threading.Semaphore(0), page_cache._awaited

    async def counted(flight: Any) -> Any:
        others.release()
        return await awaited(flight)

    monkeypatch.setattr(page_cache, "_awaited", counted)
    return lambda: [others.acquire(timeout=PATIENCE) for _ in range(EIGHT - 1)] and None


def test_of_many_who_ask_at_once_one_has_the_answer_made(until_seven_wait: Callable[[], None]) -> None:
    shop = Counting()
    shop.meanwhile = until_seven_wait
    told = asyncio.run(crowd(shared(shop, seconds=1, threads=1)))  # who waits takes no thread
    assert {answer.body for answer in told} == {b"answer 1"}
    assert len(shop.seen) == 1
    assert len({answer.headers["x-request-id"] for answer in told}) == EIGHT
    assert "request-1" in {answer.headers["x-request-id"] for answer in told}, "that of the line in the log"


def test_control_without_the_cache_everybody_has_one_made() -> None:
    shop = Counting()
    asyncio.run(crowd(shared(shop, seconds=0)))
    assert len(shop.seen) == EIGHT


def test_when_the_one_fails_everybody_asks_for_themselves(until_seven_wait: Callable[[], None]) -> None:
    shop = Counting(status="500 Internal Server Error")
    shop.meanwhile = lambda: until_seven_wait() if len(shop.seen) == 1 else None
    told = asyncio.run(crowd(shared(shop, seconds=1)))
    assert {answer.body for answer in told} == {f"answer {number}".encode() for number in range(1, EIGHT + 1)}


def test_who_waits_for_a_thread_is_told_what_was_made_meanwhile() -> None:
    shop = Counting()
    pages = shared(shop, threads=1)

    async def asked_while_the_only_thread_is_taken() -> list[Told]:
        async with pages._bridge.turn("192.0.2.9"):
            waiting = [asyncio.ensure_future(asked(pages, "/")) for _ in range(3)]
            for _ in waiting:  # each takes one step to its place in the line
                await asyncio.sleep(0)
            assert pages._bridge._turns.waiting == len(waiting)
        return await asyncio.gather(*waiting)

    told = asyncio.run(asked_while_the_only_thread_is_taken())
    assert ([answer.body for answer in told], len(shop.seen)) == ([b"answer 1"] * 3, 1)


def test_nobody_joins_an_answer_that_is_made_of_facts_older_than_a_second(clock: Clock) -> None:
    shop, begun, goes_on = Counting(), threading.Event(), threading.Event()
    pages = shared(shop, seconds=1)

    def slowly() -> None:
        if len(shop.seen) == 1:
            begun.set()
            goes_on.wait(PATIENCE)

    async def one_after_the_other() -> list[bytes]:
        first = asyncio.ensure_future(asked(pages, "/"))
        await asyncio.to_thread(begun.wait, PATIENCE)
        clock.now += 1.1
        second = await asked(pages, "/")
        goes_on.set()
        return [(await first).body, second.body, (await asked(pages, "/")).body]

    shop.meanwhile = slowly
    told = asyncio.run(one_after_the_other())
    assert told == [b"answer 1", b"answer 2", b"answer 2"], "the older answer has not taken the newer one's place"


@pytest.mark.parametrize("status", ["404 Not Found", "301 Moved", "400 Bad Request", "503 Service Unavailable"])
def test_only_what_went_well_is_kept(status: str) -> None:
    pages = shared(Counting(status=status), seconds=1)
    assert [ask(pages, "/").body, ask(pages, "/").body] == [b"answer 1", b"answer 2"]


def test_a_crawler_cannot_fill_the_memory_nor_push_out_what_is_asked_for_again_and_again() -> None:
    shop = Counting(size=100_000)
    pages = shared(shop)
    for number in range(1000):
        ask(pages, "/")
        ask(pages, "/api/v1/drops", QUERY_STRING=f"cursor={number}")
    assert len(pages._kept) <= page_cache.ENTRIES
    assert pages._bytes == sum(answer.size for _, answer in pages._kept.values()) <= page_cache.BYTES
    assert len(shop.seen) == 1001
    assert pages._flights == {}


def test_an_answer_of_more_than_a_megabyte_is_not_kept() -> None:
    pages = shared(Counting(size=page_cache.MAX_ANSWER_BYTES + 1))
    ask(pages, "/")
    assert len(pages._kept) == 0


def test_head_is_told_the_same_without_the_body() -> None:
    shop = Counting()
    pages = shared(shop)
    head, get = ask(pages, "/", REQUEST_METHOD="HEAD"), ask(pages, "/")
    assert (head.body, get.body, len(shop.seen)) == (b"", b"answer 1", 1)
    assert head.headers["content-length"] == get.headers["content-length"] == "8"


@pytest.mark.parametrize(
    ("has", "status"),
    [('W/"abc"', 304), ('"x", "abc"', 304), ("*", 304), ('W/"old"', 200)],
)
def test_who_has_it_already_is_told_so(has: str, status: int) -> None:
    pages = shared(Counting(headers=[("ETag", 'W/"abc"'), ("Cache-Control", "private, no-cache")]))
    for _ in range(2):
        told = ask(pages, "/api/v1/drops/moss", HTTP_IF_NONE_MATCH=has)
        assert told.status == status
        assert (told.headers["etag"], told.headers["cache-control"]) == ('W/"abc"', "private, no-cache")
        assert ("content-type" in told.headers, bool(told.body)) == ((status == 200),) * 2


LONG = b"A drop page, as long as they are. " * 100


def page(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """Says twice when it was told, at an end and in the middle."""
    start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("ETag", '"one"'), ("X-Request-ID", "first")])
    return [LONG, b'<main data-server-time="">', LONG, b'{"server_time":""}']


def test_a_browser_is_told_the_same_compressed_with_the_time_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = shared(page)
    told = []
    for minute in range(2):
        moment = datetime(2026, 6, 1, 10, minute, tzinfo=UTC)
        monkeypatch.setattr(shared_response, "estimated_database_time", lambda moment=moment: moment)
        plain, packed = ask(pages, "/"), ask(pages, "/", HTTP_ACCEPT_ENCODING="br, gzip")
        assert gzip.decompress(packed.body) == plain.body
        assert plain.body.count(f"2026-06-01T10:0{minute}:00Z".encode()) == 2
        assert (packed.headers["content-encoding"], int(packed.headers["content-length"])) == ("gzip", len(packed.body))
        assert len(packed.body) < len(plain.body) / 10
        told.append(packed)
    assert ("accept-encoding" in told[0].headers["vary"].lower(), told[0].headers["etag"]) == (True, 'W/"one"')
    assert ask(pages, "/", HTTP_ACCEPT_ENCODING="gzip", HTTP_IF_NONE_MATCH='W/"one"').headers["etag"] == 'W/"one"'
    assert ask(pages, "/", HTTP_IF_NONE_MATCH='W/"one"').headers["etag"] == '"one"'
    assert "content-encoding" not in ask(pages, "/", HTTP_ACCEPT_ENCODING="gzip", REQUEST_METHOD="HEAD").headers


def test_an_answer_that_is_there_takes_no_thread() -> None:
    pages = shared(Counting(), threads=1)
    ask(pages, "/")

    async def asked_while_no_thread_is_free() -> Told:
        async with pages._bridge.turn("192.0.2.9"):
            return await asyncio.wait_for(asked(pages, "/"), PATIENCE)

    assert asyncio.run(asked_while_no_thread_is_free()).body == b"answer 1"
