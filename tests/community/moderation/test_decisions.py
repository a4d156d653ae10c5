"""What moderators decide: hidden and shown again, dismissed, warned, silenced; who is told, and what the trail keeps."""

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from community.feed import comments, posts
from community.feed import items as feed
from community.models import Comment, Complaint, FeedItem, ModerationAction, Notice, Trade
from community.moderation import complaints, decisions
from dropshop.core.errors import Forbidden, Invalid, NotFound
from tests.community.moderation.cases import actions, things_of, told
from tests.make import make_drop, make_member, make_members, make_post

pytestmark = pytest.mark.django_db


def test_what_is_hidden_is_out_of_the_feed_and_its_author_is_told_and_not_by_whom(
    alice, bob, moderator, heard, django_capture_on_commit_callbacks
):
    item = make_post(alice, "buy pills")
    complaints.file_complaint(bob, item, "spam")
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            decisions.hide(item, moderator=moderator, reason="Advertising.")
    assert (feed.visible(alice).exists(), actions()) == (False, [("hidden", "Advertising.")])
    assert heard.of("feed-item-hidden") == [{"type": "feed-item-hidden", "id": str(item.pk)}]
    assert told(alice) == [("moderation", "A moderator has hidden what you shared. Advertising.")]
    assert told(bob) == [("complaint", "A moderator has looked at what you reported. Thank you.")]
    assert Complaint.objects.filter(closed_at=None).count() == 0
    for _ in range(2):
        decisions.restore(item, moderator=moderator)
    assert (feed.visible(bob).get(), [action for action, _ in actions()]) == (item, ["hidden", "restored"])


def test_each_kind_is_hidden_and_shown_again_but_a_person(alice, moderator):
    things = things_of(alice)
    report = feed.add_item("restock", author=alice, restock=things["restock"])
    with pytest.raises(NotFound):
        decisions.hide(things.pop("person"), moderator=moderator)
    for hidden, deed in ((True, decisions.hide), (False, decisions.restore)):
        for thing in things.values():
            deed(thing, moderator=moderator)
            thing.refresh_from_db()
        report.refresh_from_db()
        assert [thing.hidden for thing in [*things.values(), report]] == [hidden] * 6


def test_a_hidden_comment_leaves_the_item_and_the_count(alice, bob, moderator, heard, django_capture_on_commit_callbacks):
    item = make_post(alice)
    said = comments.comment(item.pk, author=bob, text="rude")
    with django_capture_on_commit_callbacks(execute=True):
        decisions.hide(said, moderator=moderator)
    assert (list(comments.visible(item, bob)), heard.of("feed-item-updated")[-1]["comments"]) == ([], 0)
    assert heard.of("feed-comment-hidden") == [{"type": "feed-comment-hidden", "id": str(said.pk), "item": str(item.pk)}]


def test_what_its_author_took_away_is_not_shown_again(alice, moderator):
    item = make_post(alice)
    said = comments.comment(item.pk, author=alice, text="hm")
    comments.remove(said.pk, author=alice)
    posts.remove(item.pk, author=alice)
    for thing in (FeedItem.objects.get(), Comment.objects.get()):
        with pytest.raises(Invalid):
            decisions.restore(thing, moderator=moderator)


def test_a_dismissed_complaint_leaves_everything_as_it_was(alice, bob, charlie, moderator):
    item = make_post(alice)
    for member in (bob, charlie):
        complaints.file_complaint(member, item, "other")
    assert decisions.dismiss(item, moderator=moderator).action == "dismissed"
    assert decisions.dismiss(item, moderator=moderator) is None
    assert (told(alice), len(told(bob)), len(told(charlie)), feed.visible().count()) == ([], 1, 1, 1)


def test_a_warning_a_silence_and_its_end_reach_the_author(alice, moderator):
    item = make_post(alice)
    decisions.warn(item, moderator=moderator, reason="No adverts.")
    decisions.silence(item, moderator=moderator, days=3, reason="Adverts again.")
    with pytest.raises(Forbidden):
        posts.write(alice, text="hello")
    for _ in range(2):
        decisions.unsilence(alice, moderator=moderator)
    posts.write(alice, text="hello")
    assert [kind for kind, _ in told(alice)] == ["moderation"] * 3
    assert actions() == [("warned", "No adverts."), ("silenced", "3 days. Adverts again."), ("unsilenced", "")]
    for days in (0, 366):
        with pytest.raises(Invalid):
            decisions.silence(item, moderator=moderator, days=days)


def test_about_staff_a_superuser_decides_and_nobody_about_themselves(moderator, staff):
    colleague = make_member("colleague", is_staff=True)
    theirs, own = make_post(colleague), make_post(moderator)
    for item in (theirs, own):
        for deed in (decisions.hide, decisions.dismiss, decisions.restore, decisions.unsilence):
            with pytest.raises(Forbidden):
                deed(item, moderator=moderator)
        with pytest.raises(Forbidden):
            decisions.warn(item, moderator=moderator, reason="x")
        with pytest.raises(Forbidden):
            decisions.silence(item, moderator=moderator, days=1)
    assert decisions.hide(theirs, moderator=staff).action == "hidden"


def test_what_the_shop_announced_can_be_hidden_and_nobody_is_warned(moderator):
    item = feed.add_item("drop", drop=make_drop(1))
    decisions.hide(item, moderator=moderator)
    with pytest.raises(NotFound):
        decisions.warn(item, moderator=moderator, reason="x")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE community_moderationaction SET reason = 'x'",
        "DELETE FROM community_moderationaction",
        "TRUNCATE community_moderationaction",
    ],
)
def test_the_database_keeps_the_trail(alice, moderator, change):
    decisions.hide(make_post(alice), moderator=moderator)
    connection.check_constraints()  # what COMMIT would ask
    with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(ModerationAction._meta.db_table))


def test_a_trade_is_of_two_and_neither_decides_about_it(alice, moderator):
    trade = Trade.objects.create(proposer=alice, receiver=moderator)
    with pytest.raises(Forbidden):
        decisions.hide(feed.add_item("trade", author=alice, trade=trade), moderator=moderator)


def test_a_flood_of_complaints_is_closed_in_as_many_statements_as_one(alice, moderator):
    asked = []
    for number in (1, 4):
        item = make_post(alice)
        for member in make_members(number):
            complaints.file_complaint(member, item, "spam")
        with CaptureQueriesContext(connection) as queries:
            decisions.dismiss(item, moderator=moderator)
        asked.append(len(queries))
    assert (asked[0], Notice.objects.filter(kind="complaint").count()) == (asked[1], 5)
