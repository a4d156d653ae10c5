"""Accounts that mint points for each other end at zero."""

from contextlib import suppress

import pytest

from community.models import Restock, Sighting
from community.restocks import reports, votes
from tests.community.restocks.confirming import balances
from tests.make import ADDRESS, make_drop, make_member, make_members, make_purchase, make_restock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


def vouch(report, *members):
    """Each says that it is so, as far as they may."""
    for member in members:
        try:
            votes.confirm(report.pk, member=member)
        except votes.NotIndependent:
            continue


@pytest.mark.parametrize("kind", ["network", "device"])
def test_two_accounts_of_one_network_or_device_earn_nothing_by_each_other(alice, bob, kind):
    for member in (alice, bob):
        Sighting.objects.create(member=member, kind=kind, mark="here")
    for reporter, friend in ((alice, bob), (bob, alice)) * 2:
        vouch(make_restock(reporter), friend)
    assert balances(alice, bob) == [0, 0]


def test_a_whole_room_of_accounts_is_one_voice(alice):
    room = make_members(5)
    for member in room:
        Sighting.objects.create(member=member, kind="network", mark="room")
    report = make_restock(alice)
    vouch(report, *room)
    assert (Restock.objects.get().status, balances(alice, *room)) == ("reported", [0] * 6)


def test_two_unlinked_accounts_that_only_vouch_for_each_other_earn_nothing(alice, bob):
    for reporter, friend in ((alice, bob), (bob, alice)) * 3:
        vouch(make_restock(reporter), friend)
    assert balances(alice, bob) == [0, 0]


def test_what_the_returned_vouch_adds_is_nothing_even_beside_an_honest_one(alice, bob):
    """Bob's first vouch is paid with others'; after it, each vouch between the two is worth nothing to either."""
    honest = [make_member() for _ in range(4)]
    vouch(make_restock(alice), bob, honest[0])
    before = balances(alice, bob)
    for reporter, friend, other in ((bob, alice, honest[1]), (alice, bob, honest[2]), (bob, alice, honest[3])):
        report = make_restock(reporter)
        vouch(report, friend, other)
        assert votes.confirm(report.pk, member=other).status == "confirmed"
    assert (before, balances(alice, bob)) == ([10, 2], [10, 2])
    assert balances(*honest) == [2, 2, 2, 2]


def test_a_vouch_returned_through_a_linked_account_is_worth_nothing_either(alice, bob):
    second = make_member()
    for member in (bob, second):
        Sighting.objects.create(member=member, kind="device", mark="bob's")
    vouch(make_restock(alice), second)
    vouch(make_restock(bob), alice, make_member())
    assert balances(alice, bob, second) == [0, 0, 0]


@pytest.mark.parametrize("linked", [True, False])
def test_joining_each_others_reports_confirms_no_more_than_saying_so(alice, bob, linked):
    for member in (alice, bob) if linked else ():
        Sighting.objects.create(member=member, kind="network", mark="here")
    for reporter, friend in ((alice, bob), (bob, alice)) * 2:
        report = make_restock(reporter)
        reports.report(report.store, report.sneaker, member=friend, sizes=["9", "10"])
    assert (balances(alice, bob), set(Restock.objects.values_list("status", flat=True))) == ([0, 0], {"reported"})


@pytest.mark.parametrize("word", ["gone", "dispute"])
def test_who_takes_their_confirmation_back_still_owes_it(alice, bob, word):
    """Three that vouch for each other, and wipe the trace of it by another word, earn no more than by the first round."""
    carol = make_member()
    first = make_restock(alice)
    vouch(first, bob, carol)
    before = balances(alice, bob, carol)
    votes.deeds[word](first.pk, member=bob)
    vouch(make_restock(bob), alice, make_member())
    assert (before, balances(alice, bob, carol)) == ([10, 2, 2], [10, 2, 2])


def test_a_vouch_for_a_linked_account_is_owed_by_the_other_one_too(alice, bob):
    second, honest = make_member(), make_member()
    for member in (bob, second):
        Sighting.objects.create(member=member, kind="device", mark="bob's")
    vouch(make_restock(second), alice)
    vouch(make_restock(alice), bob, honest)
    assert balances(alice, bob, second, honest) == [0, 0, 0, 2]


def test_reporting_again_what_was_ended_earns_those_who_confirm_it_nothing_more(alice, bob):
    carol, report = make_member(), make_restock(alice)
    for _ in range(3):
        vouch(report, bob, carol)
        votes.gone(report.pk, member=alice)
        report = make_restock(alice, store=report.store, sneaker=report.sneaker)
    assert balances(alice, bob, carol) == [10, 2, 2]


@pytest.mark.parametrize("deed", [votes.confirm, lambda pk, member: votes.decide(pk, "confirmed", by=member)])
def test_staff_who_decide_alone_earn_nothing_by_it_nor_does_their_second_account(alice, deed):
    judge = make_member(is_staff=True, is_superuser=True)
    for member in (alice, judge):
        Sighting.objects.create(member=member, kind="network", mark="home")
    report = make_restock(alice)
    with suppress(votes.NotIndependent):
        deed(report.pk, member=judge)
    assert balances(alice, judge) == [0, 0]
    other = make_restock(make_member())
    deed(other.pk, member=judge)
    assert balances(other.reporter, judge) == [10, 0]


def test_two_accounts_of_one_address_earn_nothing_by_each_other(alice, bob):
    for member, street in ((alice, "1 Lace Lane"), (bob, "One Lace Ln.")):
        make_purchase(member, make_drop(1), address=ADDRESS | {"street": street})
    for reporter, friend in ((alice, bob), (bob, alice)) * 2:
        vouch(make_restock(reporter), friend)
    assert balances(alice, bob) == [0, 0]


def test_a_household_of_accounts_is_one_voice(alice):
    household = make_members(5)
    for member in household:
        make_purchase(member, make_drop(1))
    report = make_restock(alice)
    vouch(report, *household)
    assert (Restock.objects.get().status, balances(alice, *household)) == ("reported", [0] * 6)
