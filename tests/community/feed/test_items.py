"""The feed: what is announced, once, and what each viewer sees of it."""

import pytest

from community.feed import items as feed
from community.models import Comment, FeedItem, Like, Post
from community.people import relations
from tests.make import make_drop, make_members, make_post

pytestmark = pytest.mark.django_db


def test_a_thing_is_announced_once_and_to_every_screen(heard, alice, django_capture_on_commit_callbacks):
    post = Post.objects.create(author=alice, text="hello")
    with django_capture_on_commit_callbacks(execute=True):
        items = {feed.add_item("post", author=alice, post=post).pk for _ in range(2)}
    (told,) = heard.of("feed-item")
    assert (len(items), told["id"], told["author"], told["text"]) == (1, str(*items), "alice", "hello")
    assert (told.get("to"), "drop" in told) == (None, False)


def test_an_item_is_described_the_same_way_whatever_it_is(alice, bob):
    item = make_post(alice, "hello")
    Like.objects.create(item=item, member=bob)
    Comment.objects.create(item=item, author=bob, text="hi")
    Comment.objects.create(item=item, author=bob, text="rude", hidden=True)
    drop = make_drop(1)
    told, seen = feed.feed_facts([feed.add_item("drop", drop=drop), item], bob)
    assert told["about"]["title"] == drop.title
    assert (told["author"], told["likes"], told["comments"], told["liked"]) == (None, 0, 0, False)
    assert (seen["likes"], seen["comments"], seen["liked"], seen["links"]) == (1, 1, True, False)
    assert list(told) == list(seen)


def test_who_left_has_no_name_in_the_feed(alice):
    item = make_post(alice, "hello")
    alice.is_active = False
    alice.save()
    item.refresh_from_db()
    assert feed.feed_facts([item])[0]["author"] is None


def test_one_item_and_three_take_as_many_statements(alice, django_assert_num_queries):
    items = [make_post(member, "hello") for member in make_members(3)]
    for wanted in (items[:1], items):
        fresh = list(FeedItem.objects.filter(pk__in=[item.pk for item in wanted]))
        with django_assert_num_queries(9):
            feed.feed_facts(fresh, alice)


def test_nobody_sees_what_is_hidden_or_by_whom_they_do_not_see(alice, bob, charlie):
    mine, theirs = make_post(alice, "mine"), make_post(bob, "theirs")
    gone = make_post(charlie, "gone")
    FeedItem.objects.filter(pk=gone.pk).update(hidden=True)
    drop = feed.add_item("drop", drop=make_drop(1))
    relations.block(bob, alice)
    seen = {who: set(feed.visible(who).values_list("pk", flat=True)) for who in (None, alice, bob, charlie)}
    assert seen == {
        None: {mine.pk, theirs.pk, drop.pk},
        alice: {mine.pk, drop.pk},
        bob: {theirs.pk, drop.pk},
        charlie: {mine.pk, theirs.pk, drop.pk},
    }
