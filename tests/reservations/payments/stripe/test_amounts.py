"""Money as Stripe counts it."""

import pytest

from dropshop.core.money import Money
from reservations.payments.gateways import MoneyNotTaken
from reservations.payments.stripe.amounts import stripe_amount


@pytest.mark.parametrize(
    ("price", "currency", "amount"),
    [
        ("180.00", "USD", 18000),
        ("25000", "JPY", 25000),
        ("5.120", "KWD", 5120),
        ("5", "ISK", 500),
        ("5", "UGX", 500),
        ("5.00", "MGA", 5),
        ("99999.00", "HUF", 9999900),
    ],
)
def test_an_amount_is_counted_in_stripes_units(price, currency, amount):
    assert stripe_amount(Money.parse(price, currency)) == amount


@pytest.mark.parametrize(
    ("price", "currency"),
    [("5.124", "KWD"), ("0.001", "BHD"), ("5.01", "MGA"), ("5.000", "IQD"), ("5.000", "LYD"), ("0", "USD"), ("-5", "USD")],
)
def test_a_sum_that_stripe_cannot_take_exactly_is_refused_by_name(price, currency):
    with pytest.raises(MoneyNotTaken, match=currency if currency != "USD" else r"\$"):
        stripe_amount(Money.parse(price, currency))


def test_what_is_no_currency_is_refused_by_name():
    with pytest.raises(MoneyNotTaken, match="XXX"):
        stripe_amount(Money(500, "XXX"))
