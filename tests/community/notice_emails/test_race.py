"""Sweeps at once write each member's daily e-mail once. The control: without the lock and the cause each of them writes one."""

import pytest

from community.models import Member
from community.notice_emails import sending
from dropshop.core.outbox.models import Email
from tests.races.crowd import Meeting, at_once

pytestmark = pytest.mark.django_db(transaction=True)


def due_daily(alice, tell, clock):
    clock.at("2026-06-01 10:00")
    for number in range(3):
        tell(alice, kind="comment", cause=f"x:{number}")
    clock.at("2026-06-02 09:00")


def test_four_sweeps_at_once_write_one_daily_e_mail(alice, tell, clock):
    due_daily(alice, tell, clock)
    assert sum(at_once([sending.sweep] * 4)) == 1
    assert Email.objects.count() == 1


@pytest.fixture
def unlocked(monkeypatch):
    """All sweeps have read the same notices before one of them writes."""
    met = Meeting(parties=4)
    monkeypatch.setattr(Member.objects, "select_for_update", lambda **_: Member.objects.all(), raising=False)
    standing = sending.standing
    monkeypatch.setattr(sending, "standing", lambda *args: (met.meet(), standing(*args))[1])


@pytest.mark.usefixtures("unlocked")
def test_without_the_lock_the_cause_of_the_day_alone_keeps_it_at_one(alice, tell, clock):
    due_daily(alice, tell, clock)
    assert sum(at_once([sending.sweep] * 4)) == 1
    assert Email.objects.count() == 1


@pytest.mark.usefixtures("unlocked")
def test_control_without_both_each_sweep_writes_one(alice, tell, clock, monkeypatch):
    due_daily(alice, tell, clock)
    prepare = sending.prepare
    numbers = iter(range(4))
    monkeypatch.setattr(sending, "prepare", lambda kind, cause, **facts: prepare(kind, f"{cause}:{next(numbers)}", **facts))
    assert sum(at_once([sending.sweep] * 4)) == 4
    assert Email.objects.count() == 4
