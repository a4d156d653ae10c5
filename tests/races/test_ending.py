"""Staff close a drop, or change its plan, while somebody reserves: nobody is granted a pair by what stood before."""

from types import SimpleNamespace

import pytest

from drops import planning, schedule
from dropshop.core.clock import database_time
from dropshop.core.errors import DropshopError
from reservations.holds.reserve import reserve
from tests.make import make_drop, make_member
from tests.races.auditor import Auditor
from tests.races.crowd import Meeting, at_once

pytestmark = pytest.mark.django_db(transaction=True)


def end(drop, monkeypatch):
    return schedule.end_now(drop)


def move_the_end(drop, monkeypatch):
    """To a moment that was still to come when the change was judged, and is past when it is committed."""
    boss = make_member(is_staff=True, is_superuser=True)
    judged_at = database_time()
    monkeypatch.setattr(planning, "database_time", lambda: judged_at)
    return planning.change_drop(drop.pk, {"ends_at": database_time()}, by=boss)


def closed_while_somebody_reserves(monkeypatch, close):
    """The hold, or the refusal; the drop is closed, and that is not committed yet, as somebody asks for a pair."""
    drop, member = make_drop(1), make_member()
    closing, reserved = Meeting(), Meeting()
    announce = schedule.announce

    def late(drop):
        closing.meet()
        reserved.meet()
        announce(drop)

    def ask():
        closing.meet()
        try:
            return reserve(member=member, drop=drop).reservation
        finally:
            reserved.meet()

    monkeypatch.setattr(schedule, "announce", late)
    _, answer = at_once([lambda: close(drop, monkeypatch), ask])
    drop.refresh_from_db()
    return drop, answer


@pytest.mark.parametrize("close", [end, move_the_end])
def test_nobody_reserves_after_the_moment_at_which_staff_closed_the_drop(monkeypatch, close):
    with Auditor():
        _, answer = closed_while_somebody_reserves(monkeypatch, close)
    assert isinstance(answer, DropshopError)
    assert answer.code == "closed"


@pytest.mark.parametrize("close", [end, move_the_end])
def test_control_without_the_sizes_locks_a_hold_begins_after_the_end(monkeypatch, close):
    for module in (planning, schedule):  # the staff's locks, not the shopper's
        monkeypatch.setattr(module, "counters", SimpleNamespace(lock_run=lambda drop_id: {}))
    drop, hold = closed_while_somebody_reserves(monkeypatch, close)
    assert not isinstance(hold, DropshopError)
    assert drop.ends_at <= hold.created_at
