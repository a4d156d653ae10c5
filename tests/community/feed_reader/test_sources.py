"""From a store's feed to news: what is due is read, and what came in is reported once."""

from datetime import timedelta

import pytest

from community import tasks
from community.feed_reader import sources
from community.models import Offer, Restock, Source
from community.pricing import prices
from dropshop.core.clock import database_time
from dropshop.core.money import Money
from tests.make import make_restock, make_sneaker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


def test_the_first_reading_says_how_things_stand_and_reports_nothing(shop):
    shop.says(_9=True, _10=False)
    shop.read()
    offers = shop.source.offers.order_by("size").values_list("size", "in_stock", "price", "currency", "link")
    link = shop.host.url("/products/runner")
    assert list(offers) == [("10", False, 18000, "USD", link), ("9", True, 18000, "USD", link)]
    assert (shop.reports, shop.source.failures, shop.source.trouble, shop.source.matched) == ([], 0, "", 2)
    assert timedelta(seconds=295) < shop.source.next_at - database_time() <= timedelta(seconds=300)


def test_what_was_out_and_is_in_is_reported_once_with_its_sizes_price_and_link(shop):
    for sizes in ({"_9": False, "_10": False, "_11": True}, {"_9": "175.00", "_10": True, "_11": True}, {"_9": "175.00"}):
        shop.says(**sizes)
        shop.read()
    (report,) = Restock.objects.all()
    assert (report.store, report.sneaker, report.sizes, report.money, report.link) == (
        shop.source.store,
        shop.sneaker,
        ["9", "10"],
        Money(17500, "USD"),
        shop.host.url("/products/runner"),
    )


def test_what_the_feed_says_is_out_or_is_missing_for_long_ends_the_sources_own_report(shop):
    for sizes in ({"_9": False}, {"_9": True}, {"_9": True}, {"_9": False}, {"_9": True}, {}, {}):
        shop.says(**sizes)
        shop.read()
    assert shop.reports == [(["9"], "gone"), (["9"], "confirmed")]
    shop.read()
    assert shop.reports == [(["9"], "gone"), (["9"], "gone")]


def test_the_feed_ends_what_a_member_reported_and_it_confirmed(shop, alice):
    shop.says(_9=False)
    shop.read()
    report = make_restock(alice, store=shop.source.store, sneaker=shop.sneaker)
    shop.says(_9=True)
    shop.read()
    assert shop.reports == [(["9"], "confirmed")]
    shop.says(_9=False)
    shop.read()
    assert (shop.reports, Restock.objects.get()) == ([(["9"], "gone")], report)


def test_the_feed_ends_nothing_that_it_never_confirmed(shop, alice):
    shop.says(_9=True)
    shop.read()
    make_restock(alice, store=shop.source.store, sneaker=shop.sneaker)
    shop.says(_9=False)
    shop.read()
    assert shop.reports == [(["9"], "reported")]


def test_while_one_size_is_left_the_report_stays_open(shop):
    for sizes in ({"_9": False, "_10": False}, {"_9": True, "_10": True}, {"_9": False, "_10": True}):
        shop.says(**sizes)
        shop.read()
    assert shop.reports == [(["9", "10"], "confirmed")]


def test_a_further_size_of_what_we_had_seen_there_is_news_and_a_sneaker_we_had_not_is_not(shop):
    make_sneaker(style_code="HN-2")
    shop.says(_9=True)
    for _ in range(3):
        shop.read()
    shop.says(_9=True, _10=True)
    shop.read()
    shop.says(sneaker="HN-2", _9=True)
    shop.read()
    assert [(restock.sneaker.style_code, restock.sizes) for restock in Restock.objects.all()] == [("HN-1", ["10"])]


def rss(*entries):
    items = "".join(f"<item><title>HN-1</title><pubDate>{at}</pubDate><link>/{at[5:16]}</link></item>" for at in entries)
    return (200, {"Content-Type": "application/rss+xml"}, f'<rss version="2.0"><channel>{items}</channel></rss>'.encode())


OLD, NEW = "Sat, 21 Nov 2020 10:00:00 GMT", "Sat, 21 Nov 2099 10:00:00 GMT"


def test_an_entry_that_was_announced_since_the_last_reading_is_news(shop):
    Source.objects.update(kind="feed")
    for entries in ([], [OLD]):
        shop.host.says["/products.json"] = rss(*entries)
        shop.read()
    assert (shop.reports, Offer.objects.get().in_stock) == ([], True)
    Offer.objects.all().delete()
    shop.host.says["/products.json"] = rss(OLD, NEW)
    shop.read()
    assert shop.reports == [([], "confirmed")]


