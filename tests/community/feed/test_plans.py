"""How the database reads the feed: by its indexes, a page at a time, and never by sorting the table.

The same shop as in `make bench`, which has a million items, with 8,000; there the planner takes the same ways.
"""

from datetime import timedelta

import pytest
from django.db.models import Count

from bench import community
from community.feed import items as feed
from community.models import FeedItem, Member
from dropshop.core.clock import database_time
from tests.make import make_sneaker, make_store
from tests.query_plans import nodes_of

ITEMS = 8_000
PAGE = 50


def plan_of(items):
    """Every node of the plan of this page, outermost first."""
    return nodes_of(items.order_by(*feed.NEWEST)[:PAGE], analyze=True)


def read_from_feed(nodes):
    """Which rows of the feed the plan touches, and by which indexes."""
    scans = [node for node in nodes if node.get("Relation Name", FeedItem._meta.db_table) == FeedItem._meta.db_table]
    scans = [node for node in scans if "Scan" in node["Node Type"]]
    touched = sum((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in scans)
    return {node.get("Index Name") for node in scans} - {None}, touched


@pytest.fixture
def crowded(db):
    """The shop of the benchmark, smaller."""
    community.fill(items=ITEMS, members=1000, store=make_store().pk, sneaker=make_sneaker().pk)


def pages_of(reader, **how):
    """The first page, and one somewhere in the past."""
    items = feed.filtered(Member.objects.get(username=reader) if reader else None, **how)
    return [items, items.filter(at__lt=database_time() - timedelta(minutes=ITEMS // 2))]


def test_each_page_is_read_off_its_index_without_a_sort(crowded):
    writers = FeedItem.objects.values_list("author__username").annotate(number=Count("pk")).order_by("-number")
    ((busiest, _), *_rest) = writers[:1]
    for reader, how, index in (
        (None, {}, "feed_newest"),
        ("old1", {}, "feed_newest"),
        ("old3", {}, "feed_newest"),  # has blocked 200
        (None, {"kind": "trade"}, "feed_of_kind"),
        (None, {"author": busiest}, "feed_of_author"),
    ):
        for items in pages_of(reader, **how):
            nodes = plan_of(items)
            indexes, touched = read_from_feed(nodes)
            slow = [node["Node Type"] for node in nodes if node["Node Type"] in ("Sort", "Seq Scan")]
            assert (reader, how, indexes, slow, touched <= 3 * PAGE) == (reader, how, {index}, [], True)
    for reader, follows in (("old1", 3), ("old2", 50), ("old3", 500)):
        for items in pages_of(reader, following=True):
            nodes = plan_of(items)
            indexes, touched = read_from_feed(nodes)
            slow = [node["Node Type"] for node in nodes if node["Node Type"] == "Seq Scan"]
            assert (follows, indexes <= {"feed_newest", "feed_of_author"}, slow, touched < ITEMS / 4) == (
                follows,
                True,
                [],
                True,
            )
