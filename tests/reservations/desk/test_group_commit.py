"""The desk's group commit by itself: who waits for whom, in which order, and when it says busy."""

import asyncio
import uuid

import pytest

from dropshop.core.errors import Busy
from reservations.desk.group_commit import MAX_BATCH, MAX_LINES, MIN_BATCH, MIN_WAITING, Batcher, GroupCommit
from tests.harness.patience import PATIENCE, until
from tests.reservations.desk.clerk import DROP, ask_all

pytestmark = pytest.mark.django_db  # the desk's threads close their connections


def test_lines_in_which_nobody_waits_are_forgotten_beyond_some(clerk):
    async def scene():
        desk = GroupCommit()
        counter = Batcher(desk, clerk, rank=1)
        for number in range(MAX_LINES + 50):
            assert await counter.ask(uuid.UUID(int=number), number) == f"answer to {number}"
        desk.stop()
        return len(counter._lines)

    clerk.may_go.set()
    assert asyncio.run(scene()) <= MAX_LINES


def test_a_lone_shopper_is_a_batch_of_one(clerk):
    assert ask_all(clerk, ["a"]) == ["answer to a"]
    assert clerk.batches == [["a"]]


def test_those_who_arrive_during_a_commit_are_the_next_batch_in_their_order(clerk):
    assert ask_all(clerk, list("abcd")) == [f"answer to {wish}" for wish in "abcd"]
    assert clerk.batches == [["a"], ["b", "c", "d"]]


def test_a_batch_has_an_upper_size(clerk):
    ask_all(clerk, range(1 + MIN_WAITING))
    assert [len(batch) for batch in clerk.batches] == [1, *[MAX_BATCH] * (MIN_WAITING // MAX_BATCH)]


def test_a_crowd_is_divided_so_that_one_half_is_read_while_the_other_is_committed(clerk):
    ask_all(clerk, range(1 + 3 * MIN_BATCH))
    first, one_half, other_half = (len(batch) for batch in clerk.batches)
    assert first == 1
    assert abs(one_half - other_half) <= 2


def test_beyond_a_second_of_work_the_desk_says_busy_at_once(clerk):
    answers = ask_all(clerk, range(MIN_WAITING + 3))
    assert [type(answer) for answer in answers[-2:]] == [Busy, Busy]
    assert sum(isinstance(answer, Busy) for answer in answers) == 2


def test_who_hangs_up_takes_nothing_back(clerk):
    async def scene():
        desk = GroupCommit()
        counter = Batcher(desk, clerk, rank=1)
        first = asyncio.create_task(counter.ask(DROP, "a"))
        await until(clerk.called.is_set)
        second = asyncio.create_task(counter.ask(DROP, "b"))
        third = asyncio.create_task(counter.ask(DROP, "c"))
        await asyncio.sleep(0)  # both have joined the line
        second.cancel()
        clerk.may_go.set()
        answers = await asyncio.gather(first, third)
        desk.stop()
        return answers

    assert asyncio.run(scene()) == ["answer to a", "answer to c"]
    assert clerk.batches == [["a"], ["b", "c"]]


def test_the_lower_rank_goes_first_when_all_threads_are_busy(clerk):
    """Holders' purchases before new reserves: of the lines that wait for a thread, those of rank 0 come first."""
    served = []

    def note(name):
        def serve(drop_id, wishes, known, nearly_done):
            clerk.called.set()
            clerk.may_go.wait(PATIENCE)
            served.append(name)
            return wishes

        return serve

    async def scene():
        desk = GroupCommit(threads=1)
        reserving, buying = Batcher(desk, note("reserve"), rank=1), Batcher(desk, note("buy"), rank=0)
        asked = [asyncio.create_task(reserving.ask(uuid.uuid4(), "a")) for _ in range(3)]
        await until(clerk.called.is_set)
        asked.append(asyncio.create_task(buying.ask(DROP, "b")))
        await asyncio.sleep(0)  # it has joined its line
        clerk.may_go.set()
        await asyncio.gather(*asked)
        desk.stop()

    asyncio.run(scene())
    assert served == ["reserve", "buy", "reserve", "reserve"]


def test_a_line_that_is_asked_again_and_again_does_not_keep_another_drop_waiting(clerk):
    served = []

    def serve(drop_id, wishes, known, nearly_done):
        served.append(drop_id)
        return wishes

    async def scene():
        desk, other = GroupCommit(threads=1), uuid.uuid4()
        counter = Batcher(desk, serve, rank=1)

        async def again():
            for _ in range(5):
                await counter.ask(DROP, "a")

        crowd = [asyncio.create_task(again()) for _ in range(4)]
        await asyncio.sleep(0)
        await counter.ask(other, "b")
        await asyncio.gather(*crowd)
        desk.stop()
        return other

    other = asyncio.run(scene())
    assert other in served[:3]


def test_threads_beside_the_loop_are_decided_together_too(clerk):
    """The ordinary views, which check bearer tokens and sessions, run in threads of the same process."""

    async def scene():
        desk, loop = GroupCommit(), asyncio.get_running_loop()
        counter = Batcher(desk, clerk, rank=1)
        first = asyncio.create_task(asyncio.to_thread(counter.ask_from_thread, loop, DROP, "a"))
        await until(clerk.called.is_set)
        others = [asyncio.create_task(asyncio.to_thread(counter.ask_from_thread, loop, DROP, wish)) for wish in "bcd"]
        await until(lambda: len(counter._lines[DROP]._waiting) == 3)
        clerk.may_go.set()
        answers = await asyncio.gather(first, *others)
        desk.stop()
        return answers

    assert asyncio.run(scene()) == [f"answer to {wish}" for wish in "abcd"]
    assert sorted(map(sorted, clerk.batches)) == [["a"], ["b", "c", "d"]]


def test_a_wish_that_must_be_heard_joins_a_full_line():
    """Money may have been set aside for it: it is decided like those before it."""

    async def scene():
        desk = GroupCommit()
        counter = Batcher(desk, lambda drop_id, wishes, known, nearly_done: wishes, rank=1)
        waiting = [asyncio.create_task(counter.ask(DROP, number)) for number in range(MIN_WAITING)]
        await asyncio.sleep(0)
        assert counter.is_full(DROP)
        with pytest.raises(Busy):
            await counter.ask(DROP, "new")
        assert await counter.ask(DROP, "back from the bank", even_if_full=True) == "back from the bank"
        await asyncio.gather(*waiting)
        desk.stop()

    asyncio.run(scene())
