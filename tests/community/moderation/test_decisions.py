"""Complaints, and what moderators decide about them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from community.feed import comments, posts
from community.feed import items as feed
from community.models import Comment, Complaint, Event, FeedItem, Member, ModerationAction, Notice, Pair, Restock, Trade
from community.moderation import complaints, decisions
from community.people import relations
from community.trades import offers, ratings
from dropshop.core.clock import database_time
from dropshop.core.errors import Forbidden, Invalid, NotFound
from tests.make import make_drop, make_member, make_members, make_post, make_sneaker, make_store, make_trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator(db):
    """Staff with the role and nothing else."""
    member = make_member("moderator", is_staff=True)
    member.groups.add(Group.objects.get(name="moderator"))
    return member


def things_of(member):
    """One of each kind that can be complained of."""
    item = make_post(member, "buy pills")
    now = database_time()
    event = {"starts_at": now, "ends_at": now + timedelta(hours=1), "place": (1, 1), "city": "Oslo", "venue": "Pier 1"}
    return {
        "item": item,
        "comment": Comment.objects.create(item=item, author=member, text="buy pills"),
        "restock": Restock.objects.create(store=make_store(), sneaker=make_sneaker(), reporter=member, note="buy pills"),
        "pair": Pair.objects.create(owner=member, sneaker=make_sneaker(), size="9", notes="buy pills", visibility="public"),
        "event": Event.objects.create(host=member, title="Pills", text="buy pills", **event),
        "person": member,
    }


def told(member):
    return list(Notice.objects.filter(member=member).order_by("created_at").values_list("kind", "text"))


def actions():
    return list(ModerationAction.objects.order_by("created_at").values_list("action", "reason"))


def test_everything_members_show_can_be_complained_of_once_while_it_is_open(alice, bob):
    for kind, thing in things_of(alice).items():
        assert complaints.find(kind, thing.pk, viewer=bob) == thing
        first, again = (complaints.file_complaint(bob, thing, "spam", "look") for _ in range(2))
        assert (first, first.target, first.quote) == (again, thing, complaints.words_of(thing))
    assert Complaint.objects.count() == 6


def test_what_one_complained_of_says_in_the_complaint_what_it_said_then(alice, bob):
    item = make_post(alice, "buy pills")
    made = complaints.file_complaint(bob, item, "spam")
    posts.edit(item.pk, author=alice, text="nothing to see")
    made.refresh_from_db()
    assert (made.quote, complaints.words_of(FeedItem.objects.get(pk=item.pk))) == ("buy pills", "nothing to see")


def test_nobody_complains_of_their_own_or_without_a_reason(alice, bob):
    item = make_post(alice)
    for by, reason in ((alice, "spam"), (bob, "because")):
        with pytest.raises(Invalid):
            complaints.file_complaint(by, item, reason)


def test_acceptance_35_what_one_cannot_see_cannot_be_found_for_a_complaint(alice, bob):
    things = things_of(alice)
    Pair.objects.update(visibility="private")
    for kind, thing in things.items():
        if kind not in {"pair", "person"}:
            type(thing).objects.update(hidden=True)
    relations.block(alice, bob)
    for kind, thing in [*things.items(), ("nonsense", alice)]:
        with pytest.raises(NotFound):
            complaints.find(kind, thing.pk, viewer=bob)


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


def test_the_queue_names_each_thing_once_the_most_complained_of_first(alice, moderator, sign_in):
    little, much, mine = make_post(alice), make_post(alice), make_post(moderator)
    complaints.file_complaint(make_member(), little, "abuse")
    for member in make_members(3):
        complaints.file_complaint(member, much, "spam")
        complaints.file_complaint(member, mine, "spam")
    queue = decisions.open_complaints(decisions.seen_by(moderator)).order_by(*decisions.QUEUE)
    assert [(complaint.target, complaint.number) for complaint in queue] == [(much, 3), (little, 1)]
    shown = sign_in(moderator).get("/admin/community/complaint/").context["cl"].result_list
    assert [complaint.target for complaint in shown] == [much, little]


@pytest.mark.parametrize(
    "change", ["UPDATE community_moderationaction SET reason = 'x'", "DELETE FROM community_moderationaction"]
)
def test_the_database_keeps_the_trail(alice, moderator, change):
    decisions.hide(make_post(alice), moderator=moderator)
    with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(ModerationAction._meta.db_table))


def test_by_the_api_a_member_complains_and_a_visitor_does_not(as_member, call, alice, bob):
    item = make_post(alice)
    body = {
        "about": "item",
        "id": str(item.pk),
        "reason": "spam",
        "text": "look",
    }
    answers = [as_member(bob).post("complaints", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Complaint.objects.get().by == bob
    extra = as_member(bob).post("complaints", {**body, "by": "alice", "closed_at": "2026-01-01T00:00Z"})
    assert set(extra.json()["errors"]) == {"by", "closed_at"}
    assert call.post("complaints", body).status_code == 401
    wrong = [{**body, "about": "member"}, {**body, "reason": "x"}, {**body, "id": "x"}, {**body, "id": str(alice.pk)}]
    assert [as_member(bob).post("complaints", each).status_code for each in wrong] == [400, 400, 400, 404]


def test_moderators_work_through_the_queue_in_the_admin(alice, bob, moderator, sign_in):
    item = make_post(alice, "<script>alert(1)</script>")
    made = complaints.file_complaint(bob, item, "spam", "<b>look</b>")
    client = sign_in(moderator)
    listed = client.get("/admin/community/complaint/").content.decode()
    assert ("&lt;script&gt;" in listed, "<script>alert" in listed) == (True, False)
    page = client.get(f"/admin/community/complaint/{made.pk}/change/").content.decode()
    assert ("&lt;b&gt;look" in page, "<script>alert" in page, "Silence the author" in page) == (True, False, True)
    asked = client.get(f"/admin/community/complaint/{made.pk}/silence/").content.decode()
    assert 'name="days"' in asked
    assert client.post(f"/admin/community/complaint/{made.pk}/silence/", {"days": "0"}).status_code == 200
    assert client.post(f"/admin/community/complaint/{made.pk}/silence/", {"days": "2", "reason": "Spam."}).status_code == 302
    assert client.post(f"/admin/community/complaint/{made.pk}/hide/", {"reason": "Spam."}).status_code == 302
    assert actions() == [("silenced", "2 days. Spam."), ("hidden", "Spam.")]
    assert "hidden" in client.get("/admin/community/moderationaction/").content.decode()
    assert client.get("/admin/community/complaint/?state=closed").content.decode().count("alert(1)") == 1


def test_other_staff_and_the_accused_do_not_see_the_queue(alice, moderator, sign_in):
    made = complaints.file_complaint(alice, make_post(moderator), "abuse")
    other = make_member(is_staff=True)
    assert sign_in(moderator).get(f"/admin/community/complaint/{made.pk}/change/").status_code == 302
    for address in ("", f"{made.pk}/change/", f"{made.pk}/hide/"):
        assert sign_in(other).get(f"/admin/community/complaint/{address}").status_code == 403


def test_a_trade_is_of_two_and_neither_decides_about_it(alice, moderator):
    trade = Trade.objects.create(proposer=alice, receiver=moderator)
    with pytest.raises(Forbidden):
        decisions.hide(feed.add_item("trade", author=alice, trade=trade), moderator=moderator)


def everything(moderator, bob, number):
    """So many of each kind, complained of, and decided about once."""
    for member in make_members(number):
        trade = Trade.objects.create(proposer=member, receiver=make_member())
        items = [feed.add_item("drop", drop=make_drop(1)), feed.add_item("trade", author=member, trade=trade)]
        for thing in (*things_of(member).values(), *items):
            complaints.file_complaint(bob, thing, "spam")
            decisions.dismiss(thing, moderator=moderator)
            complaints.file_complaint(bob, thing, "spam")


@pytest.mark.parametrize("address", ["complaint/", "moderationaction/"])
def test_as_many_statements_for_three_of_each_kind_as_for_one(bob, moderator, sign_in, address):
    client, asked = sign_in(moderator), []
    for number in (1, 2):
        everything(moderator, bob, number)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/admin/community/{address}").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]


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


# -- What members write about themselves and about each other ----------------------------------------


def a_rating(alice, bob, text="a liar"):
    """What bob wrote of alice, after a trade that is complete."""
    trade = make_trade(bob, alice)
    offers.accept(trade.pk, by=alice)
    Trade.objects.filter(pk=trade.pk).update(completed_at=database_time())
    return ratings.rate(trade.pk, by=bob, stars=1, text=text)


def test_a_rating_is_complained_of_and_its_words_are_hidden_everywhere(alice, bob, moderator, sign_in, as_member):
    charlie = make_member("charlie")
    rating = a_rating(alice, bob)
    pages = (f"/members/{alice.username}/", f"/trades/{rating.trade_id}/")
    calls = (f"community/trades/{rating.trade_id}", "users/me/export")
    report = f'href="/community/report/rating/{rating.reference}/"'
    assert report in sign_in(alice).get(pages[0]).content.decode()
    assert report not in sign_in(bob).get(pages[0]).content.decode()
    made = as_member(charlie).post("complaints", {"about": "rating", "id": str(rating.reference), "reason": "abuse"})
    assert (made.status_code, Complaint.objects.get().quote) == (201, "a liar")
    decisions.hide(rating, moderator=moderator, reason="An insult.")
    assert [page for page in pages if "a liar" in sign_in(alice).get(page).content.decode()] == []
    assert [call for call in calls if "a liar" in as_member(alice).get(call).content.decode()] == []
    assert told(bob)[-1] == ("moderation", "A moderator has hidden your rating. An insult.")
    assert ratings.standing_of(alice).stars == 1
    for viewer in (alice, charlie):
        with pytest.raises(NotFound):
            complaints.find("rating", rating.reference, viewer=viewer)
    decisions.restore(rating, moderator=moderator)
    assert "a liar" in sign_in(alice).get(pages[0]).content.decode()


def test_what_a_member_wrote_about_themselves_is_hidden_and_stays_so_when_they_write_anew(
    alice, bob, moderator, sign_in, client
):
    Member.objects.filter(pk=alice.pk).update(bio="buy pills")
    alice.refresh_from_db()
    page = f"/members/{alice.username}/"
    complaints.file_complaint(bob, alice, "spam")
    decisions.hide(alice, moderator=moderator)
    sign_in(alice).post("/accounts/profile/", {"bio": "buy more pills"})
    readers = (client, sign_in(bob), sign_in(alice))
    assert ["pills" in reader.get(page).content.decode() for reader in readers] == [False, False, False]
    profile = sign_in(alice).get("/accounts/profile/").content.decode()
    assert ("buy more pills" in profile, "A moderator has hidden this" in profile) == (True, True)
    decisions.restore(Member.objects.get(pk=alice.pk), moderator=moderator)
    assert "buy more pills" in client.get(page).content.decode()
    assert [action for action, _ in actions()] == ["hidden", "restored"]


def test_moderators_hide_a_bio_and_a_rating_in_the_admin(alice, bob, moderator, sign_in):
    Member.objects.filter(pk=alice.pk).update(bio="buy pills")
    rating = a_rating(bob, alice)
    alice.refresh_from_db()
    for thing in (alice, rating):
        made = complaints.file_complaint(bob, thing, "spam")
        assert sign_in(moderator).get(f"/admin/community/complaint/{made.pk}/change/").status_code == 200
        assert sign_in(moderator).post(f"/admin/community/complaint/{made.pk}/hide/", {"reason": ""}).status_code == 302
        assert decisions.is_hidden(type(thing).objects.get(pk=thing.pk))
        decided = ModerationAction.objects.first()
        staff_page = sign_in(moderator).get(f"/admin/community/moderationaction/{decided.pk}/change/")
        assert staff_page.status_code == 200
