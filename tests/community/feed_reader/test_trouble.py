"""A host in trouble: when it is asked again, and what staff are told."""

import pytest

from community.feed_reader import sources
from community.feed_reader.sources import pause_after
from community.models import Offer
from dropshop.core.clock import database_time
from tests.community.feed_reader.hosts import JSON
from tests.make import make_source

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


def test_failures_put_the_next_reading_off_and_say_why_and_a_good_one_forgives_all(shop):
    shop.host.says["/products.json"] = (500, {}, b"")
    waits = []
    for _ in range(3):
        shop.read()
        waits.append((shop.source.next_at - database_time()).total_seconds())
    assert [low < wait <= 2 * low for low, wait in zip((299, 599, 1199), waits, strict=True)] == [True] * 3
    assert (shop.source.failures, shop.source.trouble) == (3, "The host has trouble. (500)")
    shop.says(_9=True)
    shop.read()
    assert (shop.source.failures, shop.source.trouble) == (0, "")


@pytest.mark.parametrize("said", ["7200", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_who_asks_us_to_come_back_later_is_obeyed_up_to_a_day(shop, said):
    shop.host.says["/products.json"] = (429, {"Retry-After": said}, b"")
    shop.read()
    wait = (shop.source.next_at - database_time()).total_seconds()
    assert 7195 < wait <= (7200 if said == "7200" else 86_400)
    assert shop.source.trouble == "The host says that we ask too often. (429)"


@pytest.mark.parametrize("said", ["-1", "soon", "1e9", "٣", ""])
def test_a_retry_after_that_says_nothing_changes_nothing(shop, said):
    shop.host.says["/products.json"] = (503, {"Retry-After": said.encode().decode("latin-1")}, b"")
    shop.read()
    assert 295 < (shop.source.next_at - database_time()).total_seconds() <= 600


def test_pauses_double_are_never_the_same_and_end_at_a_day():
    assert [pause_after(count, 300) <= 300 * 2**count for count in range(5)] == [True] * 5
    assert 43_200 <= pause_after(1000, 300) <= 86_400
    assert len({pause_after(1, 300) for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ((404, {}, b""), "There is nothing at this address any more. (404)"),
        ((403, {}, b""), "The host forbids it. (403)"),
        ((204, JSON, b""), "We cannot use this answer. (204)"),
        ((200, {"Content-Type": "text/html"}, b"<html>"), "This is text/html, not what was registered."),
        ((200, JSON, b"{"), "This is not readable JSON."),
        ((302, {"Location": "http://169.254.169.254/"}, b""), "169.254.169.254 is not on the public internet."),
    ],
)
def test_trouble_is_told_in_words_and_leaves_what_we_know(shop, said, trouble):
    shop.says(_9=True)
    shop.read()
    shop.host.says["/products.json"] = said
    shop.read()
    assert (shop.source.trouble, shop.source.failures) == (trouble, 1)
    assert (Offer.objects.get().in_stock, shop.reports) == (True, [])


def test_a_host_that_wants_a_pause_first_is_no_trouble(shop):
    shop.host.says["/robots.txt"] = (200, {}, b"User-agent: *\nCrawl-delay: 60")
    shop.says(_9=True)
    shop.read()
    assert (shop.source.failures, shop.source.trouble, shop.source.read_at) == (0, "", None)
    assert 55 < (shop.source.next_at - database_time()).total_seconds() <= 60
    shop.read()
    assert shop.source.read_at is not None


def test_a_refused_address_is_never_asked(host):
    source = make_source(url=host.url(name="127.0.0.1"))
    ((pk, token),) = sources.due()
    sources.read(pk, token)
    source.refresh_from_db()
    assert (source.trouble, host.connections) == (f"Port {host.port} is not one of the web's (80 and 443).", 0)
