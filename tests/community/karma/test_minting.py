"""Points cannot be minted among friends (K3, acceptance 76)."""

from datetime import timedelta

import pgtrigger
import pytest
from django.db.models import F

from community.karma import established as rules
from community.karma import ledger
from community.karma.established import bound, established
from community.models import KarmaAccount, KarmaTransfer, Member, Restock, RestockVote, Sighting, Trade
from community.restocks import rewards, votes
from community.trades import offers, shipping
from reservations.models import Purchase
from tests.harness.thorough import SLOW_AND_RARE
from tests.make import (
    make_established,
    make_member,
    make_members,
    make_open_pair,
    make_restock,
    make_sold_pair,
    make_trade,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
TRADE_POINTS = 15


def balances(*members):
    return [ledger.balance_of(member) for member in members]


def traded(one, other, gives=None, wants=None):
    trade = offers.accept(make_trade(one, other, gives=gives, wants=wants).pk, by=other)
    for side in (one, other):
        shipping.mark_sent(trade.pk, by=side)
    for side in (one, other):
        shipping.mark_received(trade.pk, by=side)
    return trade


def a_day_of(ring, reports):
    """Each reports, all others confirm; and each trades made-up pairs with the next one."""
    for reporter in ring:
        for _ in range(reports):
            report = make_restock(reporter)
            for other in ring:
                if other != reporter:
                    votes.confirm(report.pk, member=other)
    for one, other in zip(ring, [*ring[1:], ring[0]], strict=True):
        traded(one, other)


def long_ago(days):
    """Whatever was done before counts as so many days older: caps, and what is asked of the last days, begin anew."""
    span = timedelta(days=days)
    Restock.objects.update(created_at=F("created_at") - span, confirmed_at=F("confirmed_at") - span)
    RestockVote.objects.update(created_at=F("created_at") - span)
    Trade.objects.exclude(completed_at=None).update(completed_at=F("completed_at") - span)
    with pgtrigger.ignore("community.KarmaTransfer:append_only"):
        KarmaTransfer.objects.update(created_at=F("created_at") - span)


def minted(ring):
    return sum(KarmaAccount.objects.filter(member__in=ring).values_list("balance", flat=True))


@pytest.mark.parametrize("size", [3, 4, pytest.param(6, marks=SLOW_AND_RARE)])
def test_acceptance_76_a_ring_of_new_accounts_earns_at_most_the_published_bound(size):
    """On networks of their own, day after day, as long after each other as they like."""
    ring = make_members(size)
    for member in ring:
        Sighting.objects.create(member=member, kind="network", mark=f"of {member}")
    for _ in range(3):
        a_day_of(ring, reports=2)
        long_ago(days=100)
    assert minted(ring) <= bound(size, pairs_sold=0, trade_points=TRADE_POINTS) == 10 * size


def test_without_the_bound_the_ring_earns_beyond_it(monkeypatch):
    """The control of the test before."""
    monkeypatch.setattr(rules, "FIRST_POINTS", 10**6)
    monkeypatch.setattr(shipping, "_holds_a_sold_pair", lambda trade: True)
    ring = make_members(3)
    for _ in range(2):
        a_day_of(ring, reports=2)
        long_ago(days=100)
    assert minted(ring) > 30


def test_a_ring_that_buys_a_pair_earns_by_it_once(alice, bob, charlie):
    pair = make_sold_pair(alice)
    traded(alice, bob, gives=[pair])
    assert balances(alice, bob) == [15, 15]
    pair.refresh_from_db()
    type(pair).objects.filter(pk=pair.pk).update(visibility="members", for_trade=True)
    traded(bob, charlie, gives=[pair])
    assert sum(balances(alice, bob, charlie)) == 30 == bound(3, pairs_sold=1, trade_points=15) - 3 * 10


def test_made_up_pairs_and_sales_that_were_refunded_earn_nothing(alice, bob, charlie):
    traded(alice, bob)
    pair = make_sold_pair(alice)
    Purchase.objects.filter(pair=pair).update(status="refunded")
    traded(alice, charlie, gives=[pair], wants=[make_open_pair(charlie)])
    assert balances(alice, bob, charlie) == [0, 0, 0]


def test_established_members_earn_reporters_and_themselves_points_without_a_bound(alice, bob, charlie):
    make_established(bob, charlie)
    for _ in range(3):
        report = make_restock(alice)
        for member in (bob, charlie):
            votes.confirm(report.pk, member=member)
    assert balances(alice, bob, charlie) == [30, 6, 6]


def test_one_established_member_among_new_ones_vouches_for_nothing_beyond_the_first_points(alice, bob):
    make_established(bob)
    for _ in range(3):
        report = make_restock(alice)
        for member in (bob, *make_members(2)):
            votes.confirm(report.pk, member=member)
    assert balances(alice, bob) == [10, 6]  # his are his first points, too


def test_what_staff_decide_counts_beyond_the_first_points(alice):
    judge = make_member(is_staff=True, is_superuser=True)
    for _ in range(2):
        votes.decide(make_restock(alice).pk, "confirmed", by=judge)
    assert balances(alice) == [20]


def mistaken(member):
    report = make_restock(make_member())
    votes.confirm(report.pk, member=member)
    votes.decide(report.pk, "disputed", by=make_member(is_staff=True, is_superuser=True))


@pytest.mark.parametrize(
    "lacks",
    [
        lambda member: Member.objects.filter(pk=member.pk).update(date_joined=F("date_joined") + timedelta(days=2)),
        lambda member: Purchase.objects.filter(member=member).update(status="refunded"),
        lambda member: Purchase.objects.filter(member=member).update(created_at=F("created_at") + timedelta(days=2)),
        mistaken,
    ],
    ids=["age", "a sale that stands", "a pair that was kept", "accuracy"],
)
def test_an_account_is_established_by_age_a_kept_purchase_and_being_right(alice, bob, lacks):
    make_established(alice, bob)
    assert established([alice.pk, bob.pk]) == {alice.pk, bob.pk}
    lacks(alice)
    assert established([alice.pk, bob.pk]) == {bob.pk}


def test_points_that_were_taken_back_are_not_earned_anew(alice, bob, charlie):
    report = make_restock(alice)
    for member in (bob, charlie):
        votes.confirm(report.pk, member=member)
    rewards.take_back(report)
    again = make_restock(alice)
    for member in make_members(2):
        votes.confirm(again.pk, member=member)
    assert balances(alice) == [0]


def test_the_page_publishes_the_bound_and_no_rule_that_nothing_uses(sign_in, alice):
    page = sign_in(alice).get("/karma/").content.decode()
    assert ("at most 10 × n points" in page, "You entered a raffle" in page) == (True, False)
