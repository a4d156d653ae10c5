"""Publishing: after the commit and only then, at no cost to the caller, whatever Redis does."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
import redis
from channels.layers import channel_layers
from django.db import transaction

from dropshop.core import live
from dropshop.core.live import publisher
from tests.harness.patience import PATIENCE

from .browsers import fact


class Listener:
    """What arrives in the group, heard without any code of the hub's."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url, self._channel = url, f"{prefix}__group__{publisher.GROUP}"
        self._layer = channel_layers.make_backend("default")
        self._heard: deque[dict] = deque()
        self.connect()

    def connect(self) -> None:
        self._client = redis.Redis.from_url(self._url)
        self._pubsub = self._client.pubsub(ignore_subscribe_messages=False)
        self._pubsub.subscribe(self._channel)
        assert self._pubsub.get_message(timeout=PATIENCE)["type"] == "subscribe"

    def close(self) -> None:
        self._pubsub.close()
        self._client.close()

    def next(self) -> dict:
        """The next event; fails when none comes."""
        if not self._heard:
            message = self._pubsub.get_message(timeout=PATIENCE)
            assert message is not None, "nothing was published"
            for _, drop, text in self._layer.deserialize(message["data"])["letters"]:
                event = json.loads(text)
                assert event.get("drop") == drop, "wrongly addressed"
                self._heard.append(event)
        return self._heard.popleft()

    def until(self, last: dict) -> list[dict]:
        """Every event up to and including `last`."""
        heard = [self.next()]
        while heard[-1] != last:
            heard.append(self.next())
        return heard


