"""Rounds of a worker: how long, how many at once, and that whatever happens in one keeps no later one from its turn."""

import threading

import pytest
from django.db import OperationalError

from dropshop.core import sweeps
from dropshop.core.clock import database_time
from dropshop.core.sweeps import Sweeps, log_failure

pytestmark = pytest.mark.django_db


def each(*things):
    """What is due, one thing after another."""
    left = iter(things)
    return lambda moment: next(left, None)


def test_what_is_due_is_worked_off_in_its_order_until_nothing_is():
    done = []
    assert (Sweeps().run(each(3, 0, 2), done.append), done) == (3, [3, 0, 2])


def test_it_is_asked_for_as_of_the_moment_at_which_the_sweep_began():
    before, moments = database_time(), []

    def claim(moment):
        moments.append(moment)
        return moment if len(moments) < 3 else None

    assert Sweeps().run(claim, lambda due: None) == 2
    assert (len(moments), len({*moments}), before <= moments[0] <= database_time()) == (3, 1, True)


def test_nothing_more_is_begun_once_its_time_is_over(monkeypatch):
    done = []
    monkeypatch.setattr(sweeps, "steady", lambda: len(done) * sweeps.SECONDS / 2)
    assert (Sweeps().run(each(*"abc"), done.append), done) == (2, ["a", "b"])


@pytest.mark.parametrize("most", [1, 2])
def test_a_process_has_so_many_at_once_and_the_next_one_does_nothing(most):
    kind, inside = Sweeps(at_once=most), []

    def begin_another(depth):
        inside.append(kind.run(each(depth + 1), begin_another))

    assert kind.run(each(1), begin_another) == 1
    assert inside == [0, *[1] * (most - 1)], "the innermost had no turn"
    assert kind.run(each(1), lambda due: None) == 1, "all were given back"


def test_two_kinds_do_not_wait_for_each_other():
    other = Sweeps()
    done = []
    Sweeps().run(each(1), lambda due: done.append(other.run(each(1), lambda due: None)))
    assert done == [1]


def away(*args):
    raise OperationalError("the server closed the connection")


@pytest.mark.parametrize("broken", ["clock", "claim", "work"])
def test_a_sweep_that_finds_no_database_keeps_no_later_one_from_its_turn(monkeypatch, broken):
    kind, real = Sweeps(), sweeps.database_time
    monkeypatch.setattr(sweeps, "database_time", away if broken == "clock" else real)
    with pytest.raises(OperationalError):
        kind.run(away if broken == "claim" else each(1), away if broken == "work" else lambda due: None)
    monkeypatch.setattr(sweeps, "database_time", real)
    assert kind.run(each(1), lambda due: None) == 1


def test_control_a_turn_that_is_not_given_back_is_the_last_one(monkeypatch):
    kind = Sweeps()
    monkeypatch.setattr(threading.BoundedSemaphore, "release", lambda self: None)
    assert [kind.run(each(1), lambda due: None) for _ in range(2)] == [1, 0]


def test_what_is_broken_is_logged_and_the_others_do_not_wait_for_it(caplog):
    done = []
    for number in (1, 0, 2):
        with log_failure("not divided", number=number):
            done.append(2 // number)
    (record,) = caplog.records
    assert (done, record.message, record.number, record.exc_info[0]) == ([2, 1], "not divided", 0, ZeroDivisionError)


def test_a_process_that_ends_is_not_taken_for_a_broken_thing():
    with pytest.raises(SystemExit), log_failure("not divided"):
        raise SystemExit
