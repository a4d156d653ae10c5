"""Complaints: what a member can complain of, and how."""

import pytest

from community.feed import posts
from community.models import Complaint, FeedItem, Member, Pair
from community.moderation import complaints
from community.people import relations
from dropshop.core.errors import Invalid, NotFound
from tests.community.moderation.cases import things_of
from tests.make import make_post

pytestmark = pytest.mark.django_db


def test_everything_members_show_can_be_complained_of_once_while_it_is_open(alice, bob):
    for kind, thing in things_of(alice).items():
        assert complaints.find_target(kind, thing.pk, viewer=bob) == thing
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
            complaints.find_target(kind, thing.pk, viewer=bob)


def test_a_pair_whose_owner_was_deactivated_cannot_be_found_for_a_complaint(alice, bob):
    pair = things_of(alice)["pair"]
    assert complaints.find_target("pair", pair.pk, viewer=bob) == pair
    Member.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(NotFound):
        complaints.find_target("pair", pair.pk, viewer=bob)


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
