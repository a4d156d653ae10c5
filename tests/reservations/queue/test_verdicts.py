"""Acceptance 48: a place that can no longer win is told so, with the numbers and since when."""

from datetime import timedelta

import pytest

from dropshop.core.clock import database_time
from reservations.models import QueuePlace, QueueVerdict
from reservations.queue.admit import admit
from reservations.queue.join import leave
from reservations.queue.rules import POLL_SECONDS
from tests.make import make_members, make_purchase, make_reservation
from tests.reservations.queue.people import arrive, look, started, states

pytestmark = pytest.mark.usefixtures("db")


def test_acceptance_48_a_place_that_cannot_win_is_told_at_the_next_round(heard, django_capture_on_commit_callbacks):
    drop, members = started(3, 5)
    with django_capture_on_commit_callbacks(execute=True):
        admit(drop)
    verdict = QueueVerdict.objects.get(drop=drop)
    told = look(drop, members)[members[4].pk]
    assert told["cannot_win"] == {"known_at": verdict.at.isoformat().replace("+00:00", "Z"), "left": 3, "held": 0}
    assert (told["state"], told["ahead"], told["in_turn"]) == ("cannot_win", 1, 3)
    shared = [event for event in heard.of("queue-updated") if "to" not in event]
    assert [event["cannot_win_from"] for event in shared] == [4]


def test_acceptance_48_nobody_asks_so_rarely_that_they_hear_of_it_late():
    """The sweep takes a second, what all share is half a second old: within 10 s."""
    assert POLL_SECONDS[1] + 1.5 < 10


def test_nothing_is_told_while_there_is_a_pair_for_everybody():
    drop, members = started(5, 5)
    admit(drop)
    assert states(drop, members) == ["admitted"] * 5
    assert QueueVerdict.objects.count() == 0


def test_a_pair_that_is_held_and_sold_changes_no_verdict():
    drop, members = started(2, 4)
    admit(drop)
    make_reservation(members[0], drop)
    admit(drop)
    make_purchase(members[1], drop)
    admit(drop)
    assert states(drop, members[2:]) == ["cannot_win"] * 2
    assert QueueVerdict.objects.count() == 1


def test_where_those_before_drop_out_it_is_taken_back():
    drop, members = started(2, 4)
    admit(drop)
    assert states(drop, members[2:]) == ["cannot_win"] * 2
    leave(members[0].pk, drop.pk)
    admit(drop)
    assert states(drop, members[1:]) == ["admitted", "admitted", "cannot_win"]


def test_a_later_arrival_is_told_with_its_own_moment():
    drop, _ = started(1, 2)
    admit(drop)
    (late,) = make_members(1)
    arrive(drop, [late])
    told = look(drop, [late])[late.pk]
    arrived = QueuePlace.objects.get(member=late).arrived_at
    assert (told["state"], told["cannot_win"]["known_at"]) == ("cannot_win", arrived.isoformat().replace("+00:00", "Z"))


def test_it_is_known_since_the_first_moment_without_a_break():
    drop, members = started(1, 3)
    admit(drop)
    first = QueueVerdict.objects.get(drop=drop).at
    now = database_time()
    QueuePlace.objects.filter(member=members[0]).update(
        admitted_at=now - timedelta(minutes=9), admitted_until=now - timedelta(seconds=1)
    )
    admit(drop)
    told = look(drop, members[2:])[members[2].pk]
    assert told["cannot_win"]["known_at"] == first.isoformat().replace("+00:00", "Z")
