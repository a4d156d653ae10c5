"""What members write about themselves and about each other: complained of, hidden, and shown again."""

import pytest

from community.models import Complaint, Member, ModerationAction, Trade
from community.moderation import complaints, decisions
from community.trades import offers, ratings
from dropshop.core.clock import database_time
from dropshop.core.errors import NotFound
from tests.community.moderation.cases import actions, told
from tests.make import make_member, make_trade

pytestmark = pytest.mark.django_db


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
            complaints.find_target("rating", rating.reference, viewer=viewer)
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
