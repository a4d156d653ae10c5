"""What things cost: quartiles of what is known, and what is left out as odd."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.models import Condition, Pair, PricePoint
from community.pricing import prices
from community.pricing.prices import Valuation
from community.trades import offers, price_notes, shipping
from dropshop.core.clock import database_time
from dropshop.core.money import Money
from reservations.models import Purchase
from tests.make import make_drop, make_member, make_members, make_open_pair, make_purchase, make_sneaker, make_store, make_trade

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
SOURCE, REPORT = PricePoint.Origin.SOURCE, PricePoint.Origin.REPORT


def record(sneaker, *amounts, size="9", currency="USD", **facts):
    return [prices.record_price(sneaker, size, Money(amount, currency), origin=SOURCE, **facts) for amount in amounts]


def test_of_what_nothing_is_known_has_no_value():
    assert prices.value(make_sneaker(), "9") is None


def test_the_value_is_the_quartiles_of_the_prices_of_that_size():
    sneaker = make_sneaker()
    record(sneaker, 10000, 20000, 30000, 40000, 50000)
    record(sneaker, 99900, size="10")
    record(make_sneaker(), 77700)
    assert prices.value(sneaker, "9") == Valuation(20000, 30000, 40000, "USD", 5)


def test_a_price_without_a_size_is_that_of_every_size():
    sneaker = make_sneaker()
    record(sneaker, 10000, size="")
    record(sneaker, 20000)
    assert (prices.value(sneaker, "9").middle, prices.value(sneaker, "10").middle) == (15000, 10000)


def test_of_two_currencies_the_one_most_prices_are_in_counts():
    sneaker = make_sneaker()
    record(sneaker, 20000, currency="EUR")
    record(sneaker, 10000, 12000, currency="USD")
    assert prices.value(sneaker, "9") == Valuation(10500, 11000, 11500, "USD", 2)


def test_a_worn_pair_is_worth_less():
    sneaker = make_sneaker()
    record(sneaker, 10000)
    worth = [prices.value(sneaker, "9", condition).middle for condition in Condition]
    assert worth == [5000, 7000, 8500, 10000]


def test_what_is_older_than_a_year_counts_no_more():
    sneaker = make_sneaker()
    record(sneaker, 10000)
    PricePoint.objects.update(at=database_time() - timedelta(days=366))
    assert (prices.value(sneaker, "9"), prices.history(sneaker)) == (None, [])


def test_the_sales_of_a_drop_are_one_price_and_what_was_refunded_is_none():
    drop = make_drop({"9": 3, "10": 1}, price=18000)
    for member in make_members(2):
        make_purchase(member, drop, "9")
    refunded = make_purchase(make_member(), drop, "10")
    Purchase.objects.filter(pk=refunded.pk).update(status=Purchase.Status.REFUNDED)
    record(drop.sneaker, 28000)
    assert prices.value(drop.sneaker, "9") == Valuation(20500, 23000, 25500, "USD", 2)
    assert prices.value(drop.sneaker, "10") is None
    assert sorted((known.origin, known.money.minor) for known in prices.history(drop.sneaker)) == [
        ("sale", 18000),
        ("source", 28000),
    ]


def test_a_price_far_from_those_before_it_is_odd_and_counts_in_no_value():
    sneaker = make_sneaker()
    record(sneaker, 18000, 18500, 19000, 18200, 18800)
    (odd, cheap, usual) = record(sneaker, 180, 14500, 18600)
    assert [odd.is_odd, cheap.is_odd, usual.is_odd] == [True, False, False]
    assert prices.value(sneaker, "9").count == 7


def test_a_price_that_is_absurd_beside_the_retail_price_moves_nothing_however_little_is_known():
    """A member's closet is not worth a million because somebody's report says so first; other currencies nobody can judge."""
    sneaker = make_sneaker(retail_price=18000)
    assert [point.is_odd for point in record(sneaker, 899, 900, 360000, 360001)] == [True, False, False, True]
    assert prices.record_price(sneaker, "10", Money(900_000_000, "JPY"), origin="report").is_odd is False


def test_four_prices_are_too_few_to_call_a_fifth_odd():
    sneaker = make_sneaker()
    assert [point.is_odd for point in record(sneaker, 18000, 18000, 18000, 18000, 1000)] == [False] * 5


@pytest.mark.parametrize(("price", "odd"), [(13400, False), (22600, False), (13300, True), (22700, True)])
def test_prices_that_never_moved_allow_a_quarter_up_and_down(price, odd):
    """The deviation counts as 5 % of the median at least: 3.5 / 0.6745 * 900 = 4670 around 18000."""
    assert prices.is_odd(price, [18000] * 5) is odd


def test_prices_are_judged_within_their_currency_and_size():
    sneaker = make_sneaker()
    record(sneaker, *[18000] * 5)
    (yen,), (large,) = record(sneaker, 2700000, currency="JPY"), record(sneaker, 90000, size="14")
    assert (yen.is_odd, large.is_odd) == (False, False)


def test_the_history_says_when_where_and_how_much_the_newest_first():
    sneaker, store = make_sneaker(), make_store("Hall of Shoes")
    (first,) = record(sneaker, 18000, store=store)
    second = prices.record_price(sneaker, "", Money(17000, "USD"), origin=REPORT)
    record(sneaker, 500, size="12")
    assert prices.history(sneaker, "9") == [
        ("", Money(17000, "USD"), second.at, "report", False, None),
        ("9", Money(18000, "USD"), first.at, "source", False, "Hall of Shoes"),
    ]
    assert [known.origin_in_words for known in prices.history(sneaker, "9")] == ["A member's report", "Hall of Shoes"]


def a_pair(sneaker, owner, **facts):
    return Pair.objects.create(sneaker=sneaker, owner=owner, **{"size": "9", **facts})


@pytest.mark.parametrize("count", [1, 3])
def test_a_closet_is_valued_in_one_statement(count, alice):
    sneakers = [make_sneaker() for _ in range(count)]
    for sneaker in sneakers:
        record(sneaker, 20000)
    pairs = [a_pair(sneaker, alice, condition=Condition.GOOD) for sneaker in sneakers]
    unknown = a_pair(sneakers[0], alice, size="15")
    with CaptureQueriesContext(connection) as asked:
        found = prices.values_of([*pairs, unknown])
    assert found == {pair.pk: Valuation(14000, 14000, 14000, "USD", 1) for pair in pairs}
    assert len(asked) == 1


def test_a_completed_trade_of_one_pair_for_one_says_what_each_went_for(alice, bob):
    known, rare = make_sneaker(), make_sneaker()
    record(known, 20000)
    gives = make_open_pair(alice, sneaker=rare, size="9", condition=Condition.GOOD)
    wants = make_open_pair(bob, sneaker=known, size="9", condition=Condition.LIKE_NEW)
    trade = offers.accept(make_trade(alice, bob, gives=[gives], wants=[wants]).pk, by=bob)
    for side in (alice, bob):
        shipping.mark_sent(trade.pk, by=side)
    for side in (alice, bob):
        assert prices.history(rare) == []
        shipping.mark_received(trade.pk, by=side)
    (point,) = prices.history(rare)
    # The other is worth 170.00 as it is; a good pair has 70 % of a new one's price.
    assert (point.size, point.money, point.origin) == ("9", Money(24286, "USD"), "trade")
    assert prices.value(known, "9").count == 1


def test_a_trade_of_several_pairs_says_no_price(alice, bob):
    sneaker = make_sneaker()
    record(sneaker, 20000)
    gives = [make_open_pair(alice, sneaker=sneaker, size="9") for _ in range(2)]
    price_notes.note_trade(make_trade(alice, bob, gives=gives, wants=[make_open_pair(bob, sneaker=sneaker, size="9")]))
    assert len(prices.history(sneaker)) == 1