def test_an_entry_that_left_a_feed_ends_no_report_and_is_no_news_when_it_is_there_again(shop):
    Source.objects.update(kind="feed")
    for entries in ([OLD], [NEW, OLD], [], [], [], [], [OLD], [NEW], [NEW, OLD]):
        shop.host.says["/products.json"] = rss(*entries)
        shop.read()
    assert shop.reports == [([], "confirmed")]


def test_a_price_is_noted_when_it_is_another_than_before(shop):
    for price in ("180.00", "180.00", "170.00", "170.00"):
        shop.says(_9=price)
        shop.read()
    known = [(point.size, point.money.minor, point.store, point.origin) for point in prices.history(shop.sneaker)]
    assert known == [("9", price, shop.source.store.name, "source") for price in (17000, 18000)]


def test_a_304_changes_nothing_and_is_asked_for_by_what_the_host_said_before(shop):
    shop.says(_9=True, headers={"ETag": '"one"', "Last-Modified": "Sat, 21 Nov 2026 10:00:00 GMT"})
    shop.read()
    before = list(Offer.objects.values())
    shop.host.says["/products.json"] = (304, {}, b"")
    shop.read()
    headers = shop.host.asked[-1][1]
    assert (headers["if-none-match"], headers["if-modified-since"]) == ('"one"', "Sat, 21 Nov 2026 10:00:00 GMT")
    assert (list(Offer.objects.values()), shop.reports, shop.source.etag, shop.source.failures) == (before, [], '"one"', 0)
    assert shop.source.read_at > before[0]["changed_at"]


def test_a_mark_that_no_header_of_ours_can_hold_is_not_kept(shop):
    for mark in ("\u00e9", 'W/"a\x01"', "e" * 301):
        shop.says(_9=True, headers={"ETag": mark, "Last-Modified": mark})
        shop.read()
        shop.read()
        assert (shop.source.etag, shop.source.last_modified, shop.source.trouble) == ("", "", "")


def test_a_reading_leaves_no_history_of_the_source(shop):
    from django.apps import apps

    events = apps.get_model("community", "SourceEvent").objects
    before = events.count()
    shop.says(_9=True)
    shop.read()
    assert (before, events.count()) == (1, 1)


def test_what_is_switched_off_or_not_due_is_not_read(shop):
    Source.objects.update(active=False)
    assert sources.due() == []
    Source.objects.update(active=True, next_at=database_time() + timedelta(seconds=60))
    assert sources.due() == []
    Source.objects.update(next_at=database_time())
    shop.source.store.active = False
    shop.source.store.save()
    assert sources.due() == []


def test_a_message_that_comes_twice_or_too_late_has_no_effect(shop):
    shop.says(_9=True)
    ((pk, token),) = sources.due()
    for _ in range(2):
        sources.read(pk, token, visit=shop.visits())
    assert shop.host.paths == ["/robots.txt", "/products.json"]


def test_a_source_that_was_switched_off_while_it_was_read_says_nothing(shop, monkeypatch):
    shop.says(_9=False)
    shop.read()
    shop.says(_9=True)
    understood = sources._understood

    def switch_off_meanwhile(source, answer):
        Source.objects.update(active=False)
        return understood(source, answer)

    monkeypatch.setattr(sources, "_understood", switch_off_meanwhile)
    shop.read()
    assert (shop.reports, Offer.objects.get().in_stock) == ([], False)


def test_the_sweep_claims_what_is_due_once_and_hands_over_one_reading_each(shop, monkeypatch):
    handed = []
    monkeypatch.setattr(tasks.read_source, "apply_async", lambda arguments, **options: handed.append((arguments, options)))
    for _ in range(2):
        tasks.read_due_sources()
    ((arguments, options),) = handed
    assert (arguments[0], options) == (str(shop.source.pk), {"expires": 300.0})
    shop.says(_9=True)
    monkeypatch.setattr(sources, "PoliteClient", lambda fetcher: shop.visits())
    tasks.read_source(*arguments)
    shop.source.refresh_from_db()
    assert shop.source.read_at is not None


def test_as_many_statements_for_three_known_sizes_as_for_one(shop):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for sizes in ({"_9": True}, {"_9": True, "_10": True, "_11": True}):
        shop.says(**sizes)
        shop.read()
        with CaptureQueriesContext(connection) as asked:
            shop.read()
        counts.append(len(asked))
    assert counts[0] == counts[1]
