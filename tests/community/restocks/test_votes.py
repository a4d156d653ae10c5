"""Votes on a report: who confirms and disputes it, how it ends, and what each of it is worth."""

from datetime import timedelta

import pytest

from community.models import Complaint, FeedItem, KarmaLevel, Notice, PricePoint, Restock, Sighting
from community.moderation import decisions
from community.restocks import votes
from community.restocks.facts import visible
from dropshop.core.clock import database_time
from dropshop.core.errors import Forbidden, NotFound
from tests.community.restocks.confirming import balances, confirmed, earn
from tests.make import make_established, make_member, make_members, make_restock, make_sneaker, make_store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
Status = Restock.Status


def link(*members, kind="network", mark="here"):
    """These were seen in one network, or on one device."""
    for member in members:
        Sighting.objects.create(member=member, kind=kind, mark=mark)


# -- Confirming ------------------------------------------------------------------------------------


def test_two_independent_members_confirm_and_everybody_earns(report, alice, bob, charlie):
    assert confirmed(report, bob).status == "reported"
    settled = confirmed(report, charlie)
    assert (settled.status, settled.confirmed_at is not None) == ("confirmed", True)
    assert balances(alice, bob, charlie) == [10, 2, 2]


def test_confirming_twice_changes_nothing(report, bob):
    assert confirmed(report, bob, bob).status == "reported"
    assert report.votes.count() == 1


def test_one_member_does_not_decide_however_much_they_weigh(report, bob):
    make_established(bob)
    earn(bob, 400)
    assert (confirmed(report, bob).status, report.votes.get().weight) == ("reported", 3)


def test_points_alone_give_nobodys_word_more_weight(report, bob):
    earn(bob, 400)
    assert (confirmed(report, bob).status, report.votes.get().weight) == ("reported", 1)


def test_nobody_confirms_their_own_report(report, alice):
    with pytest.raises(votes.OwnReport):
        confirmed(report, alice)


def test_a_level_without_weight_does_not_confirm_and_learns_what_is_missing(report, bob):
    KarmaLevel.objects.filter(threshold=0).update(confirm_weight=0)
    with pytest.raises(Forbidden, match=r"from the level Regular \(20 karma\)"):
        confirmed(report, bob)


@pytest.mark.parametrize("kind", ["network", "device"])
def test_a_linked_account_is_not_independent(report, alice, bob, kind):
    link(alice, bob, kind=kind)
    with pytest.raises(votes.NotIndependent):
        confirmed(report, bob)


def test_two_linked_members_are_one_voice_and_earn_once(report, alice, bob, charlie):
    link(bob, charlie)
    assert confirmed(report, bob, charlie).status == "reported"
    assert confirmed(report, make_member()).status == "confirmed"
    assert balances(alice, bob, charlie) == [10, 2, 0]


def test_who_turns_out_to_be_linked_with_the_reporter_is_no_voice_any_more(report, alice, bob, charlie):
    confirmed(report, bob)
    link(alice, bob)
    assert confirmed(report, charlie).status == "reported"


def test_a_confirmed_price_is_noted(report, bob, charlie):
    confirmed(report, bob, charlie)
    assert list(PricePoint.objects.values_list("size", "price", "origin", "store")) == [("9", 12000, "report", report.store_id)]


def test_a_reporter_earns_once_a_day_for_one_sneaker_in_one_store(alice):
    store, sneaker = make_store(), make_sneaker()
    for _ in range(2):
        report = make_restock(alice, store=store, sneaker=sneaker)
        confirmed(report, *make_members(2))
        votes.gone(report.pk, member=alice)
    assert balances(alice) == [10]


# -- Disputing, and the end ------------------------------------------------------------------------


def test_a_dispute_takes_back_what_the_confirmation_gave(report, alice, bob, charlie):
    confirmed(report, bob, charlie)
    for member in make_members(2):
        settled = votes.dispute(report.pk, member=member)
    assert (settled.status, balances(alice, bob, charlie)) == ("disputed", [0, 0, 0])


def test_many_confirmations_are_not_overturned_by_two(report, alice):
    confirmed(report, *make_members(3))
    for member in make_members(2):
        votes.dispute(report.pk, member=member)
    report.refresh_from_db()
    assert (report.status, balances(alice)) == ("confirmed", [10])


def test_a_members_newest_word_counts(report, bob, charlie):
    confirmed(report, bob)
    votes.dispute(report.pk, member=bob)
    assert confirmed(report, charlie).status == "reported"
    assert votes.dispute(report.pk, member=make_member()).status == "disputed"


def test_ending_a_report_early_does_not_save_its_points(report, alice, bob, charlie):
    confirmed(report, bob, charlie)
    assert votes.gone(report.pk, member=alice).status == "gone"
    for member in make_members(2):
        votes.dispute(report.pk, member=member)
    assert balances(alice, bob, charlie) == [0, 0, 0]


def test_what_is_long_over_is_not_disputed_any_more(report, alice, bob):
    votes.gone(report.pk, member=alice)
    Restock.objects.update(ended_at=database_time() - timedelta(days=8))
    with pytest.raises(votes.RestockEnded):
        votes.dispute(report.pk, member=bob)


def test_what_is_disputed_is_not_confirmed(report, bob, staff):
    votes.decide(report.pk, Status.DISPUTED, by=staff)
    with pytest.raises(votes.RestockEnded) as refusal:
        confirmed(report, bob)
    assert refusal.value.facts == {"restock_status": "disputed"}


def test_two_others_end_a_report_and_no_points_move(report, alice, bob, charlie):
    confirmed(report, bob, charlie)
    for member in make_members(2):
        votes.gone(report.pk, member=member)
    report.refresh_from_db()
    assert (report.status, balances(alice, bob, charlie)) == ("gone", [10, 2, 2])


def test_staff_decide_alone(report, alice, staff):
    assert votes.confirm(report.pk, member=staff).status == "confirmed"
    assert balances(alice) == [10]
    assert votes.dispute(report.pk, member=staff).status == "disputed"
    assert balances(alice, staff) == [0, 0]


def test_staff_without_the_permission_are_members_like_others(report, alice):
    helper = make_member(is_staff=True)
    assert votes.confirm(report.pk, member=helper).status == "reported"


def test_what_is_hidden_is_not_there(report, bob, alice, staff):
    decisions.hide(report, moderator=staff)
    report.refresh_from_db()
    assert (report.status, FeedItem.objects.get(restock=report).hidden, visible().count()) == ("disputed", True, 0)
    with pytest.raises(NotFound):
        confirmed(report, bob)


def test_hiding_a_confirmed_report_takes_its_points_back_whichever_queue_it_is_hidden_from(report, alice, bob, charlie, staff):
    for member in (bob, charlie):
        votes.confirm(report.pk, member=member)
    assert balances(alice, bob, charlie) == [10, 2, 2]
    complaint = Complaint.objects.create(by=bob, restock=report, reason="fraud")
    decisions.hide(complaint.target, moderator=staff, complaint=complaint)
    report.refresh_from_db()
    assert (report.status, balances(alice, bob, charlie)) == ("disputed", [0, 0, 0])


def test_a_report_nobody_speaks_of_is_quietly_gone(report, alice):
    fresh = make_restock(alice)
    Restock.objects.filter(pk=report.pk).update(created_at=database_time() - timedelta(hours=25))
    assert [votes.end_overdue() for _ in range(2)] == [1, 0]
    assert sorted(Restock.objects.values_list("pk", "status")) == sorted([(report.pk, "gone"), (fresh.pk, "reported")])
    assert Notice.objects.count() == 0
