"""Prices as they are written somewhere: read for certain, or not at all."""

import pytest

from dropshop.core.money import InvalidAmount, Money
from dropshop.core.price_text import read_price

READ = [
    *[("1.299,00", "EUR", 129900), ("1299,5", "EUR", 129950), ("180,5", "EUR", 18050), ("180,00", "EUR", 18000)],
    *[("1\u00a0299,00", "EUR", 129900), ("1\u202f299,00 €", "EUR", 129900), ("1,299.00", "EUR", 129900), ("180", "EUR", 18000)],
    *[("1'299.00", "CHF", 129900), ("CHF 1’299.00", "CHF", 129900), ("1299.-", "CHF", 129900), ("1'299.--", "CHF", 129900)],
    *[("180,-", "EUR", 18000), ("22,000", "JPY", 22000), ("¥22,000", "JPY", 22000), ("22.000", "JPY", 22000)],
    *[("45.500", "KWD", 45500), ("1.299.000", "EUR", 129900000), ("1299.000", "EUR", 129900), ("0.500", "EUR", 50)],
    *[("€1,250", "EUR", 125000), ("$ 1,495", "USD", 149500), ("€1,250.00", "EUR", 125000)],
    *[("１８０．００", "EUR", 18000), ("180.0000", "EUR", 18000), ("$180", "CAD", 18000), ("kr 180", "SEK", 18000)],
]  # fmt: skip
NAMED = [
    ("€180.00", "EUR"),
    ("180.00 EUR", "EUR"),
    ("180.00EUR", "EUR"),
    ("EUR180", "EUR"),
    ("180 gbp", "GBP"),
    ("US$180", "USD"),
]
REFUSED = [
    *[("1.299", "EUR"), ("1,299", "EUR"), ("180.000", "EUR"), ("45,500", "KWD"), ("180.505", "EUR"), ("180.5", "JPY")],
    *[("-180", "EUR"), ("+180", "EUR"), ("180 200", "EUR"), ("180 EUR 200 EUR", "EUR"), ("free", "EUR"), ("", "EUR")],
    *[("1.29.00", "EUR"), ("12,34,567.00", "EUR"), ("1.299.00", "EUR"), ("1,299,00", "EUR"), ("1 2 3", "EUR"), ("180", "XYZ")],
    *[("€1.250", "EUR"), ("1,250 €", "EUR"), ("EUR 1,250", "EUR"), ("د.ك45,500", "KWD")],
    *[("$180", "EUR"), ("¥180", "EUR"), ("kr 180", "EUR"), ("180 XAU", "EUR"), ("from 180", "EUR"), ("180%", "EUR")],
    *[("1e3", "EUR"), ("1" * 50, "EUR"), ("180..00", "EUR"), ("180 €/$", "EUR"), ("€180 EUR", "EUR"), (".50", "EUR")],
]  # fmt: skip


@pytest.mark.parametrize(("text", "currency", "minor"), READ, ids=[ascii(text) for text, *_ in READ])
def test_a_price_is_read_however_it_is_written(text, currency, minor):
    assert read_price(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(("text", "code"), NAMED, ids=[ascii(text) for text, _ in NAMED])
def test_a_currency_that_is_named_counts_more_than_the_expected_one(text, code):
    assert read_price(text, "SEK") == Money(18000, code)


@pytest.mark.parametrize(("text", "currency"), REFUSED, ids=[f"{text[:20]}-{code}" for text, code in REFUSED])
def test_what_could_mean_several_amounts_or_none_is_refused(text, currency):
    with pytest.raises(InvalidAmount):
        read_price(text, currency)


def test_where_another_field_names_the_currency_the_text_may_not():
    assert read_price("180,50", "EUR", named=False) == Money(18050, "EUR")
    with pytest.raises(InvalidAmount):
        read_price("€180", "EUR", named=False)


def test_what_we_write_is_read_as_the_same():
    for minor in (1, 99, 18000, 1299000, 123456789):
        for code in ("USD", "JPY", "KWD"):
            assert read_price(Money(minor, code).amount, code) == Money(minor, code)
