"""One socket's outbox: written at once while the browser keeps up, in order and bounded when it does not."""

import asyncio
import json
from collections.abc import Callable

import pytest

from dropshop.core.live import viewer as viewer_module
from dropshop.core.live.viewer import FAILED, MAX_OUTBOX, TRY_LATER, Viewer
from tests.harness.patience import PATIENCE, until


def message(number: int) -> dict:
    return {"type": "websocket.send", "text": json.dumps(number)}


class Server:
    """A server's `send`, which waits while the browser takes nothing, as uvicorn's does."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.error: Exception | None = None
        self.given_up = 0
        self.pauses_after: Callable[[int], bool] = lambda number: False

    async def send(self, message: dict) -> None:
        if not self.flowing.is_set():
            self.given_up += 1
            await self.flowing.wait()
            self.given_up -= 1
        if self.error is not None:
            raise self.error
        self.written.append(json.loads(message["text"]))
        if self.pauses_after(self.written[-1]):
            self.flowing.clear()


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def viewer(server) -> Viewer:
    return Viewer(server.send)


async def test_a_message_is_written_before_deliver_returns_and_without_a_task(viewer, server):
    tasks = asyncio.all_tasks()
    for number in range(3):
        viewer.deliver(message(number))

    assert server.written == [0, 1, 2]
    assert asyncio.all_tasks() == tasks


async def test_what_a_slow_browser_could_not_take_follows_in_order_and_later_messages_are_direct_again(viewer, server):
    server.flowing.clear()
    for number in range(5):
        viewer.deliver(message(number))
    assert server.written == []

    server.pauses_after = lambda number: number == 2  # and stops once more on the way
    server.flowing.set()
    await until(lambda: server.written == [0, 1, 2])
    viewer.deliver(message(5))
    await asyncio.sleep(0)
    assert server.written == [0, 1, 2]

    server.flowing.set()
    await until(lambda: server.written == [0, 1, 2, 3, 4, 5])
    tasks = asyncio.all_tasks()
    viewer.deliver(message(6))
    assert server.written[-1] == 6
    assert asyncio.all_tasks() == tasks


async def test_a_message_that_comes_between_the_browsers_return_and_the_writers_waits_its_turn(viewer, server):
    server.flowing.clear()
    viewer.deliver(message(0))
    await asyncio.sleep(0)
    server.flowing.set()  # the task that waits has not run yet

    viewer.deliver(message(1))
    await until(lambda: len(server.written) == 2)

    assert server.written == [0, 1]


async def test_who_is_too_far_behind_is_dismissed_and_nothing_of_it_is_kept(viewer, server):
    server.flowing.clear()
    for number in range(1 + MAX_OUTBOX):
        viewer.deliver(message(number))
    assert not viewer.dismissed.done()

    viewer.deliver(message(-1))

    assert viewer.dismissed.result() == (TRY_LATER, "too slow")
    assert not viewer._outbox
    viewer.deliver(message(-2))
    assert not viewer._outbox


async def test_a_message_that_does_not_leave_is_noticed_and_one_that_has_left_is_forgotten(viewer, server, monkeypatch):
    monkeypatch.setattr(viewer_module, "SEND_TIMEOUT", PATIENCE)
    viewer.deliver(message(0))
    assert not viewer.is_stalled

    server.flowing.clear()
    viewer.deliver(message(1))
    assert not viewer.is_stalled
    monkeypatch.setattr(viewer_module, "SEND_TIMEOUT", 0)
    await until(lambda: viewer.is_stalled)

    server.flowing.set()
    await until(lambda: server.written == [0, 1])
    assert not viewer.is_stalled


async def test_stopping_takes_back_what_is_being_sent(viewer, server):
    server.flowing.clear()
    viewer.deliver(message(0))
    viewer.deliver(message(1))
    await asyncio.sleep(0)

    await viewer.stop()
    server.flowing.set()
    await asyncio.sleep(0)

    assert (server.written, server.given_up) == ([], 1)
    await viewer.stop()


@pytest.mark.parametrize("is_slow", [False, True])
@pytest.mark.parametrize("error", [OSError(), RuntimeError("Unexpected ASGI message"), ValueError("a bug")])
async def test_a_server_that_refuses_ends_the_socket_and_only_a_bug_is_logged(viewer, server, caplog, error, is_slow):
    is_bug = isinstance(error, ValueError)
    server.error = error
    if is_slow:
        server.flowing.clear()
    viewer.deliver(message(0))
    server.flowing.set()

    assert await viewer.dismissed == ((FAILED, "this went wrong on our side") if is_bug else None)
    assert ("a socket failed" in caplog.text) == is_bug
    viewer.deliver(message(1))
    assert server.written == []
