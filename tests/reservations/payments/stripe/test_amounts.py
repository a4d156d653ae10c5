"""Money as Stripe counts it."""

import pytest

from dropshop.core.money import Money
from reservations.payments.gateways import MoneyNotTaken
from reservations.payments.limits import fault
from reservations.payments.stripe.amounts import limits_of, shop_money, stripe_amount
from reservations.payments.stripe.currencies import DIGITS, LEAST, TAKEN


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
    ("9999999999", "JPY", ""),
    ("10000000000", "JPY", "No more than ¥9999999999 can be paid at once."),
    ("2900000.00", "IDR", ""),
    ("9999999999.99", "IDR", ""),
    ("9999999.99", "INR", ""),
    ("10000000.00", "INR", "No more than 9999999.99 INR can be paid at once."),
    ("99999999.99", "COP", ""),
    ("100000000.00", "COP", "No more than 99999999.99 COP can be paid at once."),
    ("99999999.99", "HUF", ""),
    ("100000000.00", "HUF", "No more than 99999999.99 HUF can be paid at once."),
    ("999999999.99", "LBP", ""),
    ("1000000000.00", "LBP", "No more than 999999999.99 LBP can be paid at once."),
    ("99999999", "KRW", ""),
    ("100000000", "KRW", "No more than 99999999 KRW can be paid at once."),
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
            assert 0 < stripe_amount(Money(minor, currency)) < 10 ** DIGITS.get(currency, 8)
            assert fault(Money(minor, currency)) == ""


# As the page lists them; all others have two.
WITHOUT_DECIMALS = {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
THREE_DECIMALS = {"BHD", "JOD", "KWD", "OMR", "TND"}


def test_every_currency_has_the_decimals_that_stripe_counts_it_with():
    """Ten units of each, in its own smallest."""
    decimals = {each: 0 if each in WITHOUT_DECIMALS else 3 if each in THREE_DECIMALS else 2 for each in TAKEN}
    assert decimals.keys() >= WITHOUT_DECIMALS | THREE_DECIMALS
    assert {each: stripe_amount(Money.parse(10, each)) for each in TAKEN} == {
        each: 10 ** (1 + decimals[each]) for each in TAKEN
    }


def test_the_least_sums_are_those_of_stripes_table():
    """But for the lev, which ISO 4217 has no more."""
    table = "0.50 AUD, 0.50 BRL, 0.50 CAD, 0.50 CHF, 0.50 INR, 0.50 NZD, 0.50 SGD, 2 AED, 2 MYR, 2 PLN, 2 RON, 3 NOK, 3 SEK"
    table += ", 10 MXN, 10 THB, 15 CZK, 2.50 DKK, 4 HKD, 175 HUF, €0.50, £0.30, ¥50, $0.50"
    assert sorted(str(Money(minor, each)) for each, minor in LEAST.items()) == sorted(table.split(", "))


def test_a_bank_that_names_no_limits_takes_every_sum():
    assert fault(Money(1, "IQD")) == ""
