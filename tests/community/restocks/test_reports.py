"""Reports: made and joined by members, from a store's own feed, and who hears of them."""

from datetime import timedelta

import pytest

from community.models import Follow, Notice, Restock, Source
from community.moderation import decisions
from community.notifications import telling
from community.restocks import reports as restocks
from community.restocks import votes
from community.restocks.facts import restock_facts, visible
from dropshop.core.clock import database_time
from dropshop.core.errors import Forbidden, Invalid
from dropshop.core.money import Money
from tests.community.restocks.confirming import balances, confirmed, earn
from tests.make import make_member, make_members, make_restock, make_sneaker, make_store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
Status = Restock.Status


# -- Reporting -------------------------------------------------------------------------------------


def test_a_report_begins_as_reported_and_earns_nothing(report, alice):
    assert (report.status, report.reporter, report.sizes, balances(alice)) == ("reported", alice, ["9"], [0])


def test_the_same_again_joins_the_open_report_and_unites_the_sizes(report, bob):
    joined, created = restocks.report(report.store, report.sneaker, member=bob, sizes=["10", "8.5", "9", "XL"])
    assert (joined.pk, created, joined.sizes) == (report.pk, False, ["8.5", "9", "10", "XL"])
    assert list(joined.votes.values_list("member", "kind")) == [(bob.pk, "confirm")]


def test_one_s_own_report_joined_again_confirms_nothing(report, alice):
    restocks.report(report.store, report.sneaker, member=alice, sizes=["10"])
    assert report.votes.count() == 0


def test_what_is_over_does_not_stand_in_the_way_of_a_new_report(report, alice):
    votes.gone(report.pk, member=alice)
    again = restocks.report(report.store, report.sneaker, member=alice, sizes=["9"])
    assert (again.created, again.restock.pk == report.pk) == (True, False)


def test_what_a_moderator_hid_does_not_stand_in_the_way_either(report, bob, staff):
    decisions.hide(report, moderator=staff)
    again = restocks.report(report.store, report.sneaker, member=bob, sizes=["9"])
    report.refresh_from_db()
    assert (again.created, report.status) == (True, "disputed")


def test_links_are_for_levels_that_may_post_them(alice):
    with pytest.raises(Invalid) as refusal:
        make_restock(alice, link="https://example.com/shoe")
    assert refusal.value.facts["errors"] == {"link": ["Links are open from the level Regular (20 karma)."]}
    earn(alice, 20)
    assert make_restock(alice, link="https://example.com/shoe").link == "https://example.com/shoe"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"sizes": []}, "sizes"),
        ({"sizes": [" "]}, "sizes"),
        ({"sizes": ["9" * 21]}, "sizes"),
        ({"sizes": [str(number) for number in range(41)]}, "sizes"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"note": "x" * 501}, "note"),
    ],
)
def test_a_report_that_says_nothing_usable_is_refused(alice, given, field):
    with pytest.raises(Invalid) as refusal:
        make_restock(alice, **given)
    assert list(refusal.value.facts["errors"]) == [field]


def test_who_was_silenced_neither_reports_nor_votes(report, bob):
    bob.silenced_until = database_time() + timedelta(hours=1)
    bob.save()
    for deed in (lambda: make_restock(bob), lambda: votes.confirm(report.pk, member=bob)):
        with pytest.raises(Forbidden):
            deed()


# -- From a store's own feed -----------------------------------------------------------------------


@pytest.fixture
def source():
    return Source.objects.create(store=make_store(), url="https://store.example/feed", kind="products", permission="by mail")


def test_a_feed_s_report_is_confirmed_at_once(source):
    restock, created = restocks.report_from_source(
        source, make_sneaker(), ["9"], Money(9900, "USD"), "https://store.example/shoe"
    )
    assert (created, restock.status, restock.reporter) == (True, "confirmed", None)
    (facts,) = restock_facts([restock])
    assert (facts["reporter"], facts["source"]) == (None, {"id": str(source.pk), "kind": "products"})


def test_a_feed_bears_out_what_a_member_had_reported(source, alice):
    report = make_restock(alice, store=source.store)
    restock, created = restocks.report_from_source(source, report.sneaker, ["10"])
    assert (created, restock.pk, restock.status, restock.sizes) == (False, report.pk, "confirmed", ["9", "10"])
    assert balances(alice) == [10]


def test_a_feed_ends_what_it_reported_and_nothing_else(source, alice):
    report = make_restock(alice, store=source.store)
    assert restocks.gone_from_source(source, report.sneaker) is None
    other = restocks.report_from_source(source, make_sneaker(), ["9"]).restock
    assert restocks.gone_from_source(source, other.sneaker).status == "gone"


# -- Who hears of it -------------------------------------------------------------------------------


def test_screens_hear_of_every_change(heard, alice, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        report = make_restock(alice)
        confirmed(report, *make_members(2))
    told = heard.of("restock-updated")
    assert [event["status"] for event in told] == ["reported", "reported", "confirmed"]
    assert [len(heard.of("feed-item")), told[-1]["confirmations"], "to" in told[0], "drop" in told[0]] == [1, 2, False, False]


def test_followers_of_the_store_the_sneaker_and_the_size_are_told(alice, bob, charlie):
    store, sneaker, other = make_store(), make_sneaker(), make_member()
    Follow.objects.create(follower=bob, sneaker=sneaker, size="9")
    Follow.objects.create(follower=charlie, sneaker=sneaker, size="10")
    Follow.objects.create(follower=other, store=store)
    Follow.objects.create(follower=alice, sneaker=sneaker)
    report = make_restock(alice, store=store, sneaker=sneaker)
    telling.sweep()
    assert set(Notice.objects.values_list("member", "kind")) == {(who.pk, "restock-reported") for who in (bob, other)}
    restocks.report(store, sneaker, member=make_member(), sizes=["9", "10"])
    telling.sweep()
    assert Notice.objects.get(member=charlie).text == f"Reported: Halden {sneaker.name} at {store.name}, size 10."
    confirmed(report, make_member())
    telling.sweep()
    assert Notice.objects.filter(kind="restock-confirmed").count() == 2  # 10 is not confirmed


def test_the_reporter_is_told_the_verdict(report, alice, bob, charlie, staff):
    confirmed(report, bob, charlie)
    votes.decide(report.pk, Status.DISPUTED, by=staff)
    texts = Notice.objects.filter(member=alice).order_by("created_at").values_list("text", flat=True)
    assert [text.split(":")[0] for text in texts] == ["Confirmed", "Disputed"]


def test_the_record_of_the_reporter_stands_with_the_report(alice, staff):
    reports = [make_restock(alice) for _ in range(3)]
    confirmed(reports[0], *make_members(2))
    votes.decide(reports[1].pk, Status.DISPUTED, by=staff)
    facts = restock_facts(reports[2:])[0]
    assert facts["reporter"] == {"username": "alice", "record": {"reports": 3, "confirmed": 1, "disputed": 1}}


def test_one_report_and_three_take_as_many_statements(alice, bob, django_assert_num_queries):
    for _ in range(3):
        make_restock(alice)
    for wanted in (1, 3):
        with django_assert_num_queries(4):
            restock_facts(visible()[:wanted], bob)
