"""What is gone, hidden, over, or by somebody whom the member does not want to see is not written about."""

from datetime import timedelta

import pytest

from community.closet.models import Visibility
from community.feed import comments
from community.models import Comment, Event, FeedItem, Notice, Restock, Trade, WaitingNotice
from community.notice_emails import sending
from community.people import relations
from dropshop.core.clock import database_time
from tests.community.notice_emails.mail import confirm, written
from tests.make import make_event, make_members, make_pair, make_post, make_restock, make_trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def next_day(alice, tell, clock):
    """How many e-mails alice gets the morning after she was told of this, and `change` had happened."""

    def next_day(kind, cause, change=lambda: None):
        clock.at("2026-06-01 10:00")
        tell(alice, kind=kind, cause=cause)
        change()
        clock.at("2026-06-02 09:00")
        return sending.sweep()

    return next_day


@pytest.fixture
def said(alice, bob):
    """What bob wrote under alice's post; she is told of it by the test."""
    comment = comments.comment(make_post(alice).pk, author=bob, text="Fine.")
    Notice.objects.all().delete()
    return comment


def hide(rows):
    rows.update(hidden=True)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda said, alice, bob: hide(Comment.objects), id="hidden"),
        pytest.param(lambda said, alice, bob: comments.remove(said.pk, author=bob), id="removed"),
        pytest.param(lambda said, alice, bob: hide(FeedItem.objects), id="its item is hidden"),
        pytest.param(lambda said, alice, bob: relations.mute(alice, bob), id="its author is muted"),
        pytest.param(lambda said, alice, bob: relations.block(alice, bob), id="its author is blocked"),
        pytest.param(lambda said, alice, bob: relations.block(bob, alice), id="its author has blocked the member"),
    ],
)
def test_a_comment_that_is_not_to_be_seen_is_not_written_about(said, alice, bob, next_day, change):
    assert next_day("comment", f"comment:{said.pk}", lambda: change(said, alice, bob)) == 0


@pytest.mark.parametrize("kind", ["comment", "mention"])
def test_control_a_comment_that_stands_is_written_about(said, alice, next_day, kind):
    assert next_day(kind, f"comment:{said.pk}") == 1


@pytest.mark.parametrize(
    ("kind", "status", "e_mails"),
    [
        ("restock-confirmed", Restock.Status.CONFIRMED, 1),
        ("restock-confirmed", Restock.Status.GONE, 0),
        ("want", Restock.Status.GONE, 0),
        ("restock-verdict", Restock.Status.GONE, 1),
    ],
)
def test_a_report_is_written_about_while_it_stands_and_a_verdict_always(bob, next_day, kind, status, e_mails):
    restock = make_restock(bob)
    Restock.objects.update(status=status)
    assert next_day(kind, f"restock:{restock.pk}") == e_mails


def begin(event):
    now = database_time()
    Event.objects.filter(pk=event.pk).update(starts_at=now - timedelta(minutes=1), ends_at=now + timedelta(hours=2))


def cancel(event):
    Event.objects.filter(pk=event.pk).update(cancelled_at=database_time())


@pytest.mark.parametrize(
    ("kind", "change", "e_mails"),
    [
        pytest.param("event-soon", lambda event: None, 1, id="coming"),
        pytest.param("event-soon", begin, 0, id="begun"),
        pytest.param("event-changed", cancel, 0, id="cancelled since"),
        pytest.param("event-cancelled", cancel, 1, id="the cancellation itself"),
    ],
)
def test_an_event_is_written_about_until_it_begins(bob, next_day, kind, change, e_mails):
    event = make_event(bob)
    assert next_day(kind, f"event:{event.pk}:x", lambda: change(event)) == e_mails


@pytest.mark.parametrize(
    ("change", "e_mails"),
    [
        pytest.param(lambda trade, alice, bob: None, 1, id="open"),
        pytest.param(lambda trade, alice, bob: relations.mute(alice, bob), 0, id="by somebody who is muted"),
        pytest.param(
            lambda trade, alice, bob: Trade.objects.update(status="withdrawn", decided_at=database_time()), 0, id="withdrawn"
        ),
    ],
)
def test_an_offer_is_written_about_while_it_is_open(alice, bob, clock, change, e_mails):
    trade = make_trade(bob, alice)
    WaitingNotice.objects.update(due_at=clock.moment)
    change(trade, alice, bob)
    assert sending.sweep() == e_mails


def test_of_a_crowd_each_is_told_what_they_would_be_told_alone(said, alice, bob, tell, clock):
    """Whom they have hidden, and what is their own, makes the difference."""
    carol, dan = make_members(2)
    confirm(carol, dan)
    relations.mute(carol, bob)
    pair = make_pair(dan, visibility=Visibility.PRIVATE)
    clock.at("2026-06-01 10:00")
    tell(alice, carol, dan, kind="mention", cause=f"comment:{said.pk}", text="A comment.")
    tell(alice, carol, dan, kind="mention", cause=f"pair:{pair.pk}", text="A pair.")
    clock.at("2026-06-02 09:00")
    assert sending.sweep() == 2
    assert sorted(written()) == sorted(
        [(alice.email, "digest", ["A comment."]), (dan.email, "digest", ["A pair.", "A comment."])]
    )
