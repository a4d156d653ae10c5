"""Thirty at once: one report, one verdict, one award; and the control that shows what the report's lock is for."""

import pytest

from community.karma import ledger
from community.models import FeedItem, KarmaTransfer, Notice, Restock
from community.restocks import reports, votes
from tests.make import make_member, make_members, make_restock, make_sneaker, make_store
from tests.races.crowd import Meeting, at_once, codes

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 30


def events(heard, status):
    """How often the screens heard that a report came to be so: its first event with that status counts."""
    told = [event["status"] for event in heard.of("restock-updated")]
    return sum(1 for before, now in zip([None, *told], told, strict=False) if now == status != before)


def test_thirty_confirmations_at_once_are_one_verdict_and_one_award(heard, alice):
    report, crowd = make_restock(alice), make_members(CROWD)
    answers = at_once([lambda member=member: votes.confirm(report.pk, member=member) for member in crowd], threads=15)
    report.refresh_from_db()
    assert (codes(answers), report.status, report.votes.count()) == (["ok"] * CROWD, "confirmed", CROWD)
    assert events(heard, "confirmed") == 1
    assert sorted(KarmaTransfer.objects.values_list("rule", "member")) == sorted(
        [("restock-confirmed", alice.pk)]
        + [("confirmed-rightly", pk) for pk in report.votes.order_by("created_at", "pk").values_list("member", flat=True)[:2]]
    )
    assert (ledger.balance_of(alice), Notice.objects.filter(member=alice).count()) == (10, 1)


def test_one_member_thirty_times_is_one_vote(heard, alice, bob):
    report = make_restock(alice)
    at_once([lambda: votes.confirm(report.pk, member=bob)] * CROWD, threads=15)
    report.refresh_from_db()
    assert (report.status, report.votes.count()) == ("reported", 1)


def test_confirmed_and_disputed_at_once_ends_one_way_and_the_points_agree(heard, alice):
    report, crowd = make_restock(alice), make_members(12)
    deeds = [votes.confirm, votes.dispute] * 6
    at_once([lambda deed=deed, who=who: deed(report.pk, member=who) for deed, who in zip(deeds, crowd, strict=True)])
    report.refresh_from_db()
    assert report.status in {"confirmed", "disputed"}
    points = [ledger.balance_of(member) for member in (alice, *crowd)]
    assert (points[0], sum(points)) == {"confirmed": (10, 14), "disputed": (0, 0)}[report.status]


def test_thirty_reports_of_one_thing_at_once_are_one_report(heard):
    store, sneaker, crowd = make_store(), make_sneaker(), make_members(CROWD)
    answers = at_once(
        [
            lambda member=member, size=size: reports.report(store, sneaker, member=member, sizes=[f"{size / 2:g}", "20"])
            for size, member in enumerate(crowd, 1)
        ],
        threads=15,
    )
    report = Restock.objects.get()
    assert sorted(answer.created for answer in answers) == [False] * (CROWD - 1) + [True]
    assert report.sizes == [*(f"{size / 2:g}" for size in range(1, CROWD + 1)), "20"]
    assert (report.votes.count(), report.status, ledger.balance_of(report.reporter)) == (CROWD - 1, "confirmed", 10)
    assert FeedItem.objects.count() == 1


def two_confirm(monkeypatch, *, locks):
    """Two members confirm at the same moment, and pause between counting and deciding."""
    report, meeting = make_restock(make_member()), Meeting()
    is_enough = votes._is_enough

    def count_then_pause(locked, kind):
        enough = is_enough(locked, kind)
        meeting.meet()
        return enough

    monkeypatch.setattr(votes, "_is_enough", count_then_pause)
    if not locks:
        monkeypatch.setattr(votes, "lock", lambda pk: Restock.objects.get(pk=pk))
    at_once([lambda member=member: votes.confirm(report.pk, member=member) for member in make_members(2)])
    report.refresh_from_db()
    return report.status


def test_the_second_of_two_confirmations_at_once_sees_the_first(heard, monkeypatch):
    assert two_confirm(monkeypatch, locks=True) == "confirmed"


def test_control_without_the_lock_neither_sees_the_other_and_nobody_decides(heard, monkeypatch):
    """The race whose guard stands above: with the lock off the verdict is lost."""
    assert two_confirm(monkeypatch, locks=False) == "reported"
