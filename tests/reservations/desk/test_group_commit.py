"""The desk's group commit by itself: who waits for whom, what fails alone, and when it says busy."""

import asyncio
import threading
import uuid

import pytest
from django.db import OperationalError

from dropshop.core.errors import Busy, ConcurrentUpdate, NotFound
from reservations.desk.group_commit import BATCH_MAX, BATCH_MIN, LINES_MAX, WAITING_MIN, Batcher, GroupCommit
from tests.harness.patience import PATIENCE

DROP = uuid.uuid4()
pytestmark = pytest.mark.django_db  # the desk's threads close their connections


class Clerk:
    """Serves when let; remembers every batch."""

    def __init__(self):
        self.batches = []
        self.may_go = threading.Event()
        self.poison = set()
        self.fail_once = False
        self.trouble = None

    def __call__(self, drop_id, wishes, known, nearly_done):
        self.may_go.wait(PATIENCE)
        self.batches.append(list(wishes))
        if self.fail_once:
            self.fail_once = False
            raise OperationalError("the server closed the connection unexpectedly")
        if self.trouble is not None:
            raise self.trouble
        if self.poison & set(wishes):
            raise ZeroDivisionError
        return [f"answer to {wish}" for wish in wishes]


@pytest.fixture
def clerk():
    return Clerk()


def test_lines_in_which_nobody_waits_are_forgotten_beyond_some(clerk):
    async def scene():
        desk = GroupCommit()
        counter = Batcher(desk, clerk, rank=1)
        for number in range(LINES_MAX + 50):
            assert await counter.ask(uuid.UUID(int=number), number) == f"answer to {number}"
        desk.stop()
        return len(counter._lines)

    clerk.may_go.set()
    assert asyncio.run(scene()) <= LINES_MAX


def ask_all(clerk, wishes, *, let_first_in=True):
    """What each wish got; the first is being served while the others arrive."""

    async def scene():
        desk = GroupCommit()
        counter = Batcher(desk, clerk, rank=1)
        asked = []
        for number, wish in enumerate(wishes):
            asked.append(asyncio.create_task(counter.ask(DROP, wish)))
            if number == 0 and let_first_in:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)
        clerk.may_go.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        desk.stop()
        return answers

    return asyncio.run(scene())


def test_a_lone_shopper_is_a_batch_of_one(clerk):
    assert ask_all(clerk, ["a"]) == ["answer to a"]
    assert clerk.batches == [["a"]]


def test_those_who_arrive_during_a_commit_are_the_next_batch_in_their_order(clerk):
    assert ask_all(clerk, list("abcd")) == [f"answer to {wish}" for wish in "abcd"]
    assert clerk.batches == [["a"], ["b", "c", "d"]]


