"""Neighbours that end, say nothing, have enough to do, or stood still: nobody waits for them, nobody is decided for twice."""

import asyncio
import os
import socket
import threading
from collections import Counter
from functools import partial
from types import SimpleNamespace

import pytest

from reservations.desk import neighbours
from reservations.desk.group_commit import BatchKind, BatchQueue
from reservations.desk.neighbours import Asker
from tests.harness.patience import PATIENCE, until
from tests.reservations.desk.live_process import DROPS, Process, acquainted, play

pytestmark = pytest.mark.django_db  # the desk's threads close their connections


def test_a_wish_whose_owner_is_gone_is_decided_by_whoever_has_it(tmp_path):
    """The owner has taken it, and ends without a word."""

    async def scene(first, second):
        drop = next(drop for drop in DROPS if second.owns(drop))
        asked = asyncio.create_task(first.ask(drop, "me"))
        for asker in tuple(second.hand_over.neighbours._askers):
            asker._serve = lambda words, asker, tell: asker.hang_up()
        assert await asked == "answer to me"
        assert (first.decided, second.decided) == (Counter({drop: 1}), Counter())
        await acquainted(first, second)  # it was there all the time

    play(tmp_path, scene)


def test_an_owner_that_says_nothing_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(neighbours, "LOOK_EVERY", 0.01)

    async def scene(first, second):
        drop = next(drop for drop in DROPS if second.owns(drop))
        with monkeypatch.context() as silent:
            silent.setattr(Asker, "heard", lambda asker, messages: None)
            silent.setattr(Asker, "show_life", lambda asker: None)
            assert await asyncio.gather(*(first.ask(drop, "me") for _ in range(3))) == ["answer to me"] * 3
            assert first.there == []
            assert await first.ask(drop, "again") == "answer to again"
        assert (first.decided[drop], second.decided[drop]) == (4, 0)

    play(tmp_path, scene)


def test_control_without_looking_after_it_a_silent_owner_keeps_everybody_waiting(tmp_path, monkeypatch):
    monkeypatch.setattr(neighbours, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(neighbours, "MAX_SILENT_LOOKS", float("inf"))

    async def scene(first, second):
        drop = next(drop for drop in DROPS if second.owns(drop))
        looks = Counter()
        monkeypatch.setattr(Asker, "heard", lambda asker, messages: looks.update(seen=1))
        asked = asyncio.create_task(first.ask(drop, "me"))
        await until(lambda: looks["seen"] > 20)
        assert not asked.done()
        asked.cancel()

    play(tmp_path, scene)


def test_an_owner_whose_database_is_slow_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(neighbours, "LOOK_EVERY", 0.01)

    async def scene(first, second):
        drop = next(drop for drop in DROPS if second.owns(drop))
        may_go, looks, heard = threading.Event(), Counter(), Asker.heard
        monkeypatch.setattr(Asker, "heard", lambda asker, messages: looks.update(seen=1) or heard(asker, messages))
        second.look_up = lambda drop_id, wishes: may_go.wait(PATIENCE) and [None] * len(wishes)
        second.batcher._lines.clear()
        second.batcher._open = partial(
            BatchQueue, second.desk, BatchKind(second.serve, second.look_up, lambda wish, error: error, 1)
        )
        asked = asyncio.create_task(first.ask(drop, "me"))
        await until(lambda: looks["seen"] > 3 * neighbours.MAX_SILENT_LOOKS)
        may_go.set()
        assert await asked == "answer to me"
        assert (first.decided[drop], second.decided[drop]) == (0, 1)

    play(tmp_path, scene)


def test_what_is_too_much_for_the_owner_is_decided_here(tmp_path, monkeypatch):
    monkeypatch.setattr(neighbours, "MAX_ASKED", 3)

    async def scene(first, second):
        drop = next(drop for drop in DROPS if second.owns(drop))
        assert await asyncio.gather(*(first.ask(drop, "me") for _ in range(5))) == ["answer to me"] * 5
        assert (first.decided[drop], second.decided[drop]) == (2, 3)

    play(tmp_path, scene)


@pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "control"])
def test_nobody_decides_for_a_process_that_has_given_it_up(tmp_path, monkeypatch, is_guarded):
    """What stood still finds wishes in its connections that were answered elsewhere long ago. The control: nobody looks."""
    if not is_guarded:
        monkeypatch.setattr(Asker, "has_hung_up", lambda asker: False)

    async def scene(first, second):
        drop = next(drop for drop in DROPS if second.owns(drop))
        late, heard = [], Asker.heard
        monkeypatch.setattr(Asker, "heard", lambda asker, messages: late.append((asker, messages)))
        asked = asyncio.create_task(first.ask(drop, "me"))
        await until(lambda: late)
        first.hand_over.neighbours._known["b"].hang_up()
        assert await asked == "answer to me"
        monkeypatch.setattr(Asker, "heard", heard)
        for asker, messages in late:
            asker.is_lost = False  # it has read the wish and not yet what came after it
            asker.heard(messages)
        await second.ask(drop, "myself")
        assert second.decided[drop] == (1 if is_guarded else 2)

    play(tmp_path, scene)


def test_an_end_is_known_before_what_came_ahead_of_it_is_read():
    ours, theirs = socket.socketpair()
    asker = Asker.__new__(Asker)
    asker.is_lost, asker.transport = False, SimpleNamespace(get_extra_info=lambda name: ours)
    theirs.sendall(b"a wish")
    assert not asker.has_hung_up()
    theirs.close()
    assert asker.has_hung_up()
    assert ours.recv(100) == b"a wish"
    ours.close()
    assert asker.has_hung_up()


def test_the_address_of_a_process_that_was_killed_is_cleared_away(tmp_path):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "killed"))

    async def scene(*processes):
        assert sorted(os.listdir(tmp_path)) == ["a", "b"]

    play(tmp_path, scene)
    assert os.listdir(tmp_path) == []


def test_nobody_else_enters_the_folder_and_its_path_may_be_long(tmp_path):
    folder = tmp_path / ("a folder with a long name " * 5) / "desk"

    async def scene(first, second):
        assert folder.stat().st_mode & 0o777 == 0o700

    play(folder, scene)


def test_where_the_folder_cannot_be_used_each_decides_alone_and_says_so(tmp_path, caplog):
    (tmp_path / "file").write_text("")

    async def scene():
        process = Process(tmp_path / "file", "a")
        await process.hand_over.start()
        assert await process.ask(DROPS[0], "me") == "answer to me"
        await process.stop()

    asyncio.run(scene())
    assert "nothing is handed over" in caplog.text
