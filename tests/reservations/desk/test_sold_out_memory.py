"""The quick "sold out": only while it is certain, and never instead of what the database would say otherwise."""

import asyncio
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from drops.models import Drop
from drops.stock import counters
from dropshop.core.clock import database_time
from reservations.desk.group_commit import GroupCommit
from reservations.desk.reserve_door import ReserveDoor, serve
from reservations.desk.sold_out_memory import FRESH_SECONDS, QUICK_ANSWER_EVERY, RENEW_SECONDS, SoldOutMemory
from reservations.holds.errors import SoldOut
from reservations.holds.reserve import HoldRequest
from reservations.passes.tokens import PassClaims
from tests.harness.shoppers import sign_in_all
from tests.harness.shoppers import tickets as passes_of
from tests.make import make_drop, make_members, make_purchase, make_reservation

pytestmark = pytest.mark.django_db


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def memory(clock):
    return SoldOutMemory(hears=lambda: True, clock=clock)


@pytest.fixture
def owner():
    return make_members(1)[0]


@pytest.fixture
def drop(owner):
    drop = make_drop({"9": 1})
    make_purchase(owner, drop)
    return drop


def ticket(drop, member, *, ends_in=600):
    return PassClaims(member.pk, drop.pk, "a" * 32, database_time() + timedelta(seconds=ends_in), b"")


def says(memory, drop, member, label="9", **how):
    refusal = memory.answer(ticket(drop, member, **how), label)
    return None if refusal is None else (refusal.code, refusal.facts)


def test_a_sold_out_drop_is_remembered_for_a_quarter_of_a_second(memory, clock, drop):
    one, another, late = make_members(3)
    assert says(memory, drop, one) is None
    memory.learn(drop.pk)
    assert says(memory, drop, one) == ("sold_out", {"size": "9"})
    assert says(memory, drop, another, label=None) == ("sold_out", {"size": "9"})
    clock.now += FRESH_SECONDS
    assert says(memory, drop, late) is None


def test_what_is_heard_of_the_drop_ends_its_memory(memory, drop):
    one, another, third = make_members(3)
    memory.learn(drop.pk)
    memory.heard(str(make_drop(1).pk))
    assert says(memory, drop, one)
    memory.heard(str(drop.pk))
    assert says(memory, drop, another) is None
    memory.learn(drop.pk)
    memory.heard(None)
    assert says(memory, drop, third) is None


def test_nothing_is_remembered_that_was_overtaken_by_news_while_it_was_read(memory, drop, monkeypatch):
    """The staff add a pair between the read and its storing: the news comes first, and wins."""
    from reservations.desk import sold_out_memory

    read = sold_out_memory._run

    def overtaken(drop_id):
        found = read(drop_id)
        memory.heard(str(drop_id))
        return found

    monkeypatch.setattr(sold_out_memory, "_run", overtaken)
    memory.learn(drop.pk)
    assert says(memory, drop, make_members(1)[0]) is None


def test_nothing_is_remembered_without_news_to_end_it(drop, clock):
    deaf = SoldOutMemory(hears=lambda: False, clock=clock)
    deaf.learn(drop.pk)
    assert says(deaf, drop, make_members(1)[0]) is None


def test_a_drop_with_a_pair_held_or_free_is_never_remembered(memory, owner):
    one, another = make_members(2)
    held, free = make_drop({"9": 1, "10": 1}), make_drop({"9": 1, "10": 1})
    for drop in (held, free):
        make_purchase(owner, drop, "9")
    make_reservation(one, held, "10")
    for drop in (held, free):
        memory.learn(drop.pk)
        assert says(memory, drop, another) is None


def test_drops_that_nobody_asks_about_any_more_are_forgotten(memory, clock, owner):
    for _ in range(5):
        drop = make_drop({"9": 1})
        make_purchase(owner, drop)
        memory.learn(drop.pk)
        clock.now += FRESH_SECONDS
    assert list(memory._known) == [drop.pk]


