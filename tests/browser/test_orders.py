"""Staff ship in a real browser, with the files that a spreadsheet and a browser make."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dropshop.core.outbox.models import Email
from reservations.models import PickupPlace, Purchase
from tests.make import make_drop, make_members, make_purchase, make_reservation

PARCELS = 20
PHONE = {"width": 360, "height": 760}


@pytest.fixture
def orders(shop):
    drop = make_drop({"9": PARCELS}, title="Ember Runner")
    return [make_purchase(member, drop, "9") for member in make_members(PARCELS)]


def filled_in(exported: str) -> str:
    """The file as somebody saves it who has typed a carrier and a tracking number behind each order."""
    rows = list(csv.DictReader(StringIO(exported.removeprefix("\ufeff"))))
    lines = [f"{row['order number']};dhl;0034043416109402{place:04}" for place, row in enumerate(rows)]
    return "\r\n".join(["sep=;", "order number;carrier;tracking number", *lines])


def test_staff_ship_twenty_parcels_by_csv(open_page, clerk, orders, tmp_path):
    page = open_page("/admin/reservations/purchase/", member=clerk)
    page.get_by_role("checkbox", name="Select all").check()
    page.get_by_label("Action:").select_option("Pack")
    page.locator(".actions button[type=submit]").click()
    page.get_by_role("button", name="Pack").click()
    expect(page.get_by_text("20 orders: Packed.")).to_be_visible()

    page.get_by_role("link", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download orders.csv").click()
    sheet = tmp_path / "parcels.csv"
    sheet.write_text(filled_in(Path(download.value.path()).read_text()))

    page.goto("/admin/reservations/purchase/import/")
    page.get_by_label("CSV file").set_input_files(sheet)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("Shipped with DHL")).to_have_count(PARCELS)
    assert Purchase.objects.filter(status="packed").count() == PARCELS
    page.get_by_role("button", name="Ship 20 orders").click()
    expect(page.get_by_text("20 orders shipped.")).to_be_visible()
    assert Purchase.objects.filter(status="shipped", carrier="DHL").values("tracking").distinct().count() == PARCELS
    assert Email.objects.filter(kind="order_shipped").count() == PARCELS


@pytest.mark.parametrize("width", [360, 1600])
def test_the_page_of_an_order_and_the_pages_of_staff_fit(open_page, clerk, orders, width):
    viewport = {"width": width, "height": 900}
    shopper = open_page(orders[0].get_absolute_url(), member=orders[0].member, viewport=viewport)
    expect(shopper.get_by_text("Paid. The pair is yours.")).to_be_visible()
    staff = open_page(f"/admin/reservations/purchase/{orders[0].pk}/change/", member=clerk, viewport=viewport)
    wide = "document.documentElement.scrollWidth > innerWidth"
    too_wide = [page.url for page in (shopper, staff) if page.evaluate(wide)]
    for page, path in (
        (shopper, f"{orders[0].get_absolute_url()}address/"),
        (staff, "/admin/reservations/purchase/export/"),
        (staff, "/admin/reservations/purchase/import/"),
    ):
        page.goto(path)
        too_wide += [page.url] if page.evaluate(wide) else []
    assert too_wide == []


def test_a_shopper_buys_a_pair_to_collect_it_though_no_street_is_filled_in(open_page, alice):
    drop = make_drop({"9": 1}, title="Ember Runner")
    place = PickupPlace.objects.create(
        name="Oslo store", street="2 Store Street", zip_code="0150", city="Oslo", country="NO", hours="Mon to Fri, 10 to 18"
    )
    place.drops.add(drop)
    page = open_page(make_reservation(alice, drop, "9").get_absolute_url(), member=alice, viewport=PHONE)
    page.get_by_label("Name").fill("Bea Bell")
    page.get_by_role("button", name="Buy, collect at Oslo store").click()
    expect(page.get_by_text("Collect at")).to_be_visible()
    assert Purchase.objects.get(drop=drop).address["place"] == "Oslo store"
