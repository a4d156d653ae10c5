from datetime import timedelta

import pytest

from community.accounts import linked_accounts
from community.karma import ledger
from community.models import FeedItem, KarmaTransfer, Notice, Pair, PairMove, Shipment, Sighting, Trade
from community.trades import disputes, offers, ratings, shipping
from dropshop.core.clock import database_time
from dropshop.core.errors import Forbidden, Invalid, NotFound
from tests.make import make_member, make_open_pair, make_sold_pair, make_trade
from tests.races.auditor import faults

pytestmark = pytest.mark.django_db


def kinds(member):
    return set(Notice.objects.filter(member=member).values_list("kind", flat=True))


def accepted(one, other, **sides):
    trade = make_trade(one, other, **({"gives": [make_sold_pair(one)]} | sides))
    return offers.accept(trade.pk, by=other)


def arrived(trade):
    for side in (trade.proposer, trade.receiver):
        shipping.mark_sent(trade.pk, by=side, carrier="Post", tracking="RR 1")
    for side in (trade.proposer, trade.receiver):
        trade = shipping.mark_received(trade.pk, by=side)
    return trade


def test_a_trade_is_complete_when_both_have_what_they_traded_for(alice, bob):
    trade = accepted(alice, bob)
    shipping.mark_sent(trade.pk, by=alice, carrier="  Post\n", tracking="RR\u202e 123")
    shipment = Shipment.objects.get(sender=alice)
    assert (shipment.carrier, shipment.tracking, shipment.sent_at is None) == ("Post", "RR 123", False)
    with pytest.raises(shipping.NotSent):
        shipping.mark_received(trade.pk, by=alice)
    assert shipping.mark_received(trade.pk, by=bob).completed_at is None
    assert Pair.objects.filter(promised_in=trade).count() == 2
    shipping.mark_sent(trade.pk, by=bob)
    done = shipping.mark_received(trade.pk, by=alice)
    assert done.completed_at is not None
    assert Pair.objects.filter(promised_in=trade).count() == 0
    assert (ledger.balance_of(alice), ledger.balance_of(bob)) == (15, 15)
    assert FeedItem.objects.get(trade=trade).author == alice
    assert kinds(alice) == {"trade-accepted", "trade-sent", "trade-received", "trade-completed"}
    assert kinds(bob) == {"trade-offer", "trade-sent", "trade-received", "trade-completed"}
    assert faults() == []


def test_saying_it_again_changes_nothing_but_a_mistyped_number(alice, bob):
    trade = accepted(alice, bob)
    for number in ("1", "2"):
        shipping.mark_sent(trade.pk, by=alice, tracking=number)
    first = Shipment.objects.get(sender=alice)
    for _ in range(2):
        shipping.mark_received(trade.pk, by=bob)
    shipping.mark_sent(trade.pk, by=alice, tracking="3")
    again = Shipment.objects.get(sender=alice)
    assert (again.tracking, again.sent_at) == ("2", first.sent_at)
    assert Notice.objects.filter(member=bob, kind="trade-sent").count() == 1
    done = arrived(trade)
    shipping.mark_received(trade.pk, by=bob)
    assert Trade.objects.get().completed_at == done.completed_at
    assert ledger.balance_of(alice) == 15


def test_nothing_is_sent_before_an_offer_is_accepted_and_nothing_by_strangers(alice, bob, charlie):
    trade = make_trade(alice, bob)
    for deed in (shipping.mark_sent, shipping.mark_received):
        with pytest.raises(shipping.NotAccepted):
            deed(trade.pk, by=alice)
        with pytest.raises(NotFound):
            deed(trade.pk, by=charlie)


