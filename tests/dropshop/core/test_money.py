"""Money in minor units."""

from decimal import Decimal

import pytest

from dropshop.core.money import InvalidAmount, Money


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("180.00", "USD", 18000),
        ("180", "EUR", 18000),
        ("0.05", "USD", 5),
        (Decimal("19.9"), "GBP", 1990),
        ("12000", "JPY", 12000),
        ("1.234", "KWD", 1234),
        (7, "USD", 700),
        (Decimal("1E+2"), "USD", 10000),
        (" 180.50 ", "USD", 18050),
        ("\uff11\uff18\uff10\uff0e\uff15", "USD", 18050),
        ("\u0661\u0668\u0660\u066b\u0665", "USD", 18050),
        ("-5", "USD", -500),
    ],
)
def test_an_amount_in_major_units_becomes_minor_units_of_its_currency(amount, currency, minor):
    assert Money.parse(amount, currency) == Money(minor, currency)


NO_AMOUNTS = [
    *["", "abc", "1.005", "NaN", "sNaN", "Infinity", "-Infinity", "1e40", "1e999999999", "1,000", None, "--1", True],
    *["1e2", "1E2", "1e-2", "1_0", "1_000.00", "0x10", "+180", ".50", "180.", "1 000", "1.0.0", "\u00bd", "\u00b2,5"],
    *["1" + " " * 300 + "0", "1." + "0" * 300 + "x", Decimal("1e999999"), Decimal("NaN"), Decimal("1e-999999"), 10**50],
]


@pytest.mark.parametrize("amount", NO_AMOUNTS, ids=[ascii(amount)[:20] for amount in NO_AMOUNTS])
def test_what_is_no_amount_is_refused_by_name(amount):
    with pytest.raises(InvalidAmount):
        Money.parse(amount, "USD")


def test_a_currency_without_decimals_takes_none():
    with pytest.raises(InvalidAmount):
        Money.parse("100.5", "JPY")


@pytest.mark.parametrize(
    ("money", "amount", "shown"),
    [
        (Money(18000, "USD"), "180.00", "$180"),
        (Money(18050, "USD"), "180.50", "$180.50"),
        (Money(5, "EUR"), "0.05", "€0.05"),
        (Money(12000, "JPY"), "12000", "¥12000"),
        (Money(1234, "KWD"), "1.234", "1.234 KWD"),
        (Money(18000, "CHF"), "180.00", "180 CHF"),
        (Money(-18000, "USD"), "-180.00", "-$180"),
        (Money(-5, "EUR"), "-0.05", "-€0.05"),
        (Money(-12000, "JPY"), "-12000", "-¥12000"),
        (Money(-1234, "KWD"), "-1.234", "-1.234 KWD"),
        (Money(10**14 + 1, "USD"), "1000000000000.01", "$1000000000000.01"),
    ],
)
def test_money_is_written_exactly_with_the_decimals_of_its_currency(money, amount, shown):
    assert money.facts == {"amount": amount, "currency": money.currency}
    assert str(money) == shown


def test_what_was_written_parses_to_the_same_money():
    for minor in (1, 99, 100, 18000, 123456789012):
        for currency in ("USD", "JPY", "KWD"):
            assert Money.parse(Money(minor, currency).amount, currency) == Money(minor, currency)
