"""A restock is confirmed size by size; what nobody confirmed is not told as confirmed (R1)."""

import re

import pytest

from community.feed import items
from community.karma import ledger
from community.models import Complaint, FeedItem, Follow, Notice, PricePoint, Restock
from community.moderation import complaints, decisions
from community.notifications import telling
from community.restocks import reports, votes
from community.restocks.facts import restock_facts
from community.restocks.presenter import restock_words
from dropshop.core.errors import Invalid
from dropshop.core.money import Money
from tests.make import make_member, make_restock, make_source

pytestmark = pytest.mark.django_db


def join(report, member, *sizes):
    return reports.report(report.store, report.sneaker, member=member, sizes=sizes).restock


def facts(report):
    return restock_facts([Restock.objects.get(pk=report.pk)])[0]


def standing(report):
    told = facts(report)
    return told["status"], told["sizes"], told["confirmed_sizes"]


@pytest.fixture
def confirmed(alice, bob, charlie):
    """A report of size 9 that two others have confirmed."""
    report = make_restock(alice)
    for member in (bob, charlie):
        votes.confirm(report.pk, member=member)
    return report


def test_a_size_that_joins_a_confirmed_report_is_not_told_as_confirmed(confirmed, heard, django_capture_on_commit_callbacks):
    follower, joins = make_member(), make_member()
    Follow.objects.create(follower=follower, sneaker=confirmed.sneaker, size="10")
    with django_capture_on_commit_callbacks(execute=True):
        join(confirmed, joins, "10")
    assert standing(confirmed) == ("confirmed", ["9", "10"], ["9"])
    words = restock_words(facts(confirmed))
    assert (words["status"], words["sizes"]) == ("Partly confirmed", "size 9 confirmed, 10 not yet")
    (item,) = items.feed_facts(FeedItem.objects.filter(restock=confirmed))
    assert item["about"]["confirmed_sizes"] == ["9"]
    assert heard.of("restock-updated")[-1]["confirmed_sizes"] == ["9"]
    telling.sweep()
    assert list(Notice.objects.filter(member=follower).values_list("kind", flat=True)) == ["restock-reported"]


def test_a_joined_size_is_confirmed_by_two_besides_who_named_it(confirmed, heard):
    follower = make_member()
    Follow.objects.create(follower=follower, sneaker=confirmed.sneaker, size="10")
    join(confirmed, make_member(), "10")
    for known in ([], ["10"]):
        votes.confirm(confirmed.pk, member=make_member(), sizes=["10"])
        assert standing(confirmed)[2] == ["9", *known]
    assert restock_words(facts(confirmed))["status"] == "Confirmed"
    telling.sweep()
    kinds = Notice.objects.filter(member=follower).order_by("created_at").values_list("kind", flat=True)
    assert list(kinds) == ["restock-reported", "restock-confirmed"]


def test_who_joins_with_another_size_says_nothing_of_the_first(alice, bob, charlie, heard):
    report = make_restock(alice)
    for member in (bob, charlie):
        join(report, member, "10")
    assert standing(report) == ("reported", ["9", "10"], [])


def test_members_confirm_the_sizes_they_saw(alice, bob, charlie, heard):
    report = make_restock(alice, sizes=["9", "10"], price=Money(12000, "USD"))
    votes.confirm(report.pk, member=bob, sizes=["9"])
    votes.confirm(report.pk, member=charlie)
    assert standing(report) == ("confirmed", ["9", "10"], ["9"])
    assert list(PricePoint.objects.values_list("size", flat=True)) == ["9"]
    assert Notice.objects.get(member=alice, kind="restock-verdict").text.endswith("So far in size 9.")
    votes.confirm(report.pk, member=bob, sizes=["10"])
    assert (standing(report)[2], PricePoint.objects.count()) == (["9", "10"], 2)


@pytest.mark.parametrize("sizes", [[], ["12"], [" "]], ids=["none", "one that is not named", "blank"])
def test_nobody_confirms_what_the_report_does_not_name(alice, bob, heard, sizes):
    report = make_restock(alice)
    with pytest.raises(Invalid):
        votes.confirm(report.pk, member=bob, sizes=sizes)
    assert report.votes.count() == 0


def test_a_feed_confirms_the_sizes_it_names(alice, heard):
    report = make_restock(alice, sizes=["9", "10"])
    source = make_source(report.store)
    reports.report_from_source(source, report.sneaker, ["9", "11"])
    assert standing(report) == ("confirmed", ["9", "10", "11"], ["9", "11"])


def test_staff_confirm_what_is_named_when_they_look(confirmed, heard):
    join(confirmed, make_member(), "10")
    votes.decide(confirmed.pk, "confirmed", by=make_member(is_staff=True, is_superuser=True))
    assert standing(confirmed)[2] == ["9", "10"]


def test_api_and_page_take_the_sizes_that_were_seen(as_member, sign_in, bob, charlie, heard):
    report = make_restock(make_member(), sizes=["9", "10"])
    wrong = as_member(bob).post(f"restocks/{report.pk}/confirm", {"sizes": ["12"]})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["sizes"])
    as_member(bob).post(f"restocks/{report.pk}/confirm", {"sizes": ["9"]})
    page = sign_in(charlie).get(f"/restocks/{report.pk}/").content.decode()
    assert re.findall(r'name="sizes" value="([^"]+)"', page) == ["9", "10"]
    sign_in(charlie).post(f"/restocks/{report.pk}/confirm/", {"by_size": "1"})
    assert report.votes.count() == 1
    sign_in(charlie).post(f"/restocks/{report.pk}/confirm/", {"by_size": "1", "sizes": ["9"]})
    assert as_member(bob).get(f"restocks/{report.pk}").json()["confirmed_sizes"] == ["9"]


def test_a_report_and_its_line_in_the_feed_are_one_thing_to_complain_of_and_to_hide(confirmed, alice, bob, staff, heard):
    line, reader = FeedItem.objects.get(restock=confirmed), make_member()
    for kind, pk in (("item", line.pk), ("restock", confirmed.pk)):
        complaints.file_complaint(reader, complaints.find_target(kind, pk, viewer=reader), "spam")
    assert Complaint.objects.get().target == confirmed
    decisions.hide(line, moderator=staff)
    confirmed.refresh_from_db()
    line.refresh_from_db()
    assert (confirmed.hidden, confirmed.status, line.hidden) == (True, "disputed", True)
    assert [ledger.balance_of(member) for member in (alice, bob)] == [0, 0]
    assert Complaint.objects.get().closed_at is not None
