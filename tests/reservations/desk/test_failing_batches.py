"""A batch of the desk that fails: who is harmed, who is asked again, and what each is told."""

import asyncio

import pytest
from django.db import OperationalError

from dropshop.core.errors import Busy, ConcurrentUpdate, NotFound
from reservations.desk.group_commit import Batcher, GroupCommit
from tests.reservations.desk.clerk import DROP, ask_all

pytestmark = pytest.mark.django_db  # the desk's threads close their connections


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
