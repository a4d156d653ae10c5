"""Votes on an item: thirty at once by one member count once, and the control in which they do not."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from community.feed import items, likes
from community.models import FeedItem, Like, ModerationAction
from community.moderation import decisions
from tests.make import make_drop, make_members, make_post
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]


@contextmanager
def without(constraint: str) -> Iterator[None]:
    """The table without this unique constraint; afterwards it has it again."""
    with connection.schema_editor() as editor:
        editor.remove_constraint(Like, next(each for each in Like._meta.constraints if each.name == constraint))
    try:
        yield
    finally:
        Like.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Like, next(each for each in Like._meta.constraints if each.name == constraint))


def like_thirty_times():
    author, fan = make_members(2)
    item = make_post(author)
    at_once([lambda: likes.like(item.pk, member=fan)] * 30, threads=10)
    return Like.objects.filter(item=item).count(), items.feed_facts([item], fan)[0]["likes"]


def test_thirty_likes_by_one_member_at_once_are_one():
    assert like_thirty_times() == (1, 1)


def test_control_without_the_unique_index_they_are_more():
    with without("like_once"):
        rows, told = like_thirty_times()
    assert (rows > 1, told) == (True, rows)


def test_thirty_members_at_once_are_thirty_and_each_may_take_theirs_back():
    author, *fans = make_members(31)
    item = make_post(author)
    at_once([lambda fan=fan: likes.like(item.pk, member=fan) for fan in fans], threads=10)
    at_once([lambda fan=fan: likes.unlike(item.pk, member=fan) for fan in fans[:10] * 2], threads=10)
    assert items.feed_facts([item], fans[29])[0]["likes"] == 20


def test_two_beats_announce_a_drop_once():
    make_drop(1)
    at_once([items.announce_opened] * 6)
    assert FeedItem.objects.filter(kind="drop").count() == 1


def test_two_moderators_who_hide_one_thing_at_once_leave_one_line_in_the_trail():
    author, *moderators = make_members(5)
    item = make_post(author)
    at_once([lambda who=who: decisions.hide(item, moderator=who) for who in moderators])
    assert ModerationAction.objects.count() == 1
