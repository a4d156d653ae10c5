"""A queue under pressure: no late commit moves a place, two sweepers let nobody in twice, no rule changes behind an arrival."""

import threading
from functools import partial

import pytest

from drops import plan_rules, planning
from drops.models import Drop, Mode
from dropshop.machine.processes import wait_until
from reservations.models import QueuePlace
from reservations.queue import admit as sweeps
from reservations.queue import join as joining
from reservations.queue.admit import admit
from reservations.queue.facts import places_of
from reservations.queue.join import QueueArrival, join_many
from reservations.queue.order import forget_order, order_of
from tests.harness.patience import PATIENCE
from tests.make import make_member, make_members
from tests.races.crowd import Meeting, at_once, codes, wait_for_lock_queue
from tests.reservations.queue.people import arrive, begin, look, make_queue, started

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]


class SlowArrival:
    """Somebody whose row is stamped, and whose COMMIT waits until it is told to go on."""

    def __init__(self, drop):
        self.member, self._goes_on, self._is_stamped = make_member(), threading.Event(), threading.Event()
        arrivals = [QueueArrival(self.member.pk)]
        act = partial(join_many, drop.pk, arrivals, self._wait)
        self._thread = threading.Thread(target=at_once, args=([act],), daemon=True)
        self._thread.start()
        assert self._is_stamped.wait(PATIENCE)

    def _wait(self):
        self._is_stamped.set()
        assert self._goes_on.wait(PATIENCE)

    def commit(self):
        self._goes_on.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


class Reader:
    """Asks, in a thread of its own, where people stand."""

    def __init__(self, drop, members):
        self.told = None
        self._thread = threading.Thread(target=self._read, args=(drop, members), daemon=True)
        self._thread.start()

    def _read(self, drop, members):
        (self.told,) = at_once([lambda: places(drop, members)])

    @property
    def places(self):
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return self.told


def places(drop, members):
    found = look(drop, members)
    return [found[member.pk]["place"] for member in members]


def a_late_commit(drop, members, *, is_guarded, starts):
    """The places that members are told while a row of before is not committed, and behind it by a process that begins anew."""
    slow = SlowArrival(drop)
    if starts:
        begin(drop)
    else:
        newcomer = make_member()
        arrive(drop, [newcomer])
        members = [*members, newcomer]
    reader = Reader(drop, members)
    if is_guarded:
        wait_for_lock_queue()
    else:
        assert wait_until(lambda: reader.told is not None, PATIENCE)
    slow.commit()
    told = reader.places
    forget_order(drop.pk)
    return told, places(drop, members), order_of(drop)


def early():
    drop, members = make_queue(), make_members(30)
    arrive(drop, members)
    return drop, members


def test_a_row_of_before_the_start_that_is_committed_after_it_moves_nobody():
    drop, members = early()
    told, later, order = a_late_commit(drop, members, is_guarded=True, starts=True)
    assert told == later
    assert len(order) == 31


def test_control_without_the_lock_the_late_commit_moves_those_behind_it(monkeypatch):
    monkeypatch.setattr(joining, "stamp", lambda drop_id: None)
    drop, members = early()
    moved = False
    for _ in range(5):  # by lot the late one may stand behind all others
        told, later, _ = a_late_commit(drop, members, is_guarded=False, starts=True)
        moved = moved or told != later
        drop, members = early()
    assert moved


def test_a_smaller_number_that_is_committed_later_moves_nobody():
    drop, members = started(3, 5)
    told, later, order = a_late_commit(drop, members, is_guarded=True, starts=False)
    assert told == later == [1, 2, 3, 4, 5, 7]
    assert len(order) == 7


def test_whoever_asks_waits_for_nobody_who_stands_still_while_they_arrive():
    drop, members = started(3, 5)
    slow = SlowArrival(drop)
    newcomer = make_member()
    arrive(drop, [newcomer])
    told = places_of(drop, [members[0].pk, newcomer.pk], older=1e-6)  # in this very thread, which would wait for ever
    assert (told[members[0].pk]["place"], told[newcomer.pk]["place"]) == (1, None)
    slow.commit()
    assert places(drop, [slow.member, newcomer]) == [6, 7]


