"""Places at an event, asked for by many at once: held exactly, in the order of asking; and their control."""

import pytest

from community.events import hosting
from community.models import Event, Notice
from tests.harness.callers import Caller
from tests.make import make_event, make_members
from tests.races.crowd import Meeting, at_once, codes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard", "redis")]


def join_together(event, members):
    """Everybody asks at the same moment; how many are going, and how many wait."""
    at_once([lambda member=member: hosting.answer(event.pk, member, going=True) for member in members])
    return [event.attendances.filter(status=status).count() for status in ("going", "waiting")]


def test_thirty_ask_for_five_places_and_the_others_wait_in_order():
    event, members = make_event(capacity=5), make_members(30)
    assert join_together(event, members) == [5, 25]
    asked = [*event.attendances.order_by("since", "id").values_list("status", flat=True)]
    assert asked == ["going"] * 5 + ["waiting"] * 25
    line = event.attendances.filter(status="waiting").order_by("since", "id")
    assert [hosting.place_in_line(given) for given in line] == [*range(1, 26)]


def test_control_without_the_lock_more_are_let_in(monkeypatch):
    """The guard of the test above is the lock of the event's row."""
    meeting, room = Meeting(parties=12), hosting._room

    def slowly(locked):
        free = room(locked)
        meeting.meet()
        return free

    monkeypatch.setattr(hosting, "_room", slowly)
    monkeypatch.setattr(hosting, "lock_event", lambda pk: Event.objects.get(pk=pk))
    going, _ = join_together(make_event(capacity=5), make_members(12))
    assert going > 5


def test_leaving_and_joining_at_once_leaves_no_place_empty_and_none_doubled(chance):
    """Ten of the twenty who are in or wait leave while ten others ask and the host makes room for two more."""
    event, members = make_event(capacity=8), make_members(30)
    for member in members[:20]:
        hosting.answer(event.pk, member, going=True)
    leaving = chance.sample(members[:20], 10)
    acts = [lambda member=member: hosting.answer(event.pk, member, going=False) for member in leaving]
    acts += [lambda member=member: hosting.answer(event.pk, member, going=True) for member in members[20:]]
    acts += [lambda: hosting.change(event.pk, {"capacity": 10}, by=event.host)]
    chance.shuffle(acts)
    assert codes(at_once(acts, threads=12)) == ["ok"] * 21
    stand = {status: event.attendances.filter(status=status).count() for status in ("going", "waiting", "declined")}
    assert stand == {"going": 10, "waiting": 10, "declined": 10}
    going = event.attendances.filter(status="going").order_by("since", "id")
    waiting = event.attendances.filter(status="waiting").order_by("since", "id")
    assert going.last().since < waiting.first().since
    let_in = Notice.objects.filter(kind="event-in").values_list("member", flat=True)
    in_at_once = going.exclude(member__in=let_in).count()
    assert in_at_once <= 8
    assert len(let_in) == len({*let_in})


def test_one_member_who_asks_thirty_times_at_once_has_one_answer():
    event, (member,) = make_event(capacity=5), make_members(1)
    given = at_once([lambda: hosting.answer(event.pk, member, going=True)] * 30, threads=12)
    assert ({one.pk for one in given}, event.attendances.count()) == ({given[0].pk}, 1)


def test_acceptance_40_thirty_events_at_once_are_as_many_as_the_limit_allows(settings):
    """Acceptance 40: 30 simultaneous requests against "event": it holds exactly."""
    settings.LIMITS = settings.LIMITS | {"event": {"member": "10/1d", "address": "120/1d"}}
    event = make_event()
    caller = Caller().sign_in(event.host)
    statuses = at_once([lambda: caller.patch(f"events/{event.pk}", {"capacity": 9}).status_code] * 30, threads=12)
    assert sorted(statuses) == [200] * 10 + [429] * 20
