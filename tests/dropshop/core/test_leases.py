"""Rows that wait, on the table of the outbox: who gets one, and when again."""

import math
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from dropshop.core.clock import database_time
from dropshop.core.leases import Queue
from dropshop.core.outbox.models import Email

pytestmark = pytest.mark.django_db

QUEUE = Queue("{email}", "status = 'waiting'", lambda: 60.0, pause=10, longest=45)


def wait(cause: str, **fields) -> Email:
    return Email.objects.create(kind="refund", cause=cause, to="a@example.com", context={}, retry_at=Now(), **fields)


def pause_after(act) -> set[int]:
    """The whole seconds that lie between the act, which takes its time, and the next try."""
    before = database_time()
    act()
    after, due = database_time(), Email.objects.get().retry_at
    return set(range(math.ceil((due - after).total_seconds()), math.floor((due - before).total_seconds()) + 1))


def later(seconds: float):
    return database_time() + timedelta(seconds=seconds)


def test_a_claimed_row_is_nobody_elses_until_its_lease_has_run_out():
    email = wait("one")
    assert [QUEUE.claim(later(1)), QUEUE.claim(later(59)), QUEUE.claim(later(61))] == [email.pk, None, email.pk]
    assert Email.objects.get().tries == 2


def test_what_was_due_first_comes_first_and_a_condition_narrows_it_down():
    first, second = wait("one"), wait("two")
    Email.objects.filter(pk=first.pk).update(retry_at=later(-60))
    assert QUEUE.claim(later(1), also="cause = 'two'") == second.pk
    assert QUEUE.claim(later(1)) == first.pk


def test_the_pause_doubles_up_to_the_longest():
    wait("one")
    for pause in (10, 20, 40, 45):
        Email.objects.update(retry_at=Now())
        QUEUE.claim(later(1))
        assert pause in pause_after(lambda: QUEUE.try_later(Email.objects.get(), "the server is away"))
    assert Email.objects.get().error == "the server is away"


def test_whoever_has_lost_the_lease_puts_nothing_off():
    wait("one")
    QUEUE.claim(later(1))
    mine = Email.objects.get()
    assert 60 in pause_after(lambda: QUEUE.claim(later(61)))
    theirs = Email.objects.get()
    QUEUE.try_later(mine, "too late")
    kept = Email.objects.get()
    assert (kept.error, kept.retry_at) == ("", theirs.retry_at)