@pytest.fixture
def listener(valkey, settings) -> Iterator[Listener]:
    listener = Listener(valkey.url, settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"])
    yield listener
    listener.close()


LAST = {"type": "purchase-created", "drop": "z", "buyer": "someone"}  # sales go out after everything else


@pytest.mark.django_db(transaction=True)
def test_an_event_goes_out_after_the_commit_and_not_before(sender, listener):
    with transaction.atomic():
        live.publish_on_commit(fact("a", "9", 1))
        live.publish(LAST)  # at once: it overtakes
        assert listener.next() == LAST

    assert listener.next() == fact("a", "9", 1)


@pytest.mark.django_db(transaction=True)
def test_a_rollback_publishes_nothing(sender, listener):
    class ChangedMyMind(Exception):
        pass

    @transaction.atomic
    def change_stock() -> None:
        live.publish_on_commit(fact("a", "9", 1))
        raise ChangedMyMind

    with pytest.raises(ChangedMyMind):
        change_stock()
    live.publish_on_commit(LAST)

    assert listener.until(LAST) == [LAST]


@pytest.mark.django_db(transaction=True)
def test_an_inner_rollback_takes_back_its_own_event_alone(sender, listener):
    @transaction.atomic
    def fail() -> None:
        live.publish_on_commit(fact("a", "10", 1))
        raise ZeroDivisionError

    with transaction.atomic():
        live.publish_on_commit(fact("a", "9", 1))
        with pytest.raises(ZeroDivisionError):
            fail()
    live.publish_on_commit(LAST)

    assert listener.until(LAST) == [fact("a", "9", 1), LAST]


def test_what_cannot_be_written_as_json_is_logged_and_does_not_stop_the_rest(sender, listener, caplog):
    live.publish({"type": "notification", "to": "m", "text": object()})
    live.publish(LAST)

    assert listener.until(LAST) == [LAST]
    assert "cannot be written as JSON" in caplog.text


def test_the_thread_is_woken_once_until_it_has_taken_what_waits_and_then_again():
    """In place of the thread, this test takes; nothing that was put in before a `_take` waits for another call."""
    woken: list[Callable[[], None]] = []
    sender = publisher.Publisher()
    sender._thread, sender._wake = threading.current_thread(), asyncio.Event()
    sender._loop = SimpleNamespace(call_soon_threadsafe=woken.append)
    for version in range(100):
        sender.put(fact("a", "9", version), fact("a", "10", version))
    assert woken == [sender._wake.set]
    assert [waiting.event["version"] for waiting in sender._take()] == [99, 99]
    sender.put(fact("a", "9", 100))
    assert woken == [sender._wake.set] * 2
    assert [waiting.event["version"] for waiting in sender._take()] == [100]


@pytest.fixture
def pause(sender, monkeypatch) -> Callable[[], threading.Event]:
    """Call it and the sender takes nothing from its queue until the event that it returns is set."""
    may_take, waiting, take = threading.Event(), threading.Event(), sender._take
    may_take.set()

    def take_when_allowed():
        if not may_take.is_set():
            waiting.set()
            assert may_take.wait(PATIENCE)
        return take()

    def pause() -> threading.Event:
        may_take.clear()
        assert waiting.wait(PATIENCE)
        return may_take

    monkeypatch.setattr(sender, "_take", take_when_allowed)
    return pause


def test_while_redis_is_away_the_caller_neither_waits_nor_fails_and_the_newest_fact_arrives_later(
    sender, listener, valkey, pause
):
    live.publish(LAST)
    assert listener.next() == LAST
    listener.close()
    valkey.stop()

    for version in range(1000):
        live.publish(fact("a", "9", version))
    assert not live.flush(timeout=0.3)
    assert len(sender._pending) <= 1

    resume = pause()  # what goes out before the listener is back would not be heard
    valkey.start()
    listener.connect()
    resume.set()
    assert listener.next()["version"] == 999
    assert live.flush(timeout=PATIENCE)


def test_while_redis_hangs_the_caller_does_not_wait(sender, listener, valkey):
    live.publish(LAST)
    assert listener.next() == LAST
    valkey.child.freeze()

    done = threading.Event()
    caller = threading.Thread(target=lambda: ([live.publish(fact("a", "9", n)) for n in range(1000)], done.set()))
    caller.start()
    assert done.wait(PATIENCE)
    caller.join()
    assert not live.flush(timeout=0.1)

    valkey.child.thaw()
    while listener.next()["version"] < 999:
        pass


def test_an_event_that_could_not_be_told_for_five_seconds_is_no_news_but_a_fact_stays_true(sender, listener, monkeypatch):
    now = time.monotonic()
    monkeypatch.setattr(publisher, "time", SimpleNamespace(monotonic=lambda: now))  # on its way it does not get any older
    with sender._changed:  # as if Redis had been away
        sender._pending.put({"type": "reservation-created", "to": "m"}, since=now - 6)
        sender._pending.put(fact("a", "9", 1) | {"server_time": "2030-01-01T12:00:00Z"}, since=now - 6)
    live.publish(LAST)

    late, _ = listener.until(LAST)
    assert (late["type"], late["version"]) == ("stock-updated", 1)
    assert late["server_time"].startswith("2030-01-01T12:00:06")
    assert late["server_time"].endswith("Z")


def test_a_forked_child_publishes_and_so_does_its_parent(sender, listener):
    live.publish(LAST)
    assert listener.next() == LAST

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # from 3.12 on Python warns of what is tested here
        child = os.fork()
    if child == 0:
        live.publish(fact("child", "9", 1))
        os._exit(0 if live.flush(timeout=PATIENCE) else 1)
    assert os.waitpid(child, 0)[1] == 0
    live.publish(fact("parent", "9", 1))

    assert [listener.next()["drop"], listener.next()["drop"]] == ["child", "parent"]


def test_a_command_that_ends_at_once_has_published(listener, settings):
    config = settings.CHANNEL_LAYERS
    code = f"""
from django.conf import settings
settings.configure(CHANNEL_LAYERS={config!r})
from dropshop.core import live
live.publish({LAST!r})
"""
    by_name = code.replace("127.0.0.1", "localhost")
    subprocess.run([sys.executable, "-c", by_name], check=True, timeout=60)

    assert listener.next() == LAST
