"""Those who were let in are called, once each."""

from datetime import timedelta

import pytest

from community.models import Notice
from dropshop.core.clock import database_time
from reservations.models import QueuePlace
from reservations.queue.news import call_those_let_in
from tests.reservations.queue.people import admit, started

pytestmark = pytest.mark.usefixtures("db")


def test_each_who_was_let_in_is_called_once():
    drop, members = started(3, 5)
    admit(drop)
    assert [call_those_let_in(), call_those_let_in()] == [3, 0]
    notices = Notice.objects.filter(kind="queue_turn")
    assert {notice.member_id for notice in notices} == {member.pk for member in members[:3]}
    assert {(notice.url, "it is your turn until" in notice.text) for notice in notices} == {(drop.get_absolute_url(), True)}


def test_whose_turn_is_over_is_not_called_any_more():
    drop, _ = started(1, 2)
    admit(drop)
    now = database_time()
    QueuePlace.objects.filter(admitted_at__isnull=False).update(
        admitted_at=now - timedelta(minutes=9), admitted_until=now - timedelta(seconds=1)
    )
    assert call_those_let_in() == 1
    assert Notice.objects.filter(kind="queue_turn").count() == 0
