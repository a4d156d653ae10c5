"""Whose turn it is: as many as there are pairs, more where turns were let pass; and what becomes of a turn."""

from datetime import timedelta

import pytest

from drops.models import Drop
from dropshop.core.clock import database_time
from reservations.models import DropQueue, QueuePlace
from reservations.queue import admit as admission
from reservations.queue.admit import admit, admit_due, admitted
from reservations.queue.join import leave
from tests.make import make_members, make_purchase, make_reservation
from tests.reservations.queue.people import arrive, look, make_queue, started, states

pytestmark = pytest.mark.usefixtures("db")


def let_pass(drop, *members):
    """The time of their turns is over."""
    now = database_time()
    QueuePlace.objects.filter(drop=drop, member__in=members).update(
        admitted_at=now - timedelta(minutes=9), admitted_until=now - timedelta(seconds=1)
    )


def test_as_many_are_let_in_as_there_are_pairs_in_the_order_of_their_places():
    drop, members = started(3, 5)
    assert admit(drop) == 3
    assert states(drop, members) == ["admitted"] * 3 + ["cannot_win"] * 2


def test_a_second_round_lets_in_nobody():
    drop, _ = started(3, 5)
    assert [admit(drop), admit(drop)] == [3, 0]


def test_nobody_is_let_in_before_the_start():
    drop, members = make_queue(3), make_members(2)
    arrive(drop, members)
    assert (admit(drop), admit_due()) == (0, 0)


def test_a_turn_lasts_for_the_minutes_of_its_queue():
    drop, _ = started(1, 1)
    DropQueue.objects.filter(drop=drop).update(turn_seconds=120)
    admit(drop)
    place = QueuePlace.objects.get(drop=drop)
    assert place.admitted_until - place.admitted_at == timedelta(minutes=2)


def test_no_turn_lasts_beyond_the_end_of_the_drop():
    drop, _ = started(1, 1, ends_at=database_time() + timedelta(seconds=60), starts_in=30)
    admit(drop)
    assert QueuePlace.objects.get(drop=drop).admitted_until == drop.ends_at


def test_a_turn_that_passes_goes_to_the_next():
    drop, members = started(1, 3)
    admit(drop)
    let_pass(drop, members[0])
    assert admit(drop) == 1
    assert states(drop, members) == ["lapsed", "admitted", "cannot_win"]


def test_who_holds_a_pair_has_used_their_turn():
    drop, members = started(2, 3)
    admit(drop)
    make_reservation(members[0], drop)
    let_pass(drop, *members[:2])
    QueuePlace.objects.filter(drop=drop, member=members[0]).update(admitted_at=database_time() - timedelta(hours=1))
    admit(drop)
    assert states(drop, members[:2]) == ["done", "lapsed"]


def test_who_has_bought_as_much_as_the_drop_allows_is_done_at_once():
    drop, members = started(2, 3)
    admit(drop)
    make_purchase(members[1], drop)
    admit(drop)
    assert states(drop, members) == ["admitted", "done", "cannot_win"]


def test_who_leaves_in_their_turn_passes_it_on():
    drop, members = started(1, 2)
    admit(drop)
    leave(members[0].pk, drop.pk)
    assert admit(drop) == 1
    assert states(drop, members) == ["left", "admitted"]


def test_more_are_let_in_where_turns_were_let_pass():
    drop, members = started(20, 60)
    assert admit(drop) == 20
    let_pass(drop, *members[:20])
    # 20 of 20 passed: (20 + 10) / (0 + 10) = 3, and 2 at most: 40 for 20 pairs
    assert admit(drop) == 40


def test_the_rate_lets_in_no_more_than_its_share_of_a_minute():
    drop, _ = started(100, 100)
    DropQueue.objects.update_or_create(drop=drop, defaults={"per_minute": 12})
    assert [admit(drop), admit(drop)] == [2, 0]


def test_nobody_is_let_in_while_the_queue_is_on_hold():
    drop, _ = started(3, 3)
    DropQueue.objects.update_or_create(drop=drop, defaults={"on_hold_at": database_time()})
    assert admit(drop) == 0
    DropQueue.objects.filter(drop=drop).update(on_hold_at=None)
    assert admit(drop) == 3


def test_rooms_above_hear_in_the_same_transaction_who_was_let_in():
    heard = []
    admitted.add("a test", lambda drop_id, members: heard.append((drop_id, [*members])))
    try:
        drop, members = started(2, 3)
        admit(drop)
    finally:
        del admitted._values["a test"]
    assert heard == [(drop.pk, [member.pk for member in members[:2]])]


def test_a_drop_that_is_over_shows_its_seed_and_lets_in_nobody():
    drop, members = started(1, 2)
    admit(drop)
    Drop.objects.filter(pk=drop.pk).update(ends_at=database_time())
    drop.refresh_from_db()
    assert admit_due() == 0
    place = look(drop, members)[members[1].pk]
    assert (place["state"], place["seed"]) == ("over", drop.seed.secret.hex())
    assert DropQueue.objects.get(drop=drop).finished_at is not None


def test_a_queue_that_fails_holds_no_other_up(monkeypatch):
    (broken, _), (drop, members) = started(1, 1), started(1, 1)

    def fail(queue):
        return 1 // 0 if queue == broken else admit(queue)

    monkeypatch.setattr(admission, "admit", fail)
    assert admit_due() == 1
    assert states(drop, members) == ["admitted"]
