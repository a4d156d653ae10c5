"""Posts, comments, likes: what their authors do, who is told, and what others cannot."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from community.feed import comments, items, likes, posts
from community.models import Comment, FeedItem, Follow, Like, Notice, PostPicture
from community.people import relations
from dropshop.core.clock import database_time
from dropshop.core.errors import Forbidden, Invalid, NotFound
from dropshop.core.token_buckets import RedisUnavailable, TokenBuckets
from tests.drops.catalogue.test_pictures import drawn as photograph
from tests.make import make_drop, make_members, make_post

pytestmark = pytest.mark.django_db


def silence(member):
    member.silenced_until = database_time() + timedelta(hours=1)
    member.save()


def told(member):
    return list(Notice.objects.filter(member=member).values_list("kind", "text", "url"))


def test_a_post_has_its_text_cleaned_and_its_pictures_drawn_anew(alice, media):
    item = posts.write(alice, text=" on feet\u202e \x00", pictures=posts.draw([photograph(), photograph()]), alt="Laces")
    (facts,) = items.feed_facts([item])
    assert (facts["text"], [picture["alt"] for picture in facts["pictures"]]) == ("on feet", ["Laces", "Laces"])
    assert all(picture["url"].endswith(".webp") for picture in facts["pictures"])
    assert posts.write(alice, text="", pictures=posts.draw([photograph()])).post.text == ""


@pytest.mark.parametrize(
    ("text", "names", "field"),
    [("", [], "text"), ("x" * 2001, [], "text"), ("x", ["a.svg"], "pictures"), ("x", ["a.png"] * 5, "pictures")],
)
def test_a_post_that_is_none_is_refused_and_leaves_nothing(alice, text, names, field):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    files = [SimpleUploadedFile(name, svg) for name in names]
    with pytest.raises(Invalid) as refusal:
        posts.write(alice, text=text, pictures=posts.draw(files))
    assert (list(refusal.value.facts["errors"]), FeedItem.objects.count()) == ([field], 0)


def test_whoever_is_named_is_told_once_and_nobody_who_must_not_see_the_author(alice, bob, charlie):
    relations.block(charlie, alice)
    item = posts.write(alice, text="with @BOB, @charlie, @alice and @nobody")
    posts.edit(item.pk, author=alice, text="with @bob and nobody else")
    assert told(bob) == [("mention", "alice mentioned you in a post.", f"/community/{item.pk}/")]
    assert (told(charlie), told(alice)) == ([], [])


def test_at_most_ten_are_told(alice):
    crowd = make_members(12)
    posts.write(alice, text=" ".join(f"@{member.username}" for member in crowd))
    assert Notice.objects.filter(kind="mention").count() == 10


def test_the_author_is_told_of_a_comment_and_who_is_named_in_it_once(alice, bob, charlie):
    item = make_post(alice)
    comments.comment(item.pk, author=bob, text="@alice look, @charlie")
    comments.comment(item.pk, author=bob, text="nice")
    url = f"/community/{item.pk}/"
    assert sorted(told(alice)) == [
        ("comment", "bob commented on what you shared.", url),
        ("mention", "bob mentioned you in a comment.", url),
    ]
    assert (told(charlie), told(bob)) == ([("mention", "bob mentioned you in a comment.", url)], [])


def test_an_author_corrects_their_post_and_takes_it_away_with_all_that_was_in_it(
    alice, heard, media, django_capture_on_commit_callbacks
):
    item = posts.write(alice, text="frist", pictures=posts.draw([photograph()]))
    with django_capture_on_commit_callbacks(execute=True):
        posts.edit(item.pk, author=alice, text="first")
        posts.edit(item.pk, author=alice, text="first")
        for _ in range(2):
            posts.remove(item.pk, author=alice)
    item.post.refresh_from_db()
    assert (item.post.text, item.post.edited_at is None, PostPicture.objects.count()) == ("", False, 0)
    assert [event["type"] for event in heard.events] == ["feed-item-updated", "feed-item-hidden", "feed-item-hidden"]
    assert list(media.rglob("*.webp")) == []
    with pytest.raises(NotFound):
        posts.edit(item.pk, author=alice, text="again")


def test_an_author_corrects_their_comment_and_takes_it_away(alice, bob):
    item = make_post(alice)
    said = comments.comment(item.pk, author=bob, text="nize")
    assert comments.edit(said.pk, author=bob, text="nice").edited_at is not None
    for _ in range(2):
        comments.remove(said.pk, author=bob)
    assert list(Comment.objects.values_list("text", "hidden")) == [("", True)]
    assert list(comments.visible(item)) == []


def test_acceptance_35_nobody_changes_what_another_wrote(alice, bob, staff):
    """35: a stranger's post or comment is not there, for staff neither; a moderator hides."""
    item = make_post(alice)
    said = comments.comment(item.pk, author=alice, text="mine")
    deeds = [
        lambda who: posts.edit(item.pk, author=who, text="yours"),
        lambda who: posts.remove(item.pk, author=who),
        lambda who: comments.edit(said.pk, author=who, text="yours"),
        lambda who: comments.remove(said.pk, author=who),
    ]
    for deed in deeds:
        for who in (bob, staff):
            with pytest.raises(NotFound):
                deed(who)
    drop = items.add_item("drop", drop=make_drop(1))
    with pytest.raises(NotFound):
        posts.remove(drop.pk, author=staff)
    said.refresh_from_db()
    assert (said.text, FeedItem.objects.filter(hidden=True).count()) == ("mine", 0)


