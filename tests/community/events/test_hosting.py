"""Hosting, changing, cancelling and answering: who is let in, who waits, and who is told."""

from datetime import timedelta

import pytest

from community.events import hosting
from community.events.facts import visible_to
from community.models import Event, Notice
from community.people import relations
from community.personal_data.erasure import erase
from community.places.fields import Place
from dropshop.core.clock import database_time
from dropshop.core.errors import Forbidden, Invalid, NotFound
from tests.make import make_event, make_members

pytestmark = pytest.mark.django_db


def answers(event):
    return [*event.attendances.order_by("since", "id").values_list("status", flat=True)]


def told(kind):
    return sorted(Notice.objects.filter(kind=kind).values_list("member__username", flat=True))


def facts_of_an_event(**facts):
    now = database_time()
    return {
        "title": "Lacing night",
        "starts_at": now + timedelta(days=2),
        "ends_at": now + timedelta(days=2, hours=2),
        "venue": "Lace Hall",
        "city": "Berlin",
        "place": Place(52.52, 13.4),
        **facts,
    }


def test_guests_are_going_until_it_is_full_and_then_wait_in_the_order_of_asking():
    event, members = make_event(capacity=2), make_members(4)
    given = [hosting.answer(event.pk, member, going=True) for member in members]
    assert answers(event) == ["going", "going", "waiting", "waiting"]
    assert [hosting.place_in_line(one) for one in given] == [None, None, 1, 2]


def test_without_a_capacity_everybody_is_going():
    event = make_event(capacity=None)
    for member in make_members(3):
        hosting.answer(event.pk, member, going=True)
    assert answers(event) == ["going"] * 3


def test_who_leaves_lets_in_the_first_who_waits_and_that_one_is_told():
    event, members = make_event(capacity=1), make_members(3)
    for member in members:
        hosting.answer(event.pk, member, going=True)
    hosting.answer(event.pk, members[0], going=False)
    assert dict(event.attendances.values_list("member__username", "status")) == {
        members[0].username: "declined",
        members[1].username: "going",
        members[2].username: "waiting",
    }
    assert told("event-in") == [members[1].username]


def test_who_waits_and_leaves_lets_nobody_in():
    event, members = make_event(capacity=1), make_members(3)
    for member in members:
        hosting.answer(event.pk, member, going=True)
    hosting.answer(event.pk, members[1], going=False)
    assert sorted(answers(event)) == ["declined", "going", "waiting"]
    assert told("event-in") == []


def test_who_comes_back_stands_at_the_end_of_the_line_and_is_told_again_when_let_in():
    event, (one, other) = make_event(capacity=1), make_members(2)
    for member, going in ((one, True), (other, True), (one, False), (one, True), (other, False), (other, True)):
        hosting.answer(event.pk, member, going=going)
    assert dict(event.attendances.values_list("member__username", "status")) == {
        one.username: "going",
        other.username: "waiting",
    }
    hosting.answer(event.pk, one, going=False)
    assert told("event-in") == sorted([one.username, other.username, other.username])


def test_the_same_answer_again_changes_nothing():
    event, (one, other) = make_event(capacity=1), make_members(2)
    first = hosting.answer(event.pk, one, going=True)
    waiting = hosting.answer(event.pk, other, going=True)
    assert (hosting.answer(event.pk, one, going=True).since, hosting.answer(event.pk, other, going=True).since) == (
        first.since,
        waiting.since,
    )
    declined = [hosting.answer(event.pk, other, going=False).since for _ in range(2)]
    assert declined[0] == declined[1]


def test_a_higher_capacity_lets_more_in_and_a_lower_one_stops_at_those_who_are():
    event, members = make_event(capacity=1), make_members(4)
    for member in members:
        hosting.answer(event.pk, member, going=True)
    hosting.change(event.pk, {"capacity": 3}, by=event.host)
    assert (answers(event), told("event-in")) == (["going"] * 3 + ["waiting"], sorted(m.username for m in members[1:3]))
    with pytest.raises(hosting.BelowGoing) as refusal:
        hosting.change(event.pk, {"capacity": 2}, by=event.host)
    assert refusal.value.facts == {"going": 3}
    hosting.change(event.pk, {"capacity": None}, by=event.host)
    assert answers(event) == ["going"] * 4


def test_members_who_were_shut_out_are_not_let_in():
    event, (one, gone, other) = make_event(capacity=1), make_members(3)
    for member in (one, gone, other):
        hosting.answer(event.pk, member, going=True)
    gone.is_active = False
    gone.save()
    hosting.answer(event.pk, one, going=False)
    assert told("event-in") == [other.username]