def test_those_whom_the_database_would_tell_something_else_are_sent_there(memory, clock, drop, owner):
    (member,) = make_members(1)
    memory.learn(drop.pk)
    assert says(memory, drop, owner) is None  # the limit
    assert says(memory, drop, member, label="7") is None  # no such size
    assert says(memory, drop, member, ends_in=-1) is None  # a pass that has run out
    assert says(memory, drop, member)
    assert says(memory, drop, member) is None  # asks too often for it
    Drop.objects.filter(pk=drop.pk).update(ends_at=database_time() + timedelta(seconds=0.2))
    clock.now += RENEW_SECONDS
    memory.learn(drop.pk)
    clock.now += QUICK_ANSWER_EVERY
    assert says(memory, drop, member) is None  # closed


def test_one_shopper_renews_the_memory_for_all_the_others(memory, clock, drop):
    first, second, third = make_members(3)
    memory.learn(drop.pk)
    clock.now += RENEW_SECONDS
    assert says(memory, drop, first) is None
    assert says(memory, drop, second)
    memory.learn(drop.pk)
    clock.now += FRESH_SECONDS - RENEW_SECONDS / 2
    assert says(memory, drop, third) is None  # the next one who renews
    assert says(memory, drop, second) is None  # who had an answer within this second
    assert says(memory, drop, make_members(1)[0])


def test_after_the_staff_added_a_pair_the_drop_is_not_learnt_again(memory, drop, owner):
    memory.learn(drop.pk)
    counters.adjust(drop.sizes.get().pk, total=2, reason="Found one more", by=owner)
    memory.heard(str(drop.pk))
    memory.learn(drop.pk)
    assert says(memory, drop, make_members(1)[0]) is None


def test_a_memory_that_fails_is_no_failure_of_the_batch(monkeypatch, drop):
    """What comes behind the COMMIT never makes the batch run again: its answers are fixed."""
    (late,) = make_members(1)
    door = ReserveDoor(GroupCommit(), hears=lambda: True)
    monkeypatch.setattr(door.sold_out, "learn", lambda drop_id: 1 / 0)
    monkeypatch.setattr("reservations.desk.reserve_door.connection.close", lambda: None)
    (answer,) = door._serve(drop.pk, [None], [HoldRequest(late.pk, drop.sizes.get().pk)], lambda: None)
    assert answer.code == "sold_out"


def reserve_at(door, drop, text):
    """What the endpoint answers to somebody who reserves with this pass."""
    path, sent = f"/api/v1/drops/{drop.pk}/reserve", []
    headers = [(b"host", b"testserver"), (b"x-drop-pass", text.encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    scope |= {"scheme": "http", "client": ("127.0.0.1", 9), "server": ("127.0.0.1", 80)}

    async def send(message):
        sent.append(message)

    async def answered():
        assert await door(door.opens(scope), b"{}", send)

    asyncio.run(answered())
    return sent[0]["status"], json.loads(sent[1]["body"])["code"]


@pytest.mark.parametrize("remembered", [True, False], ids=["remembered", "not remembered"])
def test_a_refusal_from_memory_goes_to_no_desk_and_asks_the_database_nothing(monkeypatch, memory, drop, remembered):
    """The control: where the drop is not remembered, the desk is asked."""
    (late,) = make_members(1)
    (text,) = passes_of([late], [drop], sign_in_all([late]))
    door, at_the_desk = ReserveDoor(GroupCommit(), hears=lambda: True), []
    door.sold_out = memory  # whose clock stands

    async def ask(drop_id, asked):
        at_the_desk.append(drop_id)
        raise SoldOut(size="9")

    monkeypatch.setattr(door._reserving, "ask", ask)
    if remembered:
        memory.learn(drop.pk)
    with CaptureQueriesContext(connection) as asked:
        assert reserve_at(door, drop, text) == (409, "sold_out")
    assert (at_the_desk, asked.captured_queries) == ([] if remembered else [drop.pk], [])


@pytest.mark.parametrize("before", [False, True], ids=["a new hold", "a hold of before"])
def test_nothing_is_asked_behind_the_commit_of_a_batch(before):
    drop, (member,) = make_drop({"9": 2}), make_members(1)
    if before:
        make_reservation(member, drop)
    with CaptureQueriesContext(connection) as asked:
        (answer,) = serve(drop.pk, [HoldRequest(member.pk, drop.sizes.get().pk)], lambda: None)
    assert answer.status == (200 if before else 201)
    assert answer.body["server_time"] is not None
    assert asked.captured_queries[-1]["sql"].startswith("RELEASE SAVEPOINT")
