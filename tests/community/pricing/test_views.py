"""What a sneaker costs, as its page and the API tell it."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.pricing import prices
from community.pricing.views import PAGE_SIZE
from dropshop.core.money import Money
from tests.make import make_sneaker, make_store

pytestmark = pytest.mark.django_db


@pytest.fixture
def sneaker():
    sneaker, store = make_sneaker(), make_store("Hall & Sons")
    for size in ("10", "9", "9.5"):
        for amount in (18000, 18500, 19000, 18200, 18800):
            prices.record_price(sneaker, size, Money(amount, "USD"), origin="source", store=store)
    prices.record_price(sneaker, "9", Money(500, "USD"), origin="report")
    return sneaker


def page(sneaker):
    return f"/sneakers/{sneaker.pk}/"


def api(sneaker):
    return f"/api/v1/sneakers/{sneaker.pk}/prices"


def test_the_api_tells_the_value_of_each_size_and_the_prices(sneaker, client):
    answer = client.get(api(sneaker)).json()
    assert [line["size"] for line in answer["values"]] == ["9", "9.5", "10"]
    dollars = {"low": "182.00", "middle": "185.00", "high": "188.00"}
    money = {name: {"amount": amount, "currency": "USD"} for name, amount in dollars.items()}
    assert answer["values"][0] == {"size": "9", **money, "count": 5}
    assert len(answer["prices"]) == 16
    newest = answer["prices"][0]
    assert newest.pop("at").endswith("Z")
    price = {"amount": "5.00", "currency": "USD"}
    assert newest == {"size": "9", "price": price, "origin": "report", "store": None, "is_odd": True}


def test_the_api_tells_of_one_size_alone(sneaker, client):
    prices.record_price(sneaker, "", Money(18100, "USD"), origin="report")
    answer = client.get(api(sneaker), {"size": "10"}).json()
    assert [line["size"] for line in answer["values"]] == ["10"]
    assert {known["size"] for known in answer["prices"]} == {"10", ""}
    assert client.get(api(sneaker), {"size": "7"}).json()["values"] == []


@pytest.mark.parametrize("size", ["x" * 21, "a\tb"])
def test_bad_sizes_are_bad_input(sneaker, client, size):
    assert client.get(api(sneaker), {"size": size}).status_code == 400


def test_a_sneaker_that_does_not_exist_has_no_prices(client):
    pk = "00000000-0000-4000-8000-000000000000"
    assert [client.get(address).status_code for address in (f"/sneakers/{pk}/", f"/api/v1/sneakers/{pk}/prices")] == [404, 404]


def test_the_page_says_worth_range_and_where_each_price_is_from(sneaker, client):
    shown = client.get(page(sneaker)).content.decode()
    for words in ("<b>$185</b>", "$182 to $188", "Hall &amp; Sons", "A member&#x27;s report", "Unusual, not counted"):
        assert words in shown
    assert shown.count("<tr>") == 2 + 3 + 16


def test_the_page_of_one_size_shows_that_size(sneaker, client):
    shown = client.get(page(sneaker), {"size": "9"}).content.decode()
    assert ("Prices of size 9" in shown, shown.count('aria-current="true"')) == (True, 1)
    assert "Prices of size" not in client.get(page(sneaker), {"size": "<script>"}).content.decode()


def test_older_prices_are_on_further_pages_each_once(client):
    sneaker = make_sneaker()
    for number in range(PAGE_SIZE + 3):
        prices.record_price(sneaker, str(number % 3 + 8), Money(18000, "USD"), origin="report")
    seen, query = [], {}
    for _ in range(2):
        answer = client.get(page(sneaker), query)
        seen += [known.at for known in answer.context["known"]]
        query = {"before": answer.context["older"]}
    assert (len(seen), len(set(seen)), query) == (PAGE_SIZE + 3, PAGE_SIZE + 3, {"before": None})


@pytest.mark.parametrize("before", ["yesterday", "2026-13-45", "2026-11-21", "\0", "9" * 500])
def test_a_moment_that_is_none_shows_the_newest(sneaker, client, before):
    assert client.get(page(sneaker), {"before": before}).status_code in (200, 400)


def test_without_prices_the_page_says_where_they_come_from(client):
    assert "No known prices yet." in client.get(page(make_sneaker())).content.decode()


def test_one_size_costs_as_many_statements_as_three(sneaker, client):
    one = make_sneaker()
    prices.record_price(one, "9", Money(18000, "USD"), origin="report")
    for address in (page, api):
        counts = []
        for asked_of in (one, sneaker):
            with CaptureQueriesContext(connection) as asked:
                client.get(address(asked_of))
            counts.append(len(asked))
        assert counts[0] == counts[1]


def test_the_drawing_of_a_sneaker_stands_alone_or_leads_to_its_photograph(client):
    sneaker = make_sneaker()
    drawn = client.get(f"/sneakers/{sneaker.pk}/art.svg")
    assert (drawn.status_code, drawn["Content-Type"], drawn["Cache-Control"]) == (200, "image/svg+xml", "public, max-age=300")
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in drawn.content.decode()

    picture = sneaker.pictures.create(image="sneakers/one.webp", alt="One")
    answer = client.get(f"/sneakers/{sneaker.pk}/art.svg")
    assert (answer.status_code, answer["Location"]) == (302, picture.image.url)
    assert client.get(f"/sneakers/{UUID(int=0)}/art.svg").status_code == 404