@pytest.mark.parametrize(("facts", "error"), [({"starts_in": -60}, "event_started"), ({"cancelled": 1}, "event_cancelled")])
def test_nobody_answers_what_has_begun_or_is_cancelled(facts, error, alice):
    if facts.pop("cancelled", None):
        facts["cancelled_at"] = database_time()
    event = make_event(**facts)
    for going in (True, False):
        with pytest.raises(hosting.DropshopError) as refusal:
            hosting.answer(event.pk, alice, going=going)
        assert refusal.value.code == error


def test_hosts_take_nobodys_place(alice):
    with pytest.raises(hosting.OwnEvent):
        hosting.answer(make_event(alice).pk, alice, going=True)


def test_a_hidden_event_is_not_there(alice, bob):
    event = make_event(bob, hidden=True)
    with pytest.raises(NotFound):
        hosting.answer(event.pk, alice, going=True)
    with pytest.raises(NotFound):
        hosting.change(event.pk, {"title": "Other"}, by=bob)


def test_another_time_or_place_is_told_to_the_guests_and_another_title_is_not(alice):
    event, (one, other, declined) = make_event(alice, capacity=1), make_members(3)
    for member in (one, other):
        hosting.answer(event.pk, member, going=True)
    hosting.answer(event.pk, declined, going=False)
    hosting.change(event.pk, {"title": "Other"}, by=alice)
    assert told("event-changed") == []
    for venue in ("Elsewhere", "Elsewhere", "And back"):
        hosting.change(event.pk, {"venue": venue}, by=alice)
    assert told("event-changed") == sorted([one.username, other.username] * 2)


def test_cancelling_tells_the_guests_once(alice):
    event, (one, other) = make_event(alice, capacity=1), make_members(2)
    for member in (one, other):
        hosting.answer(event.pk, member, going=True)
    first, again = (hosting.cancel(event.pk, by=alice).cancelled_at for _ in range(2))
    assert (first, told("event-cancelled")) == (again, sorted([one.username, other.username]))
    with pytest.raises(hosting.EventCancelled):
        hosting.change(event.pk, {"title": "On again"}, by=alice)


def test_acceptance_35_somebody_elses_event_is_not_there_to_change_or_cancel(alice, bob):
    event = make_event(alice)
    for act in (lambda: hosting.change(event.pk, {"title": "Mine"}, by=bob), lambda: hosting.cancel(event.pk, by=bob)):
        with pytest.raises(NotFound):
            act()
    assert Event.objects.get() == event


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        ({"starts_at": timedelta(hours=-1)}, "starts_at"),
        ({"starts_at": timedelta(days=40_000)}, "starts_at"),
        ({"ends_at": timedelta(hours=1)}, "ends_at"),
        ({"ends_at": timedelta(days=10)}, "ends_at"),
    ],
)
def test_hours_that_make_no_sense_are_refused_by_field(alice, hours, field):
    now = database_time()
    facts = facts_of_an_event(**{name: now + hours[name] for name in hours})
    with pytest.raises(Invalid) as refusal:
        hosting.host(alice, **facts)
    assert (list(refusal.value.facts["errors"]), Event.objects.count()) == ([field], 0)


def test_who_was_silenced_hosts_nothing(alice):
    alice.silenced_until = database_time() + timedelta(hours=1)
    alice.save()
    with pytest.raises(Forbidden):
        hosting.host(alice, **facts_of_an_event())


def test_texts_are_stored_harmless(alice):
    made = hosting.host(alice, **facts_of_an_event(title=" Lacing\u202e\n night ", text="One\r\n\r\n\r\ntwo"))
    assert (made.title, made.text) == ("Lacing night", "One\n\ntwo")
    with pytest.raises(Invalid) as refusal:
        hosting.host(alice, **facts_of_an_event(title="\u200b"))
    assert list(refusal.value.facts["errors"]) == ["title"]


def test_who_blocked_the_host_or_was_blocked_sees_nothing_of_it(alice, bob, charlie):
    event = make_event(alice)
    relations.block(alice, bob)
    assert [visible_to(viewer).filter(pk=event.pk).exists() for viewer in (alice, bob, charlie, None)] == [
        True,
        False,
        True,
        True,
    ]


def test_who_is_erased_gives_their_place_back_and_their_events_are_called_off(alice, bob, charlie):
    theirs, ours = make_event(alice, capacity=1), make_event(charlie, capacity=1)
    hosting.answer(theirs.pk, bob, going=True)
    for member in (alice, bob):
        hosting.answer(ours.pk, member, going=True)
    erase(alice)
    theirs.refresh_from_db()
    assert (theirs.cancelled_at is None, told("event-cancelled"), told("event-in")) == (False, ["bob"], ["bob"])
    assert dict(ours.attendances.values_list("member__username", "status")) == {"bob": "going"}
