"""Of the name of an erased member, and of what they wrote, nothing stays where the shop had written it down for others."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry

from community.closets import closet
from community.meeting import events
from community.members import erasure
from community.models import Comment, Complaint, Notice, Pair, Want
from community.points import karma
from community.talk import comments, posts
from community.trading import disputes, shipping, trades
from tests.community.test_belongings import CANARY, places_of_the_canary
from tests.make import make_event, make_member, make_open_pair, make_pair, make_post, make_sold_pair, make_trade

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


@pytest.fixture
def canary():
    return make_member(CANARY)


def on_its_way(proposer, receiver):
    trade = make_trade(proposer, receiver, gives=[make_sold_pair(proposer)])
    trades.accept(trade.pk, by=receiver)
    for side in (proposer, receiver):
        shipping.mark_sent(trade.pk, by=side)
    return trade


def complete(trade):
    for side in (trade.proposer, trade.receiver):
        shipping.mark_received(trade.pk, by=side)


def log(staff, thing):
    LogEntry.objects.log_actions(staff.pk, [thing], CHANGE, f"Done about {CANARY}.", single_object=True)


def test_the_name_leaves_ledgers_notices_and_logs_and_what_happened_stays(canary, bob, staff):
    complete(trade := on_its_way(canary, bob))
    disputed = on_its_way(bob, canary)
    dispute = disputes.open_dispute(disputed.pk, by=canary, reason="Hm.")
    sneaker = make_pair(bob).sneaker
    Want.objects.create(member=bob, sneaker=sneaker)
    pair = make_pair(canary, sneaker=sneaker, visibility="members")
    closet.change(pair.pk, member=canary, changes={"for_trade": True})
    item = make_post(bob)
    said = comments.comment(item.pk, author=canary, text=f"@bob {CANARY}")
    posts.write(canary, text=f"@bob, {CANARY}")
    meetup = make_event(canary, title=CANARY, city=CANARY, venue=CANARY)
    events.answer(meetup.pk, bob, going=True)
    events.change(meetup.pk, {"starts_at": meetup.starts_at + timedelta(minutes=1)}, by=canary)
    complaint = Complaint.objects.create(by=bob, comment=Comment.objects.get(pk=said.pk), reason="spam", quote=CANARY)
    for thing in (canary, trade, dispute, meetup, complaint):
        log(staff, thing)
    assert len(places_of_the_canary()) >= 5
    erasure.erase(canary)
    assert places_of_the_canary() == []
    assert Notice.objects.filter(member=bob, kind="trade-offer").values_list("text", flat=True)[0].startswith("a former member")
    assert [notice.text for notice in Notice.objects.filter(member=bob, kind="event-cancelled")] == [
        "A meetup you wanted to go to is cancelled: its host has left."
    ]
    assert (karma.balance_of(bob), LogEntry.objects.count()) == (15, 5)


def test_what_others_were_told_of_other_things_is_not_rewritten_by_a_name(bob, charlie):
    make_trade(charlie, bob)
    erasure.erase(make_member("trade"))
    assert [notice.text for notice in Notice.objects.filter(member=bob)] == ["charlie offers you a trade."]


def test_a_pair_on_its_way_to_who_leaves_forgets_on_which_shelf_they_put_it(canary, bob):
    trade = on_its_way(canary, bob)
    closet.change(Pair.objects.get(owner=canary).pk, member=canary, changes={"folder": CANARY})
    erasure.erase(canary)
    assert places_of_the_canary() == []
    assert set(Pair.objects.values_list("promised_in", "removed_at")) == {(trade.pk, None)}


def test_what_they_said_of_a_photograph_does_not_outlast_them_in_another_closet(canary, bob):
    mine = make_open_pair(canary)
    picture = mine.pictures.create(image="pairs/mine.webp", alt=CANARY)
    trade = make_trade(canary, bob, gives=[mine])
    trades.accept(trade.pk, by=bob)
    erasure.erase(canary)
    picture.refresh_from_db()
    assert (places_of_the_canary(), picture.alt, picture.pair.owner) == ([], "", bob)


def test_what_was_told_of_a_pair_that_was_traded_on_goes_with_who_showed_it(canary, bob, charlie):
    pair = make_open_pair(canary)
    Notice.objects.create(member=charlie, kind="want", cause=f"pair:{pair.pk}", text=f"You want it: {CANARY} would trade it.")
    trades.accept(make_trade(canary, bob, gives=[pair]).pk, by=bob)
    erasure.erase(canary)
    assert (places_of_the_canary(), Notice.objects.filter(member=charlie).count()) == ([], 0)