def test_a_batch_has_an_upper_size(clerk):
    ask_all(clerk, range(1 + WAITING_MIN))
    assert [len(batch) for batch in clerk.batches] == [1, *[BATCH_MAX] * (WAITING_MIN // BATCH_MAX)]


def test_a_crowd_is_divided_so_that_one_half_is_read_while_the_other_is_committed(clerk):
    ask_all(clerk, range(1 + 3 * BATCH_MIN))
    first, one_half, other_half = (len(batch) for batch in clerk.batches)
    assert first == 1
    assert abs(one_half - other_half) <= 2


def test_a_poisonous_wish_harms_only_itself(clerk):
    clerk.poison = {"c"}
    first, second, poisoned, last = ask_all(clerk, list("abcd"))
    assert (first, second, last) == ("answer to a", "answer to b", "answer to d")
    assert isinstance(poisoned, Busy)
    assert clerk.batches == [["a"], ["b", "c", "d"], ["b"], ["c"], ["d"]]


def test_an_unknown_outcome_is_asked_about_one_by_one(clerk):
    clerk.fail_once = True
    assert ask_all(clerk, list("abc"), let_first_in=False) == [f"answer to {wish}" for wish in "abc"]
    assert clerk.batches == [["a", "b", "c"], ["a"], ["b"], ["c"]]


@pytest.mark.parametrize(
    ("trouble", "told", "batches"),
    [
        (ConcurrentUpdate(), ConcurrentUpdate, [["a", "b", "c"]]),
        (OperationalError("the connection is lost"), Busy, [["a", "b", "c"], ["a"]]),
    ],
)
def test_what_is_nobodys_fault_is_told_to_all_at_once_instead_of_after_everybodys_own_wait(clerk, trouble, told, batches):
    clerk.trouble = trouble
    assert [type(answer) for answer in ask_all(clerk, list("abc"), let_first_in=False)] == [told] * 3
    assert clerk.batches == batches


def test_what_was_looked_up_for_a_batch_is_not_looked_up_again_for_each(clerk):
    """A limit counts a wish once, also where its batch fails."""
    looked_up = []
    clerk.poison = {"b"}
    clerk.may_go.set()

    def look_up(drop_id, wishes):
        looked_up.append(list(wishes))
        return [wish.upper() for wish in wishes]

    def serve(drop_id, wishes, known, nearly_done):
        assert known == [wish.upper() for wish in wishes]
        return clerk(drop_id, wishes, known, nearly_done)

    async def scene():
        desk = GroupCommit()
        counter = Batcher(desk, serve, look_up=look_up, rank=1)
        answers = await asyncio.gather(*(counter.ask(DROP, wish) for wish in "abc"), return_exceptions=True)
        desk.stop()
        return answers

    first, poisoned, last = asyncio.run(scene())
    assert (first, last) == ("answer to a", "answer to c")
    assert isinstance(poisoned, Busy)
    assert looked_up == [["a", "b", "c"]]


def test_a_lone_wish_is_tried_again_where_the_database_failed_and_only_there(clerk):
    clerk.fail_once = True
    assert ask_all(clerk, ["a"], let_first_in=False) == ["answer to a"]
    clerk.poison = {"b"}
    (poisoned,) = ask_all(clerk, ["b"], let_first_in=False)
    assert isinstance(poisoned, Busy)
    assert clerk.batches == [["a"], ["a"], ["b"]]


def test_beyond_a_second_of_work_the_desk_says_busy_at_once(clerk):
    answers = ask_all(clerk, range(WAITING_MIN + 3))
    assert [type(answer) for answer in answers[-2:]] == [Busy, Busy]
    assert sum(isinstance(answer, Busy) for answer in answers) == 2


def test_who_hangs_up_takes_nothing_back(clerk):
    async def scene():
        desk = GroupCommit()
        counter = Batcher(desk, clerk, rank=1)
        first = asyncio.create_task(counter.ask(DROP, "a"))
        await asyncio.sleep(0.01)
        second = asyncio.create_task(counter.ask(DROP, "b"))
        third = asyncio.create_task(counter.ask(DROP, "c"))
        await asyncio.sleep(0.01)
        second.cancel()
        clerk.may_go.set()
        answers = await asyncio.gather(first, third)
        desk.stop()
        return answers

    assert asyncio.run(scene()) == ["answer to a", "answer to c"]
    assert clerk.batches == [["a"], ["b", "c"]]


def test_a_refusal_is_an_answer_of_its_own(clerk):
    clerk.may_go.set()

    def refuse_one(drop_id, wishes, known, nearly_done):
        return [NotFound() if wish == "b" else wish for wish in wishes]

    async def scene():
        desk = GroupCommit()
        counter = Batcher(desk, refuse_one, rank=1)
        answers = await asyncio.gather(*(counter.ask(DROP, wish) for wish in "ab"), return_exceptions=True)
        desk.stop()
        return answers

    kept, refused = asyncio.run(scene())
    assert kept == "a"
    assert isinstance(refused, NotFound)


def test_the_lower_rank_goes_first_when_all_threads_are_busy(clerk):
    """Holders' purchases before new reserves: of the lines that wait for a thread, those of rank 0 come first."""
    served = []

    def note(name):
        def serve(drop_id, wishes, known, nearly_done):
            clerk.may_go.wait(PATIENCE)
            served.append(name)
            return wishes

        return serve

    async def scene():
        desk = GroupCommit(threads=1)
        reserving, buying = Batcher(desk, note("reserve"), rank=1), Batcher(desk, note("buy"), rank=0)
        asked = [asyncio.create_task(reserving.ask(uuid.uuid4(), "a")) for _ in range(3)]
        await asyncio.sleep(0.01)
        asked.append(asyncio.create_task(buying.ask(DROP, "b")))
        await asyncio.sleep(0.01)
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
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(asyncio.to_thread(counter.ask_from_thread, loop, DROP, wish)) for wish in "bcd"]
        await asyncio.sleep(0.1)
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
        waiting = [asyncio.create_task(counter.ask(DROP, number)) for number in range(WAITING_MIN)]
        await asyncio.sleep(0)
        assert counter.is_full(DROP)
        with pytest.raises(Busy):
            await counter.ask(DROP, "new")
        assert await counter.ask(DROP, "back from the bank", even_if_full=True) == "back from the bank"
        await asyncio.gather(*waiting)
        desk.stop()

    asyncio.run(scene())


def test_each_wish_that_failed_is_told_by_whoever_knows_how_far_it_came(clerk):
    clerk.trouble = ConcurrentUpdate()
    clerk.may_go.set()

    async def scene():
        desk = GroupCommit()
        counter = Batcher(desk, clerk, failed=lambda wish, error: f"{wish}: {error.code}", rank=1)
        answers = await asyncio.gather(*(counter.ask(DROP, wish) for wish in ("a", "b")))
        desk.stop()
        return answers

    assert asyncio.run(scene()) == ["a: concurrent_update", "b: concurrent_update"]
