"""Thirty tell the same at the same moment: each member hears of it once. The control: without the constraint, many times."""

import pytest
from django.db import connection

from community.models import Follow, Notice, Telling
from community.notifications import notices, telling
from tests.harness.patience import PATIENCE
from tests.make import make_member, make_members, make_restock, make_sneaker
from tests.races.crowd import Meeting, at_once

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def without_constraint(transactional_db):
    constraint = next(one for one in Notice._meta.constraints if one.name == "notice_once")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Notice, constraint)
    yield
    Notice.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(Notice, constraint)


def thirty_tell(members):
    ids = [member.pk for member in members]
    told = at_once([lambda: notices.notify(ids, "restock", cause="restock:1", text="Back.")] * 30, threads=10)
    return sorted(notice.member_id for notices in told for notice in notices)


def test_thirty_who_tell_of_one_cause_at_once_tell_each_member_once(heard):
    members = make_members(3)

    assert thirty_tell(members) == sorted(member.pk for member in members)
    assert sorted(event["to"] for event in heard.of("notification")) == sorted(str(member.pk) for member in members)
    assert Notice.objects.count() == 3


def test_control_without_the_constraint_members_are_told_again_and_again(heard, without_constraint):
    assert len(thirty_tell(make_members(3))) > 3


# -- Telling many ----------------------------------------------------------------------------------


@pytest.fixture
def popular(monkeypatch):
    """A report that forty are to hear of, five at a time."""
    monkeypatch.setattr(telling, "BATCH_MEMBERS", 5)
    monkeypatch.setattr(telling, "FIRST_MEMBERS", 5)
    sneaker = make_sneaker()
    Follow.objects.bulk_create(Follow(follower=member, sneaker=sneaker) for member in make_members(40))
    monkeypatch.setattr(telling, "after_commit", lambda *facts: None)
    return make_restock(make_member(), sneaker=sneaker)


def told_by_a_crowd_of_sweeps(monkeypatch, *, patience):
    """How many notices were asked for, where eight workers sweep at once and each waits before it tells for another to come."""
    tell, asked = telling.notices.notify, []

    def think_then_tell(members, *facts, **more):
        asked.extend(members)
        meeting.meet()
        return tell(members, *facts, **more)

    meeting = Meeting(patience=patience)
    monkeypatch.setattr(telling.notices, "notify", think_then_tell)
    at_once([telling.sweep] * 8)
    telling.sweep()
    assert (Notice.objects.count(), Telling.objects.count()) == (40, 0)
    return len(asked)


def test_of_a_crowd_of_sweeps_one_tells_each_member(heard, popular, monkeypatch):
    assert told_by_a_crowd_of_sweeps(monkeypatch, patience=0.2) == 40  # nobody comes


def test_control_without_the_lock_of_what_is_to_be_told_they_do_the_same_work(heard, popular, monkeypatch):
    rows = Telling.objects.all().__class__
    lock = rows.select_for_update
    monkeypatch.setattr(
        rows, "select_for_update", lambda found, **options: found if found.model is Telling else lock(found, **options)
    )
    assert told_by_a_crowd_of_sweeps(monkeypatch, patience=PATIENCE) > 40
