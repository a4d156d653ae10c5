"""What the live hub is told about the feed: its newest items, and who must not see whom."""

from datetime import timedelta

import pytest
from django.utils import timezone

from community.feed import live
from community.models import Block, FeedItem, Mute, Post
from community.people import relations
from dropshop.core.live import feed_source
from tests.make import make_member

pytestmark = pytest.mark.django_db


def make_item(author, minutes_ago: int, *, hidden: bool = False) -> FeedItem:
    post = Post.objects.create(author=author, text="New pair.")
    at = timezone.now() - timedelta(minutes=minutes_ago)
    return FeedItem.objects.create(kind=FeedItem.Kind.POST, post=post, author=author, at=at, hidden=hidden)


def test_the_newest_items_that_are_not_hidden_come_first(alice, django_assert_num_queries):
    older, newer = make_item(alice, 3), make_item(alice, 2)
    make_item(alice, 1, hidden=True)

    with django_assert_num_queries(1):
        facts = live.newest()

    assert [(item["id"], item["author_id"]) for item in facts["items"]] == [
        (str(newer.pk), str(alice.pk)),
        (str(older.pk), str(alice.pk)),
    ]
    assert facts["server_time"].endswith("Z")


def test_an_empty_feed_has_no_items():
    assert live.newest() == {"server_time": None, "items": []}


def test_blocks_hide_both_from_each_other_and_mutes_only_the_muted(alice, bob, charlie, django_assert_num_queries):
    dora = make_member()
    Block.objects.create(blocker=alice, blocked=bob)
    Mute.objects.create(muter=alice, muted=charlie)
    Mute.objects.create(muter=dora, muted=bob)
    alice_id, bob_id, charlie_id, dora_id = (str(member.pk) for member in (alice, bob, charlie, dora))

    with django_assert_num_queries(1):
        hidden = relations.hidden_authors({alice_id, bob_id, charlie_id})
    assert hidden == {alice_id: {bob_id, charlie_id}, bob_id: {alice_id}}
    assert relations.hidden_authors({dora_id}) == {dora_id: {bob_id}}


def test_the_shop_has_told_the_socket_whom_to_ask():
    assert (feed_source.newest.value, feed_source.hidden_authors.value) == (live.newest, relations.hidden_authors)
