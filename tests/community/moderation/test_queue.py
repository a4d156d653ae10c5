"""The queue of complaints in the admin: what stands in it, who sees it, and what is decided there."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.feed import items as feed
from community.models import Trade
from community.moderation import complaints, decisions
from tests.community.moderation.cases import actions, things_of
from tests.make import make_drop, make_member, make_members, make_post

pytestmark = pytest.mark.django_db


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
