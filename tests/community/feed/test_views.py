"""The pages of the feed and of members."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.feed import items
from community.models import Block, Comment, FeedItem, Follow, Like, Mute
from community.moderation import decisions
from community.people import relations
from tests.community.feed.test_posts import silence
from tests.community.feed.test_text import HOSTILE
from tests.drops.catalogue.test_pictures import drawn
from tests.make import make_drop, make_member, make_members, make_post

pytestmark = pytest.mark.django_db


def page(client, address="/community/"):
    answer = client.get(address)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_visitors_read_the_feed_and_its_items(client, alice):
    item = make_post(alice, "hello there")
    drop = items.add_item("drop", drop=make_drop(1))
    seen = page(client)
    assert ("hello there" in seen, drop.drop.title in seen, "Sign in to post" in seen) == (True, True, True)
    assert "Sign in to comment" in page(client, f"/community/{item.pk}/")
    assert client.post("/community/", {"text": "x"})["Location"].startswith("/accounts/login/")
    assert client.get("/community/?tab=following")["Location"].startswith("/accounts/login/")


def test_a_member_posts_with_pictures_once_for_each_form(alice, sign_in, media):
    client = sign_in(alice)
    form = {"text": "on feet", "key": "k", "alt": "Laces"}
    answers = [client.post("/community/", {**form, "pictures": [drawn(), drawn("JPEG")]}) for _ in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(303, "/community/")] * 2
    item = FeedItem.objects.get()
    assert (item.author, item.post.text, item.post.pictures.count()) == (alice, "on feet", 2)
    assert page(client).count('alt="Laces"') == 2


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"text": ""}, "Write something."),
        ({"text": "x" * 2001}, "At most 2000 characters; these are 2001."),
        ({"text": "keep me", "pictures": drawn(name="a.svg")}, "says something else than its content"),
    ],
)
def test_a_refused_post_says_why_and_keeps_what_was_typed(alice, sign_in, form, words):
    answer = sign_in(alice).post("/community/", form)
    seen = answer.content.decode()
    assert (answer.status_code, words in seen, form["text"] in seen) == (400, True, True)
    assert FeedItem.objects.count() == 0


def test_who_is_silenced_is_told_until_when(alice, sign_in):
    item = make_post(alice)
    silence(alice)
    client = sign_in(alice)
    for address in ("/community/", f"/community/{item.pk}/comments/"):
        answer = client.post(address, {"text": "x"})
        assert (answer.status_code, "silenced you until" in answer.content.decode()) == (403, True)


def test_the_tabs_choose_and_older_leads_on(alice, bob, sign_in):
    for number in range(26):
        make_post(alice, f"number {number}.")
    make_post(bob, "by bob")
    Follow.objects.create(follower=alice, member=bob)
    client = sign_in(alice)
    following = page(client, "/community/?tab=following")
    assert ("by bob" in following, "number 25." in following) == (True, False)
    assert "by bob" not in page(client, "/community/?tab=drops")
    first = page(client)
    older = page(client, first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&"))
    assert [("number 3." in seen, "number 2." in seen) for seen in (first, older)] == [(True, False), (False, True)]
    assert client.get("/community/?tab=nonsense").status_code == 404


def test_a_member_likes_comments_corrects_and_takes_away(alice, sign_in):
    item, client = make_post(alice, "frist"), sign_in(alice)
    address = f"/community/{item.pk}/"
    assert client.post(f"{address}like/", {"liked": "1", "back": "feed"})["Location"] == "/community/"
    assert client.post(f"{address}like/", {"liked": "0"})["Location"] == address
    assert Like.objects.count() == 0
    client.post(f"{address}comments/", {"text": "nize"})
    said = Comment.objects.get()
    assert client.post(f"{address}comments/", {"text": " "}).status_code == 400
    for edited, text in ((f"{address}edit/", "first"), (f"/community/comments/{said.pk}/edit/", "nice")):
        assert client.post(edited, {"text": ""}).status_code == 400
        assert client.post(edited, {"text": text})["Location"] == address
    seen = page(client, address)
    assert ("first" in seen, "nice" in seen, "nize" in seen) == (True, True, False)
    assert client.post(f"/community/comments/{said.pk}/removal/")["Location"] == address
    assert client.post(f"{address}removal/")["Location"] == "/community/"
    assert client.get(address).status_code == 404


def test_acceptance_35_the_pages_change_nothing_of_anybody_else(alice, bob, sign_in):
    item = make_post(alice, "mine")
    said = Comment.objects.create(item=item, author=alice, text="mine")
    client = sign_in(bob)
    for address in (f"/community/{item.pk}/", f"/community/comments/{said.pk}/"):
        answers = [
            client.get(f"{address}edit/"),
            *(client.post(f"{address}{deed}/", {"text": "x"}) for deed in ("edit", "removal")),
        ]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
    said.refresh_from_db()
    assert (said.text, items.find_item(item.pk).post.text) == ("mine", "mine")


def test_one_item_and_three_take_as_many_statements(alice, sign_in):
    client, counts = sign_in(alice), []
    for members in (make_members(1), make_members(2)):
        for member in members:
            make_post(member)
        with CaptureQueriesContext(connection) as asked:
            page(client)
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_acceptance_42_hostile_texts_and_bios_are_inert_on_every_page(alice, staff, sign_in, hostile):
    """XSS: what a member writes is text on the feed, the item, the member's page and the pages that edit it."""
    item = make_post(alice, hostile)
    Comment.objects.create(item=item, author=alice, text=hostile)
    alice.bio = hostile
    alice.save()
    client = sign_in(alice)
    pages = ("/community/", f"/community/{item.pk}/", "/members/alice/", f"/community/{item.pk}/edit/", "/accounts/profile/")
    for seen in [page(client, address) for address in pages] + [page(sign_in(staff), "/members/alice/")]:
        for live in ("<script>alert", "<img src=x", "<svg/onload", 'href="javascript:', "href='javascript:", "14{%"):
            assert live not in seen


