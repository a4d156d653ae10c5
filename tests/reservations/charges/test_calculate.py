"""What a pair costs where it is sent: whole minor units, tax rounded half up, once."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropshop.core.errors import Invalid
from dropshop.core.money import Money
from reservations.charges.calculate import Band, Charges, Tariff, Tax
from reservations.charges.errors import NotShippedThere
from reservations.charges.regions import region_key
from tests.harness.thorough import DRAWN

HOME = {"country": "US", "state": "OR"}


def tariff(tax=None, *, shipping=0, currency="USD"):
    return Tariff(False, {("US", currency): [Band(5000, shipping)]}, {("US", ""): tax} if tax else {})


def rate(percent, *, included=False, on_shipping=False):
    return Tax("Tax", Decimal(percent), included, on_shipping)


@pytest.mark.parametrize(
    ("price", "shipping", "tax", "due", "total"),
    [
        pytest.param("180.00 USD", "0.00", rate("0"), "0.00", "180.00", id="no tax"),
        pytest.param("180.00 USD", "12.00", rate("19"), "34.20", "226.20", id="added to the price alone"),
        pytest.param("180.00 USD", "12.00", rate("19", on_shipping=True), "36.48", "228.48", id="added to both"),
        pytest.param("180.00 USD", "12.00", rate("19", included=True), "28.74", "192.00", id="in the price"),
        pytest.param("180.00 USD", "12.00", rate("19", included=True, on_shipping=True), "30.66", "192.00", id="in both"),
        pytest.param("0.10 USD", "0.00", rate("5"), "0.01", "0.11", id="half a cent goes up"),
        pytest.param("0.30 USD", "0.00", rate("5"), "0.02", "0.32", id="half a cent goes up to an even one too"),
        pytest.param("0.49 USD", "0.00", rate("1"), "0.00", "0.49", id="less than half a cent goes down"),
        pytest.param("180.00 USD", "0.00", rate("8.625"), "15.53", "195.53", id="three decimals of a percent"),
        pytest.param("0.05 USD", "0.05", rate("5", on_shipping=True), "0.01", "0.11", id="rounded once, on the sum"),
        pytest.param("18000 JPY", "1200", rate("10", included=True, on_shipping=True), "1745", "19200", id="no decimals"),
        pytest.param("55.125 KWD", "2.750", rate("5", on_shipping=True), "2.894", "60.769", id="three decimals"),
        pytest.param("180.00 USD", "0.00", rate("100"), "180.00", "360.00", id="everything again"),
    ],
)
def test_the_tax_is_rounded_half_up_once_in_the_currency(price, shipping, tax, due, total):
    amount, currency = price.split()
    found = tariff(tax, shipping=Money.parse(shipping, currency).minor, currency=currency).charges(
        Money.parse(amount, currency), 1500, HOME
    )
    assert (found.shipping.amount, found.tax.amount, found.total.amount) == (shipping, due, total)
    assert {found.shipping.currency, found.tax.currency, found.total.currency} == {currency}


@DRAWN
@given(
    currency=st.sampled_from(["JPY", "USD", "KWD"]),
    price=st.integers(1, 10**12),
    shipping=st.integers(0, 10**12),
    percent=st.integers(0, 100_000).map(lambda thousandths: Decimal(thousandths) / 1000),
    included=st.booleans(),
    on_shipping=st.booleans(),
)
def test_the_total_is_price_shipping_and_the_added_tax_and_nothing_is_negative(
    *, currency, price, shipping, percent, included, on_shipping
):
    tax = Tax("Tax", percent, included, on_shipping)
    found = tariff(tax, shipping=shipping, currency=currency).charges(Money(price, currency), 1500, HOME)
    assert (found.price.minor, found.shipping.minor) == (price, shipping)
    assert found.total == Money(price + shipping + (0 if included else found.tax.minor), currency)
    taxed, share = price + (shipping if on_shipping else 0), Fraction(percent) / 100
    exact = taxed * share / (1 + share) if included else taxed * share
    assert -Fraction(1, 2) < found.tax.minor - exact <= Fraction(1, 2)
    assert 0 <= found.tax.minor <= taxed


def test_where_there_is_no_rate_at_all_the_price_is_all_there_is():
    found = Tariff().charges(Money(18000, "USD"), 99_000, HOME)
    assert found == Charges(Money(18000, "USD"), Money(0, "USD"), Money(0, "USD"))
    assert (found.total, found.tax_label) == (Money(18000, "USD"), "")


BANDS = Tariff(
    False,
    {("DE", "EUR"): [Band(1000, 500), Band(2000, 900)], ("*", "EUR"): [Band(2000, 2500)], ("*", "USD"): [Band(2000, 3000)]},
)


@pytest.mark.parametrize(
    ("country", "grams", "currency", "cost"),
    [
        pytest.param("DE", 1000, "EUR", 500, id="the lightest band that it fits into"),
        pytest.param("DE", 1001, "EUR", 900, id="the next one"),
        pytest.param("FR", 1000, "EUR", 2500, id="everywhere else"),
        pytest.param("DE", 1000, "USD", 3000, id="everywhere else in this currency"),
        pytest.param("DE", 2001, "EUR", None, id="too heavy for a country with rates of its own"),
        pytest.param("FR", 2001, "EUR", None, id="too heavy for everywhere else"),
        pytest.param("FR", 1000, "JPY", None, id="no rate in this currency"),
    ],
)
def test_the_band_of_the_country_and_the_weight_counts(country, grams, currency, cost):
    def asked():
        return BANDS.charges(Money(18000, currency), grams, {"country": country}).shipping.minor

    if cost is None:
        with pytest.raises(NotShippedThere) as refused:
            asked()
        assert refused.value.facts == {"country": country, "grams": grams, "currency": currency}
    else:
        assert asked() == cost


TAXES = Tariff(taxes={("US", "ca"): rate("7.25"), ("US", "ny"): rate("4"), ("CA", ""): rate("5"), ("CA", "on"): rate("13")})


@pytest.mark.parametrize(
    ("country", "state", "percent"),
    [
        pytest.param("US", "CA", "7.25", id="by its code"),
        pytest.param("US", " california ", "7.25", id="by its name"),
        pytest.param("US", "N.Y.", "4", id="with dots"),
        pytest.param("US", "New York", "4", id="two words"),
        pytest.param("US", "Oregon", "0", id="a state without a tax"),
        pytest.param("CA", "ON", "13", id="the region before the country"),
        pytest.param("CA", "Quebec", "5", id="the country for all other regions"),
        pytest.param("FR", "CA", "0", id="the same letters elsewhere"),
    ],
)
def test_the_tax_is_that_of_the_state_or_else_of_the_country(country, state, percent):
    address = {"country": country, "state": state}
    assert TAXES.charges(Money(18000, "USD"), 1500, address).tax_percent == Decimal(percent)


@pytest.mark.parametrize("state", ["", "  ", "-"])
def test_where_the_tax_depends_on_the_state_it_is_never_guessed(state):
    with pytest.raises(Invalid) as refused:
        TAXES.charges(Money(18000, "USD"), 1500, {"country": "US", "state": state})
    assert refused.value.facts["errors"] == {"address.state": ["Give the state: the tax depends on it."]}


def test_codes_and_names_of_states_are_one_where_they_are_known():
    assert {region_key("US", text) for text in ("DC", "D.C.", "District of Columbia")} == {"dc"}
    assert region_key("CA", "Québec") == region_key("CA", "QUEBEC") == "quebec"
    assert region_key("JP", "東京都") == "東京都"