def test_two_accounts_mint_no_points_18(alice, bob):
    """Linked accounts earn nothing, and two members once in ninety days."""
    for member in (alice, bob):
        Sighting.objects.create(member=member, kind="device", mark="one", last_at=database_time())
    assert linked_accounts.are_linked(alice, bob)
    arrived(accepted(alice, bob))
    assert KarmaTransfer.objects.count() == 0
    Sighting.objects.all().delete()
    arrived(accepted(bob, alice))
    assert KarmaTransfer.objects.count() == 0  # within 90 days of the one before
    Trade.objects.update(completed_at=database_time() - timedelta(days=91))
    arrived(accepted(bob, alice))
    arrived(accepted(alice, bob))
    assert (ledger.balance_of(alice), ledger.balance_of(bob)) == (15, 15)


def test_who_has_not_sent_is_reminded_once_and_after_the_deadline_everybody_is_told_once(alice, bob, staff):
    trade = accepted(alice, bob)
    shipping.mark_sent(trade.pk, by=bob)
    assert shipping.notify_deadlines() == 0
    Shipment.objects.update(due_at=database_time() + timedelta(hours=23))
    assert [shipping.notify_deadlines() for _ in range(2)] == [1, 0]
    assert "trade-reminder" in kinds(alice)
    assert "trade-reminder" not in kinds(bob)
    Shipment.objects.update(due_at=database_time() - timedelta(hours=1))
    assert [shipping.notify_deadlines() for _ in range(2)] == [1, 0]
    assert [Notice.objects.filter(member=member, kind="trade-overdue").count() for member in (alice, bob)] == [1, 1]
    assert kinds(staff) == {"staff-trade-overdue"}


def test_what_is_undone_disputed_or_complete_has_no_deadline(alice, bob, charlie):
    accepted_ones = [accepted(alice, bob), accepted(alice, charlie)]
    disputes.open_dispute(accepted_ones[0].pk, by=bob, reason="Nothing came.")
    arrived(accepted_ones[1])
    Shipment.objects.update(due_at=database_time() - timedelta(hours=1), sent_at=None, received_at=None)
    assert shipping.notify_deadlines() == 0


def test_a_dispute_asks_staff_and_holds_completion_up_until_they_decide(alice, bob, staff):
    trade = accepted(alice, bob)
    dispute = disputes.open_dispute(trade.pk, by=bob, reason="Left shoe missing.")
    assert disputes.open_dispute(trade.pk, by=alice, reason="No.") == dispute
    assert ("trade-dispute" in kinds(alice), kinds(staff)) == (True, {"staff-trade-dispute"})
    assert arrived(trade).completed_at is None
    disputes.uphold(dispute.pk, by=staff, note="Photos show both.")
    assert disputes.uphold(dispute.pk, by=staff).note == "Photos show both."
    trade.refresh_from_db()
    assert (trade.completed_at is None, Pair.objects.filter(promised_in=trade).count()) == (False, 0)
    assert (ledger.balance_of(alice), {"trade-verdict", "trade-completed"} <= kinds(bob)) == (15, True)
    with pytest.raises(disputes.AlreadyDecided):
        disputes.undo(dispute.pk, by=staff)
    with pytest.raises(disputes.AlreadyDecided):
        disputes.open_dispute(trade.pk, by=bob, reason="Again.")


def test_a_trade_that_staff_let_stand_before_anything_arrived_earns_nothing(alice, bob, staff):
    trade = accepted(alice, bob)
    disputes.uphold(disputes.open_dispute(trade.pk, by=bob, reason="Hm.").pk, by=staff)
    assert (Trade.objects.get().completed_at is None, ledger.balance_of(alice)) == (False, 0)