def test_a_members_page_says_who_they_are_and_what_one_can_do(alice, bob, client, sign_in):
    alice.bio = "I like @bob"
    alice.save()
    make_post(alice, "hello there")
    seen = page(client, "/members/ALICE/")
    assert ('<a href="/members/bob/">@bob</a>' in seen, "hello there" in seen, "Block" in seen) == (True, True, False)
    reader = sign_in(bob)
    for word, there in (("follow", Follow), ("mute", Mute), ("block", Block)):
        assert reader.post(f"/members/alice/{word}/")["Location"] == "/members/alice/"
        assert there.objects.count() == 1
    assert ("You have blocked alice" in page(reader, "/members/alice/"), Follow.objects.count()) == (True, 0)
    assert "alice" in page(reader, "/accounts/profile/")
    assert sign_in(alice).get("/members/bob/").status_code == 404
    for word in ("unblock", "unmute"):
        assert reader.post(f"/members/alice/{word}/", {"back": "profile"})["Location"] == "/accounts/profile/"
    assert (Block.objects.count(), Mute.objects.count()) == (0, 0)
    assert "hello there" in page(reader, "/members/alice/")
    statuses = [reader.post("/members/bob/block/"), reader.post("/members/alice/hug/"), reader.get("/members/alice/block/")]
    assert [answer.status_code for answer in statuses] == [400, 404, 302]


def test_two_who_blocked_each_other_can_each_take_it_back(alice, bob, sign_in):
    relations.block(alice, bob)
    relations.block(bob, alice)
    assert sign_in(bob).post("/members/alice/unblock/", {"back": "profile"}).status_code == 303
    assert Block.objects.get().blocker == alice


def test_who_left_has_no_page_and_no_name_in_the_feed(alice, client):
    make_post(alice, "hello there")
    alice.is_active = False
    alice.save()
    assert client.get("/members/alice/").status_code == 404
    seen = page(client)
    assert ("A former member" in seen, ">alice<" in seen) == (True, False)


def test_what_is_hidden_only_moderators_see_with_its_trail(alice, staff, sign_in):
    item = make_post(alice, "buy pills")
    decisions.hide(item, moderator=staff, reason="Advertising.")
    assert sign_in(alice).get(f"/community/{item.pk}/").status_code == 404
    assert "Advertising." in page(sign_in(staff), f"/community/{item.pk}/")
    assert "buy pills" not in page(sign_in(staff))


def test_a_bio_is_cleaned_and_the_silenced_keep_theirs(alice, sign_in):
    client = sign_in(alice)
    client.post("/accounts/profile/", {"bio": "laces \u202e and soles"})
    alice.refresh_from_db()
    assert alice.bio == "laces  and soles"
    silence(alice)
    answer = client.post("/accounts/profile/", {"bio": "other"})
    alice.refresh_from_db()
    assert ("silenced" in answer.content.decode(), alice.bio) == (True, "laces  and soles")


def test_a_member_named_like_a_path_has_a_page(client):
    make_member("a.b+c@d-e")
    assert "a.b+c@d-e" in page(client, "/members/a.b+c@d-e/")


def test_the_last_comments_stand_on_the_items_page_and_a_link_leads_to_those_before(alice, client):
    item = make_post(alice)
    Comment.objects.bulk_create(Comment(item=item, author=alice, text=f"said {number}.") for number in range(26))
    Comment.objects.create(item=item, author=alice, text="at last")
    address = f"/community/{item.pk}/"
    seen = page(client, address)
    earlier = page(client, seen.split('#comments">Earlier')[0].rsplit('href="', 1)[1].replace("&amp;", "&"))
    assert ("at last" in seen, "at last" in earlier, seen.count("said "), earlier.count("said ")) == (True, False, 23, 3)
