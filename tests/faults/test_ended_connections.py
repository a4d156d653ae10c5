"""Connections that end while PostgreSQL stays up, as after a fail-over or an administrator's pg_terminate_backend."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from typing import Any

import httpx
import psycopg
import pytest
from django.db import OperationalError, connection, connections, transaction
from django.db.utils import ConnectionHandler

from dropshop.core.connections import connect
from dropshop.core.transactions import retrying
from reservations.models import Reservation
from tests.harness.patience import PATIENCE
from tests.harness.shop import Shop
from tests.make import make_drop, make_member
from tests.shopper import Shopper

ENDED = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = ANY(%s)"""
MANY = 8


def end_connections(*names: str) -> int:
    """Of processes that call themselves so."""
    with connect(autocommit=True) as administrator:
        return len(administrator.execute(ENDED, [list(names)]).fetchall())


@pytest.fixture
def pooled(shop: Shop) -> Iterator[Callable[..., Any]]:
    """`pooled(engine)` is a database whose pool has MANY connections, all of them idle, called by the engine."""
    opened = []

    def make(engine: str, **more: Any) -> Any:
        options = {**connection.settings_dict["OPTIONS"], "application_name": engine}
        pool = {"pool": {"min_size": MANY, "max_size": MANY, "timeout": 3}}
        database = ConnectionHandler(
            {"default": {**connection.settings_dict, "ENGINE": engine, "OPTIONS": options | pool, **more}}
        )["default"]
        opened.append(database)
        database.ensure_connection()
        database.close()  # given back to the pool, which is then full
        database.pool.wait()
        return database

    yield make
    for database in opened:
        database.close()
        database.close_pool()


def ask(database: Any) -> int:
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
        (one,) = cursor.fetchone()
    database.close()
    return one


def test_a_pool_whose_connections_have_all_ended_gives_fresh_ones(pooled: Callable[..., Any]) -> None:
    database = pooled("dropshop.core.postgresql")
    assert end_connections("dropshop.core.postgresql") == MANY
    assert [ask(database) for _ in range(10)] == [1] * 10


def test_control_the_pools_own_check_gives_up(pooled: Callable[..., Any]) -> None:
    database = pooled("django.db.backends.postgresql", CONN_HEALTH_CHECKS=True)
    assert end_connections("django.db.backends.postgresql") == MANY
    with pytest.raises(OperationalError, match="couldn't get a connection after"):
        ask(database)


def warm(shop: Shop, shopper: Shopper, paths: list[str]) -> None:
    """Many requests at once, so that the process has many connections."""
    barrier = Barrier(MANY)

    def go(number: int) -> int:
        barrier.wait()
        return httpx.get(f"{shop.url}{paths[number % len(paths)]}", cookies=shopper.cookies, timeout=PATIENCE).status_code

    with ThreadPoolExecutor(MANY) as threads:
        assert set(threads.map(go, range(MANY))) == {200}


@pytest.fixture
def shoppers(shop: Shop) -> Iterator[list[Shopper]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Shopper(shop.url, make_member())) for _ in range(4)]


def test_the_requests_after_all_connections_have_ended_succeed(shop: Shop, shoppers: list[Shopper]) -> None:
    """Of every process: pages, API, desk; the sweeper runs on, and the hub tells."""
    drop = make_drop({"9": 20})
    warm(shop, shoppers[0], ["/orders/", "/closet/", "/notices/", "/karma/"])
    assert end_connections(*shop.names) >= 3
    answers = [shoppers[0].get("/orders/").status_code, shoppers[0].get(f"/api/v1/drops/{drop.pk}").status_code]
    answers += [shopper.reserve(drop, "9").status_code for shopper in shoppers]
    answers += [shoppers[0].get(path).status_code for path in ("/", "/closet/", "/readyz", "/karma/")]
    assert answers == [200, 200, 201, 201, 201, 201, 200, 200, 200, 200]
    assert Reservation.objects.filter(drop=drop).count() == 4


# -- Within a transaction --------------------------------------------------------------------------


@pytest.fixture
def title(shop: Shop) -> Iterator[Callable[..., str]]:
    """Names a new drop anew, while an administrator ends its connection at a moment."""
    drop = make_drop(1)

    def pid() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetchone()[0]

    def end(mine: int) -> None:
        with connect(autocommit=True) as administrator:
            administrator.execute("SELECT pg_terminate_backend(%s, 5000)", [mine])

    tries: list[int] = []

    def name(title: str, *, lost: str) -> str:
        tries.append(0)
        with transaction.atomic():
            mine = pid()
            if lost == "before" and len(tries) == 1:
                end(mine)
            type(drop).objects.filter(pk=drop.pk).update(title=title)
            if lost == "at COMMIT" and len(tries) == 1:
                end(mine)
        return title

    name.tries, name.drop = tries, drop  # type: ignore[attr-defined]
    yield name
    connections["default"].close()


def test_a_deed_whose_connection_ends_before_its_commit_is_done_once_more(title: Any) -> None:
    assert retrying(title)("Another", lost="before") == "Another"
    title.drop.refresh_from_db()
    assert (title.drop.title, len(title.tries)) == ("Another", 2)


def test_a_deed_whose_commit_may_have_been_done_is_not(title: Any) -> None:
    with pytest.raises((OperationalError, psycopg.OperationalError)):
        retrying(title)("Another", lost="at COMMIT")
    assert len(title.tries) == 1
