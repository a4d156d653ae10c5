"""Hundreds of sockets on one real process (32)."""

import asyncio
import json
import random
from contextlib import suppress

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dropshop.core.live.threads import DatabaseThreads
from tests.harness.patience import PATIENCE
from tests.make import make_drop

from .browsers import reserve

pytestmark = pytest.mark.usefixtures("told_to_the_shop")


class Crowd:
    """Many sockets in one event loop, each remembering the versions it saw; all watch one drop."""

    def __init__(self, shop, drop, size: int) -> None:
        self.shop, self.drop = shop, drop
        self.seen: list[list[int]] = [[] for _ in range(size)]

    async def __aenter__(self) -> "Crowd":
        self._tasks = [asyncio.create_task(self._watch(versions)) for versions in self.seen]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch(self, versions: list[int]) -> None:
        while True:
            with suppress(ConnectionClosed, InvalidStatus, OSError, TimeoutError):
                url = self.shop.url
                async with connect(url.replace("http", "ws") + "/ws/live/", origin=url, compression=None) as socket:
                    await socket.send(json.dumps({"type": "join-drop", "drop": str(self.drop.pk)}))
                    while True:
                        versions.extend(versions_in(json.loads(await socket.recv())))
            await asyncio.sleep(random.uniform(0.1, 1.0))  # the jitter of the shop's own script

    async def until_all(self, condition) -> None:
        async with asyncio.timeout(PATIENCE):
            while not all(condition(versions) for versions in self.seen):
                await asyncio.sleep(0.05)
                for task in self._tasks:
                    assert not task.done() or task.result()


def versions_in(message: dict) -> list[int]:
    """What the message tells of the version of the drop's only size."""
    return [row["version"] for row in message.get("sizes", [message]) if "version" in row]


def test_32_two_hundred_sockets_are_cut_and_return_and_no_version_goes_backwards(shop):
    drop, threads = make_drop({"9": 500}), DatabaseThreads()

    async def live_through() -> None:
        async with Crowd(shop, drop, 200) as crowd:
            await crowd.until_all(bool)
            await threads.run(reserve, drop)
            await crowd.until_all(lambda versions: versions[-1] > versions[0])
            shop.kill("web1")
            await threads.run(reserve, drop)
            shop.restart("web1")
            truth = await threads.run(reserve, drop)
            await crowd.until_all(lambda versions: versions[-1] == truth)
            assert all(versions == sorted(versions) for versions in crowd.seen)

    asyncio.run(live_through())
    threads.stop()


def test_a_thousand_sockets_on_one_process_see_a_change(shop):
    drop, threads = make_drop({"9": 500}), DatabaseThreads()

    async def live_through() -> None:
        async with Crowd(shop, drop, 1000) as crowd:
            await crowd.until_all(bool)
            await threads.run(reserve, drop)
            await crowd.until_all(lambda versions: versions[-1] > versions[0])
            assert all(len(versions) == 2 for versions in crowd.seen)

    asyncio.run(live_through())
    threads.stop()
