"""Sources in the admin: registered with a permission, switched off, read now; and prices that staff judge."""

from datetime import timedelta

import pytest

from community.feed_reader import sources
from community.models import Host, Offer, PricePoint, Source
from community.pricing import prices
from dropshop.core.clock import database_time
from dropshop.core.money import Money
from tests.harness.roles import with_role
from tests.make import make_sneaker, make_source, make_store

ADD = "/admin/community/source/add/"


@pytest.fixture
def keeper(database):
    return with_role("store keeper")


def given(**facts):
    fields = {
        "url": "https://shop.example.com/products.json",
        "kind": "products",
        "permission": "By mail.",
        "every_seconds": 300,
    }
    return {**fields, "store": make_store().pk, **facts}


def page(thing, deed="change"):
    return f"/admin/community/{thing._meta.model_name}/{thing.pk}/{deed}/"


def test_a_source_is_registered_by_name_with_the_stores_permission(keeper, sign_in):
    assert sign_in(keeper).post(ADD, given()).status_code == 302
    source = Source.objects.get()
    assert (source.added_by, source.permission, source.active, source.read_at) == (keeper, "By mail.", True, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"permission": ""}, {"url": "http://shop.example.com:8080/"}, {"url": "https://me:secret@shop.example.com/"},
        {"url": "ftp://shop.example.com/"}, {"every_seconds": 10}, {"kind": "other"}, {"store": ""},
    ],
)  # fmt: skip
def test_what_may_not_be_read_is_not_registered(keeper, sign_in, wrong):
    assert (sign_in(keeper).post(ADD, given(**wrong)).status_code, Source.objects.count()) == (200, 0)


def test_36_the_form_writes_nothing_that_is_the_monitors(keeper, sign_in):
    """22 as well: a reading that went on while the page was open is not undone by saving it."""
    source = make_source()
    later = database_time() + timedelta(hours=1)
    Source.objects.update(etag='"two"', failures=3, trouble="Slow.", next_at=later)
    desk = sign_in(keeper)
    sent = given(store=source.store_id, url=source.url, permission="A page.", failures=0, trouble="", next_at="", active="")
    assert desk.post(page(source), sent).status_code == 302
    source.refresh_from_db()
    assert (source.permission, source.etag, source.failures, source.trouble) == ("A page.", '"two"', 3, "Slow.")
    assert (source.next_at, source.active) == (later, True)


def test_another_address_begins_anew(keeper, sign_in):
    source = make_source(etag='"one"', read_at=database_time(), failures=2)
    Offer.objects.create(source=source, sneaker=make_sneaker(), in_stock=True)
    sign_in(keeper).post(page(source), given(store=source.store_id))
    source.refresh_from_db()
    assert (source.url, source.etag, source.read_at, source.failures) == (given()["url"], "", None, 0)
    assert Offer.objects.count() == 0


def test_it_is_switched_off_and_on_and_the_history_keeps_it(keeper, sign_in):
    from django.apps import apps

    source, desk = make_source(), sign_in(keeper)
    assert desk.get(page(source, "stop")).status_code == 200
    states = []
    for deed in ("stop", "stop", "start"):
        desk.post(page(source, deed))
        source.refresh_from_db()
        states.append(source.active)
    assert states == [False, False, True]
    events = apps.get_model("community", "SourceEvent").objects.order_by("pgh_id")
    assert list(events.values_list("active", flat=True)) == [True, False, True]
    shown = desk.get(page(source)).content.decode()
    assert shown.count(f"· {keeper.username} · active:") == 2


def test_read_now_makes_it_due(keeper, sign_in):
    source = make_source(next_at=database_time() + timedelta(hours=5))
    sign_in(keeper).post(page(source, "read"))
    assert [pk for pk, _ in sources.due()] == [source.pk]


def test_trouble_and_what_robots_txt_says_are_shown_in_words(keeper, sign_in):
    source, desk = make_source(failures=3, trouble="The host forbids it. (403)"), sign_in(keeper)
    assert "Not read yet." in desk.get(page(source)).content.decode()
    name = source.url.rsplit("/", 1)[0]
    Host.objects.create(name=name, robots="User-agent: *\nCrawl-delay: 7", robots_status=200, robots_at=database_time())
    shown = desk.get(page(source)).content.decode()
    assert ("The host forbids it. (403) 3 in a row." in shown, "wants 7 seconds" in shown) == (True, True)
    assert desk.get("/admin/community/source/").content.decode().count("The host forbids it.") == 1


def test_a_source_is_never_deleted(staff, sign_in):
    assert sign_in(staff).post(page(make_source(), "delete")).status_code == 403


def test_35_other_staff_learn_nothing_of_sources(support, newcomer, sign_in):
    source = make_source()
    for person in (support, newcomer):
        desk = sign_in(person)
        addresses = ("/admin/community/source/", ADD, page(source), page(source, "stop"), "/admin/community/pricepoint/")
        assert [desk.get(address).status_code for address in addresses] == [403] * 5
        assert desk.post(page(source, "stop")).status_code == 403
    assert Source.objects.get().active


def test_staff_decide_about_odd_prices(keeper, sign_in):
    sneaker, desk = make_sneaker(), sign_in(keeper)
    for amount in (18000, 18000, 18000, 18000, 18000, 9000):
        prices.record_price(sneaker, "9", Money(amount, "USD"), origin="source")
    odd = PricePoint.objects.get(is_odd=True)
    assert desk.get("/admin/community/pricepoint/?is_odd__exact=1").status_code == 200
    assert desk.get(page(odd)).status_code == 200
    counts = [prices.value(sneaker, "9").count]
    for deed in ("count", "ignore"):
        desk.post(page(odd, deed))
        counts.append(prices.value(sneaker, "9").count)
    assert counts == [5, 6, 5]
    assert desk.post(page(odd), {"is_odd": ""}).status_code == 403
