"""H2, H6, S4: between a batch's look at its members and its insert, nobody gets a pair of another size. With controls."""

import threading

import pytest
from django.db import IntegrityError

from drops.stock import counters
from dropshop.core.errors import DropshopError
from dropshop.machine.processes import wait_until
from reservations.holds.grant_batch import GrantBatch
from reservations.holds.reserve import HoldRequest, grant, reserve
from reservations.purchases.buy import buy
from tests.harness.patience import PATIENCE
from tests.make import ADDRESS, make_drop, make_members
from tests.races.auditor import NotTrue, audit
from tests.races.crowd import at_once, lock_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]


@pytest.fixture
def overtaking(monkeypatch):
    """`overtaking(claims, deed)`: what the batch and then the deed answered. The deed begins, on another connection, when the
    batch has looked at its members; the batch goes on when the deed is done, or waits for a lock."""
    look, looked, done = GrantBatch.decide, threading.Event(), threading.Event()

    def look_then_pause(batch, claims):
        if not looked.is_set():
            looked.set()
            assert wait_until(lambda: done.is_set() or lock_queue() > 0, PATIENCE, every=0.01)
        return look(batch, claims)

    def begin_late(deed):
        assert looked.wait(PATIENCE)
        answer = deed()
        done.set()
        return answer

    monkeypatch.setattr(GrantBatch, "decide", look_then_pause)
    return lambda drop, claims, deed: at_once([lambda: grant(drop.pk, claims), lambda: begin_late(deed)])


@pytest.fixture
def locks_of_one_size(monkeypatch):
    """`locks_of_one_size(one, other)`: the lock as it must not be. A batch locks `one`, and whoever comes between `other`."""
    lock, first = counters.lock_sizes, threading.Event()

    def set_up(one, other):
        def lock_one(drop_id):
            size = other if first.is_set() else one
            first.set()
            return lock([size.pk])

        monkeypatch.setattr(counters, "lock_run", lock_one)

    return set_up


def said(answers):
    return [answer.code if isinstance(answer, DropshopError) else answer.created for answer in answers]


@pytest.fixture
def drop():
    return make_drop({"9": 1, "10": 1})


def reserved_elsewhere(drop, overtaking):
    """A batch of two for the same pair, a double click with it, while the first of them reserves another size."""
    nine, ten = drop.sizes.all()
    quick, next_in_line = make_members(2)
    claims = [HoldRequest(quick.pk, nine.pk), HoldRequest(next_in_line.pk, nine.pk), HoldRequest(quick.pk, nine.pk)]
    answers, rival = overtaking(drop, claims, lambda: reserve(member=quick, drop=drop, size=ten))
    return said(answers), said([rival])


def test_h2_who_reserves_another_size_meanwhile_waits_and_is_given_the_hold_of_the_batch(drop, overtaking):
    assert reserved_elsewhere(drop, overtaking) == ([True, "all_held", False], [False])
    assert list(drop.sizes.values_list("available", "reserved")) == [(0, 1), (1, 0)]
    audit()


def test_h2_control_where_only_one_size_is_locked_the_database_refuses_the_second_hold(drop, overtaking, locks_of_one_size):
    locks_of_one_size(*drop.sizes.all())
    with pytest.raises(IntegrityError):
        reserved_elsewhere(drop, overtaking)


def bought_elsewhere(drop, overtaking):
    """A batch of one, while its member gets and buys a pair of another size."""
    nine, ten = drop.sizes.all()
    (quick,) = make_members(1)

    def hold_and_buy():
        hold = reserve(member=quick, drop=drop, size=ten).reservation
        buy(hold.pk, member=quick, address=ADDRESS, payment_method="test_ok")
        return hold

    (answer,), hold = overtaking(drop, [HoldRequest(quick.pk, nine.pk)], hold_and_buy)
    audit()
    return answer, hold


def test_h6_who_buys_meanwhile_waits_and_has_bought_the_pair_of_the_batch(drop, overtaking):
    answer, hold = bought_elsewhere(drop, overtaking)
    assert said([answer]) == [True]
    assert hold == answer.reservation
    assert list(drop.sizes.values_list("available", "reserved", "sold")) == [(0, 0, 1), (1, 0, 0)]


def test_h6_control_where_only_one_size_is_locked_a_pair_above_the_limit_is_reported(drop, overtaking, locks_of_one_size):
    locks_of_one_size(*drop.sizes.all())
    with pytest.raises(NotTrue, match="H6"):
        bought_elsewhere(drop, overtaking)


def test_a_size_that_is_added_while_a_batch_waits_is_not_in_it_and_grants_follow_one_another_all_the_same(drop, overtaking):
    """Whoever claims the new size locks the old ones, too."""
    nine = drop.sizes.first()
    quick, other = make_members(2)

    def add_and_reserve():
        eleven = counters.add_size(drop.pk, "11", 1)
        return reserve(member=quick, drop=drop, size=eleven)

    claims = [HoldRequest(quick.pk, nine.pk), HoldRequest(other.pk, nine.pk)]
    answers, rival = overtaking(drop, claims, add_and_reserve)
    assert (said(answers), said([rival])) == ([True, "all_held"], [False])
    assert rival.reservation == answers[0].reservation
    audit()