def test_control_without_the_lock_the_smaller_number_pushes_in(monkeypatch):
    monkeypatch.setattr(joining, "stamp", lambda drop_id: None)
    drop, members = started(3, 5)
    told, later, _ = a_late_commit(drop, members, is_guarded=False, starts=False)
    assert (told, later) == ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 7])


def test_forty_arrivals_at_once_are_one_place_each():
    drop, _ = started(3, 0)
    members = make_members(20)
    at_once([lambda member=member: arrive(drop, [member]) for member in members * 2], threads=10)
    assert sorted(places(drop, members)) == [*range(1, 21)]
    assert QueuePlace.objects.filter(drop=drop).count() == 20


def sweepers_at_once(monkeypatch, *, patience=PATIENCE):
    """Two sweepers that have both read how the queue stands before either has let anybody in."""
    drop, _ = started(3, 12)
    ordered, meeting = Meeting(2), Meeting(2, patience=patience)
    ask, read = sweeps.order_of, sweeps.read_state

    def order_of(drop):
        order = ask(drop)
        ordered.meet()  # it would wait for whoever lets people in
        return order

    def read_state(*about):
        state = read(*about)
        meeting.meet()
        return state

    with monkeypatch.context() as patch:
        patch.setattr(sweeps, "order_of", order_of)
        patch.setattr(sweeps, "read_state", read_state)
        at_once([lambda: admit(drop)] * 2)
    return QueuePlace.objects.filter(drop=drop, admitted_at__isnull=False).count()


def test_two_sweepers_at_once_let_in_as_many_as_one(monkeypatch):
    assert sweepers_at_once(monkeypatch, patience=2) == 3


def test_control_without_the_lock_of_the_queue_two_sweepers_let_in_too_many(monkeypatch):
    monkeypatch.setattr(sweeps, "_locked", lambda drop_id: sweeps.DropQueue.objects.select_related("drop").get(drop=drop_id))
    line = sweeps.QueueOrder.next_in_line
    turns = iter((0, 3))  # each takes people of its own: one and the same row is let in once even so
    taking = threading.Lock()

    def next_in_line(order):
        with taking:
            skipped = next(turns, 0)
        return iter([*line(order)][skipped:])

    monkeypatch.setattr(sweeps.QueueOrder, "next_in_line", next_in_line)
    assert sweepers_at_once(monkeypatch) == 6


def first_arrival_and_change(staff, monkeypatch):
    """Somebody arrives first while staff make the drop another one; what came of both."""
    drop = make_queue()
    alice = make_member()
    meeting = Meeting(2, patience=2)
    begun = joining.has_begun

    def has_begun(drop_id):
        answer = begun(drop_id)
        meeting.meet()  # the change has been judged, and is not written yet
        return answer

    monkeypatch.setitem(plan_rules.begun._values, "queue", (0, has_begun))

    def arrive_meanwhile():
        wait_until(lambda: meeting._arrived == 1, PATIENCE, every=0.01)
        (answer,) = join_many(drop.pk, [QueueArrival(alice.pk)])
        meeting.meet()
        if isinstance(answer, Exception):
            raise answer
        return answer

    answers = at_once([lambda: planning.change_drop(drop.pk, {"mode": Mode.FIRST_COME}, by=staff, reason=""), arrive_meanwhile])
    return Drop.objects.get(pk=drop.pk).mode, QueuePlace.objects.filter(drop=drop).count(), codes(answers)


def test_no_rule_changes_behind_the_first_arrival(staff, monkeypatch):
    assert first_arrival_and_change(staff, monkeypatch) == ("first_come", 0, ["no_queue", "ok"])


def test_control_without_the_lock_a_place_stands_in_a_drop_without_a_queue(staff, monkeypatch):
    monkeypatch.setattr(joining, "stamp", lambda drop_id: None)
    assert first_arrival_and_change(staff, monkeypatch) == ("first_come", 1, ["ok", "ok"])