def test_who_is_silenced_or_blocked_says_nothing(alice, bob, charlie):
    item = make_post(alice)
    mine = make_post(bob)
    silence(bob)
    relations.block(alice, charlie)
    for deed in (
        lambda: posts.write(bob, text="x"),
        lambda: posts.edit(mine.pk, author=bob, text="x"),
        lambda: comments.comment(item.pk, author=bob, text="x"),
    ):
        with pytest.raises(Forbidden):
            deed()
    for deed in (
        lambda: comments.comment(item.pk, author=charlie, text="x"),
        lambda: likes.like(item.pk, member=charlie),
    ):
        with pytest.raises(NotFound):
            deed()


def test_a_like_counts_once_and_is_taken_back(alice, bob, charlie, heard, django_capture_on_commit_callbacks):
    item = make_post(alice)
    with django_capture_on_commit_callbacks(execute=True):
        said = [likes.like(item.pk, member=who) for who in (bob, bob, charlie)] + [
            likes.unlike(item.pk, member=bob) for _ in range(2)
        ]
    assert said == [
        {"likes": 1, "liked": True},
        {"likes": 1, "liked": True},
        {"likes": 2, "liked": True},
        {"likes": 1, "liked": False},
        {"likes": 1, "liked": False},
    ]
    assert [event["likes"] for event in heard.of("feed-item-updated")] == [1, 2, 1]
    assert Like.objects.get().member == charlie


def test_a_drop_enters_the_feed_once_when_it_has_opened(alice):
    opened, _coming, _draft = make_drop(1), make_drop(1, starts_in=60), make_drop(1, published=False)
    assert [items.announce_opened() for _ in range(2)] == [1, 0]
    item = FeedItem.objects.get()
    assert (item.drop, item.at) == (opened, opened.starts_at)


def test_the_feed_is_chosen_by_kind_by_author_and_by_whom_one_follows(alice, bob, charlie):
    mine, theirs = make_post(alice), make_post(bob)
    drop = items.add_item("drop", drop=make_drop(1))
    Follow.objects.create(follower=charlie, member=bob)
    chosen = [
        {item.pk for item in items.filtered(charlie, **how)}
        for how in ({"kind": "drop"}, {"author": "ALICE"}, {"following": True}, {"following": True, "kind": "drop"}, {})
    ]
    assert chosen == [{drop.pk}, {mine.pk}, {theirs.pk}, set(), {mine.pk, theirs.pk, drop.pk}]


@pytest.mark.usefixtures("fresh_buckets")
def test_one_member_makes_anothers_bell_ring_ten_times_an_hour_and_others_are_still_heard(alice, bob, charlie):
    item = posts.write(bob, text="on feet")
    for number in range(12):
        comments.comment(item.pk, author=alice, text=f"look @charlie {number}")
    comments.comment(item.pk, author=charlie, text="look @alice")
    assert Counter(Notice.objects.values_list("member__username", "kind")) == {
        ("bob", "comment"): 11,
        ("charlie", "mention"): 10,
        ("alice", "mention"): 1,
    }


def test_without_redis_everybody_is_told(alice, bob, monkeypatch):
    def away(*_):
        raise RedisUnavailable

    monkeypatch.setattr(TokenBuckets, "take_each", away)
    posts.write(alice, text="look @bob")
    assert [kind for kind, *_ in told(bob)] == ["mention"]
