"""Money as Stripe counts it."""

import pytest

from dropshop.core.money import Money
from reservations.payments.gateways import MoneyNotTaken
from reservations.payments.limits import fault
from reservations.payments.stripe.amounts import limits_of, shop_money, stripe_amount
from reservations.payments.stripe.currencies import TAKEN


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


LIMITS = [
    ("0.49", "USD", "No less than $0.50 can be paid at once."),
    ("0.50", "USD", ""),
    ("999999.99", "USD", ""),
    ("1000000.00", "USD", "No more than $999999.99 can be paid at once."),
    ("49", "JPY", "No less than ¥50 can be paid at once."),
    ("99999999", "JPY", ""),
    ("100000000", "JPY", "No more than ¥99999999 can be paid at once."),
    ("174.99", "HUF", "No less than 175 HUF can be paid at once."),
    ("1999.50", "HUF", ""),
    ("30.50", "TWD", ""),
    ("1", "ISK", ""),
    ("1000000", "ISK", "No more than 999999 ISK can be paid at once."),
    ("1000000", "UGX", "No more than 999999 UGX can be paid at once."),
    ("5.50", "MGA", "What is paid in MGA must be a multiple of 1 MGA."),
    ("99999999.00", "MGA", ""),
    ("5.124", "KWD", "What is paid in KWD must be a multiple of 0.010 KWD."),
    ("99999.990", "KWD", ""),
    ("100000.000", "KWD", "No more than 99999.990 KWD can be paid at once."),
    ("5.000", "IQD", "Nothing can be paid in IQD."),
    ("5.00", "SSP", "Nothing can be paid in SSP."),
]


@pytest.mark.parametrize(("price", "currency", "said"), LIMITS)
def test_what_cannot_be_paid_at_once_is_named(stripe, price, currency, said):
    money = Money.parse(price, currency)
    assert fault(money) == said
    if not said:
        assert shop_money(stripe_amount(money), currency.lower()) == money


def test_every_limit_is_a_sum_that_stripe_can_count(stripe):
    for currency in sorted(TAKEN):
        limits = limits_of(currency)
        for minor in (limits.least, limits.most):
            assert 0 < stripe_amount(Money(minor, currency)) <= 99_999_999
            assert fault(Money(minor, currency)) == ""


def test_a_bank_that_names_no_limits_takes_every_sum():
    assert fault(Money(1, "IQD")) == ""
