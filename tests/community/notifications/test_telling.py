"""Telling many of one thing: each once, in batches, however many there are, whatever breaks off, and only what is so."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import community
from community.models import Follow, Member, Notice, Pair, PricePoint, Restock, Telling, Want
from community.notifications import notices, telling
from community.restocks import reports, votes
from community.tasks import notify_members
from community.wants.matching import notice_matches_of_pairs
from dropshop.core.clock import database_time
from dropshop.core.money import Money
from tests.make import make_members, make_pair, make_restock, make_sneaker, make_store
from tests.query_plans import nodes_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


@pytest.fixture
def popular(monkeypatch):
    """A sneaker that seven follow, and a worker that tells three at a time."""
    monkeypatch.setattr(telling, "BATCH_MEMBERS", 3)
    monkeypatch.setattr(telling, "FIRST_MEMBERS", 2)

    sneaker = make_sneaker()
    Follow.objects.bulk_create(Follow(follower=member, sneaker=sneaker) for member in make_members(7))
    return sneaker


def told():
    """Who was told, and how often altogether."""
    members = list(Notice.objects.filter(kind="restock-reported").values_list("member", flat=True))
    return len(set(members)), len(members)


def test_nobody_is_told_inside_the_deed_and_everybody_soon_after(popular, alice, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        with django_capture_on_commit_callbacks() as later:
            make_restock(alice, sneaker=popular)
        assert told() == (0, 0)
        for call in later:
            call()
        assert told() == (2, 2)
        notify_members()
    assert (told(), Telling.objects.count()) == ((7, 7), 0)
    assert len(heard.of("notification")) == 7


def test_what_breaks_off_in_the_middle_is_taken_up_by_the_next_run_and_each_is_told_once(popular, alice, monkeypatch):
    make_restock(alice, sneaker=popular)
    (later,) = make_members(1)
    Follow.objects.create(follower=later, sneaker=make_restock(alice).sneaker)
    tell, calls = notices.notify, []

    def dies_at_the_second(*facts, **more):
        calls.append(facts)
        if len(calls) == 2:
            raise ZeroDivisionError
        return tell(*facts, **more)

    monkeypatch.setattr(notices, "notify", dies_at_the_second)
    telling.sweep()
    assert (told(), Notice.objects.filter(member=later).count()) == ((4, 4), 1)
    telling.sweep()
    assert (told(), telling.sweep(), Telling.objects.count()) == ((8, 8), 0, 0)


@pytest.mark.parametrize("change", [{"hidden": True}, {"status": "gone"}, {"status": "disputed"}], ids=str)
def test_what_is_no_longer_so_is_told_to_nobody(popular, alice, change):
    Restock.objects.filter(pk=make_restock(alice, sneaker=popular).pk).update(**change)
    assert (telling.sweep(), Telling.objects.count()) == (0, 0)


def test_a_pair_that_is_private_again_is_told_to_nobody(alice, bob):
    sneaker = make_sneaker()
    Want.objects.create(member=bob, sneaker=sneaker)
    pair = make_pair(alice, sneaker=sneaker, visibility="members", for_trade=True)
    notice_matches_of_pairs([pair])
    Pair.objects.update(visibility="private", for_trade=False)
    assert (telling.sweep(), Notice.objects.count()) == (0, 0)


def statements(deed):
    with CaptureQueriesContext(connection) as asked:
        deed()
    return len(asked)


def test_a_report_and_a_deciding_vote_cost_as_many_statements_for_forty_sizes_and_many_followers_as_for_one(bob, charlie):
    counts, sizes = [], [*range(1, 21), *(number + 0.5 for number in range(1, 21))]
    for many in (1, 40):
        sneaker, reporter = make_sneaker(), make_members(1)[0]
        for kind, members in ((Follow, make_members(many)), (Want, make_members(many))):
            who = "follower" if kind is Follow else "member"
            kind.objects.bulk_create(kind(**{who: member}, sneaker=sneaker) for member in members)
        store, price = make_store(), Money(15000, "USD")
        labels = [f"{size:g}" for size in sizes[:many]]
        made = statements(lambda: reports.report(store, sneaker, member=reporter, sizes=labels, price=price))  # noqa: B023
        report = Restock.objects.get(sneaker=sneaker)
        votes.confirm(report.pk, member=bob)
        counts.append((made, statements(lambda: votes.confirm(report.pk, member=charlie))))  # noqa: B023
        report.refresh_from_db()
        assert (report.status, PricePoint.objects.filter(sneaker=sneaker).count()) == ("confirmed", many)
    assert counts[0] == counts[1]


# -- How the database reads it ---------------------------------------------------------------------


def scans(rows):
    """The indexes by which the plan finds the rows."""
    nodes = nodes_of(rows)
    return {node.get("Index Name", "whole table") for node in nodes if "Index Name" in node or node["Node Type"] == "Seq Scan"}


@pytest.fixture
def crowded(db):
    """Many members who follow one store and one sneaker, want it, and have notices of all ages."""
    sneaker, store = make_sneaker(), make_store()
    community.fill(items=10, members=2000, store=store.pk, sneaker=sneaker.pk)
    members = list(Member.objects.all())
    Follow.objects.all().delete()
    others = [make_sneaker() for _ in range(4)]
    Follow.objects.bulk_create(Follow(follower=member, sneaker=one) for member in members for one in [sneaker, *others])
    Follow.objects.bulk_create(Follow(follower=member, store=store) for member in members)
    Want.objects.bulk_create(Want(member=member, sneaker=one) for member in members for one in [sneaker, *others])
    Notice.objects.bulk_create(Notice(member=member, kind="x", cause=str(n), text="x") for member in members for n in range(5))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE community_notice SET created_at = now() - random() * interval '700 days'")
        cursor.execute("UPDATE community_notice SET read_at = created_at WHERE created_at < now() - interval '620 days'")
        cursor.execute("ANALYZE community_follow, community_want, community_notice")
    return sneaker, store


def test_who_is_told_and_what_is_forgotten_is_read_off_indexes(crowded):
    sneaker, store = crowded
    after = uuid.UUID(int=1 << 127)
    batch = Follow.objects.filter(follower__gt=after).order_by("follower_id").values_list("follower_id", flat=True)
    assert scans(batch.filter(store=store).distinct()[:500]) == {"follow_of_store"}
    assert scans(batch.filter(sneaker=sneaker, size__in=["", "9"]).distinct()[:500]) == {"follow_of_sneaker"}
    wants = Want.objects.filter(sneaker=sneaker, member__gt=after).order_by("member_id").values_list("member_id", flat=True)
    assert scans(wants[:500]) == {"want_of_sneaker"}
    now = database_time()
    assert scans(notices.unread_before(now - notices.UNREAD_RETENTION)[:1000]) == {"notice_unread_age"}
    assert scans(notices.read_before(now - timedelta(days=9000))[:1000]) == {"notice_read"}
