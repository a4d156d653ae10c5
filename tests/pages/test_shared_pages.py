"""The shared pages of real processes: what visitors are told, how old it may be, and who never sees it."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from drops.stock.counters import adjust
from dropshop.core.clock import database_time
from tests.harness.open_shops import OpenShops
from tests.harness.patience import PATIENCE
from tests.harness.shop import Shop
from tests.make import make_drop, make_member, make_reservation
from tests.shopper import Shopper

OpenShop = Callable[..., Shop]
MINUTE = {"PAGE_CACHE_SECONDS": "60"}

PLAIN = {"Accept-Encoding": "identity"}  # the bytes as they were made


@pytest.fixture(scope="module")
def shop(open_shops: OpenShops) -> Iterator[Shop]:
    """Its pages are shared for a minute, so that whatever leaks is seen."""
    with open_shops.borrowed(celery=(), env=MINUTE) as shop:
        yield shop


def set_total(drop: Any, staff: Any, total: int) -> None:
    adjust(drop.sizes.get().pk, total=total, reason="Counted again", by=staff)


def addresses(drop: Any) -> list[str]:
    api = "/api/v1/drops"
    return ["/", drop.get_absolute_url(), api, f"{api}/live", f"{api}/upcoming", f"{api}/{drop.pk}", f"{api}/{drop.slug}"]


def test_visitors_share_every_address_on_which_drops_are_looked_at(shop: Shop) -> None:
    drop = make_drop(5)
    with (
        httpx.Client(base_url=shop.url, timeout=PATIENCE) as visitor,
        httpx.Client(base_url=shop.url, timeout=PATIENCE) as other,
    ):
        before = {path: visitor.get(path) for path in addresses(drop)}
        set_total(drop, make_member(), 7)
        for path, first in before.items():
            second = other.get(path)
            assert first.status_code == second.status_code == 200
            assert without_time(second) == without_time(first), path
            own = {"x-request-id", "date", "content-length"}
            assert {name: value for name, value in second.headers.items() if name not in own} == {
                name: value for name, value in first.headers.items() if name not in own
            }
            assert second.headers["X-Request-ID"] != first.headers["X-Request-ID"]
            assert "Set-Cookie" not in first.headers


def without_time(answer: httpx.Response) -> str:
    return re.sub(r'(server.time"?[:=]")[^"]*', r"\1", answer.text)


def test_members_and_visitors_are_never_told_what_the_other_is(shop: Shop) -> None:
    drop, alice = make_drop({"9": 3, "10": 3}), make_member("alice-of-the-canary")
    make_reservation(alice, drop, "9")
    with Shopper(shop.url, alice) as hers, httpx.Client(base_url=shop.url, timeout=PATIENCE) as visitor:
        for path in (drop.get_absolute_url(), "/"):
            for page in (hers.get(path), hers.get(path)):  # before any visitor, and once more
                assert "alice-of-the-canary" in page.text
            for page in (visitor.get(path), visitor.get(path)):
                assert "alice-of-the-canary" not in page.text
                assert "csrfmiddlewaretoken" not in page.text
                assert "Sign in" in page.text
            assert "alice-of-the-canary" in hers.get(path).text
        assert "Size 9 is yours" in hers.get(drop.get_absolute_url()).text
        assert "Sign in to reserve" in visitor.get(drop.get_absolute_url()).text


def test_members_see_a_members_drop_and_visitors_never_do(shop: Shop) -> None:
    drop = make_drop({"9": 3, "10": 3}, access="members")
    path = f"/api/v1/drops/{drop.pk}"
    with Shopper(shop.url, make_member()) as hers, httpx.Client(base_url=shop.url, timeout=PATIENCE) as visitor:
        seen = [len(client.get(path).json()["sizes"]) for client in (hers, visitor, hers, visitor, visitor)]
    assert seen == [2, 0, 2, 0, 0]


def test_the_time_on_a_shared_page_is_the_time_of_telling_by_the_databases_clock(shop: Shop) -> None:
    drop = make_drop(1)
    with httpx.Client(base_url=shop.url, headers=PLAIN, timeout=PATIENCE) as visitor:
        for path in (drop.get_absolute_url(), f"/api/v1/drops/{drop.pk}"):
            begun, first, made = database_time(), visitor.get(path), database_time()
            before, page, after = database_time(), visitor.get(path), database_time()
            # What the process knows of the database's clock is as far off both times.
            assert before - made < time_of(page) - time_of(first) < after - begun
            assert int(page.headers["Content-Length"]) == len(page.content)


def time_of(page: httpx.Response) -> datetime:
    (said,) = re.findall(r'(?:data-server-time=|"server_time":)"([^"]+)"', page.text)
    return datetime.fromisoformat(said)


def test_a_poll_is_told_that_nothing_has_changed_without_asking_the_database(shop: Shop) -> None:
    drop = make_drop(1)
    with httpx.Client(base_url=shop.url, timeout=PATIENCE) as visitor:
        first = visitor.get(f"/api/v1/drops/{drop.pk}")
        again = visitor.get(f"/api/v1/drops/{drop.pk}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


def test_head_is_answered_too(shop: Shop) -> None:
    drop = make_drop(1)
    head, page = (ask(shop.url + drop.get_absolute_url(), headers=PLAIN) for ask in (httpx.head, httpx.get))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == page.headers["Content-Length"]


def seen_a_second_after_each_change(shop: Shop, changes: int) -> list[int]:
    """By how many pairs the page was behind, each time a second after the total had been changed."""
    drop, staff, behind = make_drop(1), make_member(is_staff=True), []
    path, over = f"{shop.url}/api/v1/drops/{drop.pk}", threading.Event()

    def crowd() -> None:
        with httpx.Client(timeout=PATIENCE) as visitor:
            while not over.wait(0.02):  # the shared answer is always there, and of any age
                visitor.get(path)

    onlookers = [threading.Thread(target=crowd) for _ in range(2)]
    for onlooker in onlookers:
        onlooker.start()
    try:
        for total in range(2, 2 + changes):
            set_total(drop, staff, total)
            time.sleep(1)
            behind.append(total - httpx.get(path, timeout=PATIENCE).json()["sizes"][0]["total"])
            time.sleep(total * 0.13 % 1)
    finally:
        over.set()
        for onlooker in onlookers:
            onlooker.join()
    return behind


def test_who_asks_a_second_after_a_change_is_told_of_it(open_shop: OpenShop) -> None:
    assert seen_a_second_after_each_change(open_shop(celery=()), changes=5) == [0] * 5


def test_control_a_longer_memory_is_found_out(open_shop: OpenShop) -> None:
    assert any(seen_a_second_after_each_change(open_shop(celery=(), env={"PAGE_CACHE_SECONDS": "3"}), changes=3))


def test_switched_off_every_page_is_of_the_moment(open_shop: OpenShop) -> None:
    shop = open_shop(celery=(), env={"PAGE_CACHE_SECONDS": "0"})
    drop, staff = make_drop(1), make_member(is_staff=True)
    for total in range(2, 8):
        set_total(drop, staff, total)
        assert httpx.get(f"{shop.url}/api/v1/drops/{drop.pk}", timeout=PATIENCE).json()["sizes"][0]["total"] == total
