"""`community/feed` and its neighbours as a program calls them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.models import Comment, FeedItem, Follow, KarmaLevel, Like
from community.people import relations
from tests.make import make_members, make_post

pytestmark = pytest.mark.django_db
ITEM = {
    *("id", "kind", "at", "author", "author_id", "text", "links", "pictures", "about", "likes", "comments", "liked", "url"),
}


def test_anybody_reads_the_feed_page_by_page_and_nothing_twice(call, alice):
    posts = [make_post(alice, str(number)) for number in range(5)]
    pages, address = [], "community/feed?page_size=2"
    while address:
        answer = call.get(address).json()
        pages.append([item["text"] for item in answer["results"]])
        address = answer["next"] and answer["next"].split("/api/v1/")[1]
        make_post(alice, "meanwhile")
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    assert set(call.get(f"community/feed/{posts[0].pk}").json()) == ITEM


def test_one_item_and_three_take_as_many_statements(as_member, alice):
    caller = as_member(alice)
    counts = []
    for members in (make_members(1), make_members(2)):
        for member in members:
            make_post(member)
        with CaptureQueriesContext(connection) as asked:
            caller.get("community/feed")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_post_a_comment_and_a_like_by_the_api(as_member, alice, bob):
    author, reader = as_member(alice), as_member(bob)
    post = author.post("community/posts", {"text": "Hello @bob"})
    assert (post.status_code, set(post.json()), post.json()["author"]) == (201, ITEM, "alice")
    address = f"community/feed/{post.json()['id']}"
    said = reader.post(f"{address}/comments", {"text": "Hi"})
    assert (said.status_code, reader.get(f"{address}/comments").json()["results"]) == (201, [said.json()])
    assert [reader.post(f"{address}/like").json(), reader.delete(f"{address}/like").json()] == [
        {"likes": 1, "liked": True},
        {"likes": 0, "liked": False},
    ]
    assert author.patch(address, {"text": "Hello"}).json()["text"] == "Hello"
    assert reader.patch(f"community/comments/{said.json()['id']}", {"text": "Ho"}).json()["text"] == "Ho"
    assert [reader.delete(f"community/comments/{said.json()['id']}").status_code, author.delete(address).status_code] == [
        204,
        204,
    ]
    assert [reader.get(address).status_code, reader.post(f"{address}/like").status_code] == [404, 404]


def test_a_repeated_post_under_one_key_is_one_post(as_member, alice):
    caller = as_member(alice)
    answers = [caller.post("community/posts", {"text": "once"}, Idempotency_Key="k") for _ in range(2)]
    assert [answer.json() for answer in answers] == [answers[0].json()] * 2
    assert FeedItem.objects.count() == 1


def test_acceptance_36_extra_fields_are_refused_by_name_and_have_no_effect(as_member, alice, bob):
    """36: author, hidden, at, likes in a body."""
    extra = {
        "author": "bob",
        "author_id": str(bob.pk),
        "hidden": True,
        "at": "2001-01-01T00:00:00Z",
        "likes": 99,
        "kind": "drop",
    }
    caller, item = as_member(alice), make_post(alice)
    answers = [
        caller.post("community/posts", {"text": "x", **extra}),
        caller.patch(f"community/feed/{item.pk}", {"text": "y", **extra}),
        caller.post(f"community/feed/{item.pk}/comments", {"text": "z", **extra}),
    ]
    assert [(answer.status_code, set(answer.json()["errors"])) for answer in answers] == [(400, set(extra))] * 3
    assert (FeedItem.objects.get().post.text, Comment.objects.count()) == (item.post.text, 0)


def test_acceptance_35_what_is_not_mine_is_not_there(as_member, alice, bob):
    """35: the same answer for somebody else's as for none."""
    item, missing = make_post(alice), "0" * 8 + "-0000-4000-8000-" + "0" * 12
    said = Comment.objects.create(item=item, author=alice, text="mine")
    stranger = as_member(bob)
    for theirs, none in (
        (f"community/feed/{item.pk}", f"community/feed/{missing}"),
        (f"community/comments/{said.pk}", f"community/comments/{missing}"),
    ):
        for method, body in (("PATCH", {"text": "x"}), ("DELETE", None)):
            answers = [stranger(method, address, body) for address in (theirs, none)]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert answers[0].json() == answers[1].json()


def test_visitors_read_and_do_nothing_else(call, alice):
    item = make_post(alice)
    deeds = [
        call.post("community/posts", {"text": "x"}),
        call.patch(f"community/feed/{item.pk}", {"text": "x"}),
        call.post(f"community/feed/{item.pk}/comments", {"text": "x"}),
        call.post(f"community/feed/{item.pk}/like"),
        call.get("community/feed?following=1"),
    ]
    assert [answer.status_code for answer in deeds] == [401] * 5
    assert [call.get(f"community/feed/{item.pk}").status_code, call.get(f"community/feed/{item.pk}/comments").status_code] == [
        200,
        200,
    ]


def test_the_filters_choose_and_refuse_nonsense(as_member, alice, bob):
    make_post(alice, "hers"), make_post(bob, "his")
    Follow.objects.create(follower=alice, member=bob)
    caller = as_member(alice)

    def texts(query):
        return [item["text"] for item in caller.get(f"community/feed?{query}").json()["results"]]

    assert (texts("following=1"), texts("author=alice"), texts("kind=drop"), texts("kind=post")) == (
        ["his"],
        ["hers"],
        [],
        ["his", "hers"],
    )
    statuses = [
        caller.get(f"community/feed?{query}").status_code for query in ("kind=x", "following=x", "author=nobody", "cursor=x")
    ]
    assert statuses == [400, 400, 404, 400]


def test_whom_one_does_not_see_is_in_no_list(as_member, alice, bob):
    item = make_post(alice, "hers")
    Comment.objects.create(item=item, author=bob, text="his")
    relations.mute(alice, bob)
    seen = as_member(alice)
    assert seen.get(f"community/feed/{item.pk}").json()["comments"] == 0
    assert seen.get(f"community/feed/{item.pk}/comments").json()["results"] == []
    relations.block(bob, alice)
    assert as_member(bob).get("community/feed").json()["results"] == []
    assert as_member(bob).get("community/feed?author=alice").json()["results"] == []
    assert seen.get("community/feed?author=bob").status_code == 404


def test_comments_are_limited_by_member(as_member, alice, settings):
    settings.LIMITS = {**settings.LIMITS, "comment": {"member": "2/1m"}}
    item, caller = make_post(alice), as_member(alice)
    statuses = [caller.post(f"community/feed/{item.pk}/comments", {"text": "x"}).status_code for _ in range(3)]
    assert statuses == [201, 201, 429]


def test_links_are_told_by_the_authors_level(call, alice):
    make_post(alice, "https://example.com")
    assert call.get("community/feed").json()["results"][0]["links"] is False
    KarmaLevel.objects.filter(threshold=0).update(may_post_links=True)
    assert call.get("community/feed").json()["results"][0]["links"] is True
    assert Like.objects.count() == 0