def test_undoing_gives_every_pair_back_and_takes_the_karma(alice, bob, charlie, staff):
    mine, theirs = [make_open_pair(alice), make_open_pair(alice)], [make_open_pair(bob)]
    trade = accepted(alice, bob, gives=mine, wants=theirs)
    arrived(trade)
    Pair.objects.filter(pk=mine[0].pk).update(visibility="members", for_trade=True)
    late = make_trade(charlie, bob, wants=[mine[0]])
    Pair.objects.filter(pk=mine[1].pk).update(removed_at=database_time())
    dispute = disputes.open_dispute(trade.pk, by=alice, reason="A fake.")
    for _ in range(2):
        disputes.undo(dispute.pk, by=staff)
    owners = dict(Pair.objects.values_list("pk", "owner__username"))
    assert [owners[pair.pk] for pair in (*mine, *theirs)] == ["alice", "alice", "bob"]
    assert PairMove.objects.filter(trade=trade).count() == 6
    assert set(Pair.objects.filter(owner=alice).values_list("removed_at", "promised_in")) == {(None, None)}
    trade.refresh_from_db()
    late.refresh_from_db()
    assert (trade.completed_at, trade.undone_at is None, late.status) == (None, False, "stale")
    assert (ledger.balance_of(alice), ledger.balance_of(bob), FeedItem.objects.get(trade=trade).hidden) == (0, 0, True)
    assert faults() == []
    with pytest.raises(shipping.Undone):
        shipping.mark_sent(trade.pk, by=alice)
    with pytest.raises(ratings.NotComplete):
        ratings.rate(trade.pk, by=alice, stars=1)


def test_a_pair_that_went_on_cannot_go_back(alice, bob, charlie, staff):
    pair = make_sold_pair(alice)
    trade = accepted(alice, bob, gives=[pair])
    arrived(trade)
    Pair.objects.filter(pk=pair.pk).update(visibility="members", for_trade=True)
    accepted(charlie, bob, wants=[pair])
    dispute = disputes.open_dispute(trade.pk, by=alice, reason="A fake.")
    with pytest.raises(disputes.MovedOn) as refusal:
        disputes.undo(dispute.pk, by=staff)
    assert refusal.value.facts == {"pairs": [str(pair.pk)]}
    dispute.refresh_from_db()
    assert (dispute.resolution, ledger.balance_of(alice)) == ("", 15)
    assert faults() == []


def test_disputes_come_in_time_with_a_reason_and_are_not_decided_by_a_side(alice, bob, staff):
    trade = accepted(alice, staff)
    with pytest.raises(Invalid):
        disputes.open_dispute(trade.pk, by=alice, reason=" \u200b ")
    dispute = disputes.open_dispute(trade.pk, by=alice, reason="Nothing came.")
    with pytest.raises(Forbidden):
        disputes.uphold(dispute.pk, by=staff)
    with pytest.raises(NotFound):
        disputes.uphold(0, by=staff)
    over = accepted(alice, bob)
    arrived(over)
    Trade.objects.filter(pk=over.pk).update(completed_at=database_time() - timedelta(days=15))
    with pytest.raises(disputes.TooLate):
        disputes.open_dispute(over.pk, by=bob, reason="A fake.")


def test_each_side_rates_the_other_once_after_completion(alice, bob, charlie):
    trade = accepted(alice, bob)
    with pytest.raises(ratings.NotComplete):
        ratings.rate(trade.pk, by=alice, stars=5)
    arrived(trade)
    with pytest.raises(Invalid):
        ratings.rate(trade.pk, by=alice, stars=6)
    with pytest.raises(NotFound):
        ratings.rate(trade.pk, by=charlie, stars=5)
    first = ratings.rate(trade.pk, by=alice, stars=4, text="Quick.\nKind.")
    assert (first.rated, first.text) == (bob, "Quick. Kind.")
    assert ratings.rate(trade.pk, by=alice, stars=4, text="Quick. Kind.") == first
    with pytest.raises(ratings.AlreadyRated):
        ratings.rate(trade.pk, by=alice, stars=1)
    ratings.rate(trade.pk, by=bob, stars=5)
    known = ratings.ratings_of(bob)
    assert (known.standing, known.newest) == ((4.0, 1), [first])
    assert known.standing.words == "4.0 of 5 · 1 trade"
    assert ratings.standing_of(charlie).words == "0 trades"


def test_standings_take_as_many_statements_for_three_members_as_for_one(alice, bob, charlie, django_assert_num_queries):
    arrived(accepted(alice, bob))
    for members in ([alice], [alice, bob, make_member()]):
        with django_assert_num_queries(3):
            ratings.trader_ratings(member.pk for member in members)
