"""The scripts that draw: the map of events, the square that stands for where somebody is, and the chart of prices."""

import re
from collections.abc import Callable
from itertools import combinations
from typing import Any
from urllib.parse import parse_qs

import pygeohash
import pytest
from playwright.sync_api import Page, expect

from community.models import Member
from community.pricing import prices
from dropshop.core.money import Money
from tests.harness.shop import Shop
from tests.make import make_event, make_sneaker, make_store

Open = Callable[..., Page]


def test_the_map_repeats_the_list_and_leads_to_each_event(shop: Shop, open_page: Open) -> None:
    make_event(title="Swap table", place="52.52,13.40")
    tokyo = make_event(title="Dawn run", place="35.68,139.69")
    page = open_page("/events/")
    expect(page.locator("event-map .pin")).to_have_count(2)
    expect(page.locator("event-map path.land")).to_have_count(1)
    boxes = page.locator("event-map .pin").evaluate_all("pins => pins.map((pin) => pin.getBoundingClientRect().toJSON())")
    assert [(box["width"], box["height"]) for box in boxes] == [(44, 44)] * 2
    page.locator("event-map").get_by_role("button", name=tokyo.title).press("Enter")
    expect(page.locator("event-map .leaflet-popup").get_by_role("link", name=tokyo.title)).to_be_visible()
    page.locator("event-map .leaflet-popup").get_by_role("link", name=tokyo.title).click()
    expect(page.get_by_role("heading", name=tokyo.title)).to_be_visible()
    expect(page.locator("event-map .pin")).to_have_count(1)


def test_pins_that_would_lie_on_one_another_are_one_pin_that_leads_to_each(shop: Shop, open_page: Open) -> None:
    titles = {"Early", "Late"}
    for title in titles:
        make_event(title=title, place="-33.86,151.20")
    page = open_page("/events/", viewport={"width": 390, "height": 844})
    both = page.locator("event-map").get_by_role("button", name=re.compile("^2 events: "))
    both.click()
    links = page.locator("event-map .leaflet-popup").get_by_role("link")
    assert {*links.all_inner_texts()} == titles
    assert [box["height"] >= 24 for box in (link.bounding_box() for link in links.all()) if box] == [True, True]
    boxes = page.locator("event-map .pin").evaluate_all("pins => pins.map((pin) => pin.getBoundingClientRect().toJSON())")
    apart = [max(abs(one["x"] - other["x"]), abs(one["y"] - other["y"])) for one, other in combinations(boxes, 2)]
    assert min(apart, default=44) >= 43.5


@pytest.mark.parametrize(("here", "letters"), [((52.520008, 13.404954), 4), ((-33.8688, 151.2093), 3)])
def test_where_somebody_is_leaves_the_browser_as_a_square_alone(
    shop: Shop, open_page: Open, charlie: Any, here: tuple[float, float], letters: int
) -> None:
    spot = {"latitude": here[0], "longitude": here[1]}
    page = open_page("/accounts/profile/area/", member=charlie, geolocation=spot, permissions=["geolocation"])
    page.locator(f"[name=letters][value='{letters}']").check()
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Use my location").click()
    said = parse_qs(sent.value.post_data, keep_blank_values=True)
    square = pygeohash.encode(*here, precision=letters)
    assert {name: value for name, value in said.items() if name != "csrfmiddlewaretoken"} == {
        "geohash": [square],
        "letters": [str(letters)],
        "place": [""],
    }
    expect(page.get_by_text(square, exact=True)).to_be_visible()
    assert Member.objects.get(pk=charlie.pk).geohash == square


def test_the_chart_draws_what_the_table_says(shop: Shop, open_page: Open) -> None:
    sneaker, store = make_sneaker(), make_store()
    for price in (17000, 18000, 17500):
        prices.record_price(sneaker, "9", Money(price, "USD"), origin="source", store=store)
    page = open_page(f"/sneakers/{sneaker.pk}/")
    expect(page.get_by_role("row").filter(has_text="$175").first).to_be_visible()
    canvas = page.locator(".uplot canvas")
    expect(canvas).to_have_count(1)
    drawn = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
    assert canvas.evaluate(drawn)
