"""Rates are read as they are now, in one statement."""

import pytest
from django.db import IntegrityError, transaction

from dropshop.core.money import Money
from reservations.charges.tariff import tariff_for
from reservations.models import ShippingRate, TaxRate
from tests.reservations.charges.rates import ship, tax

pytestmark = pytest.mark.django_db
PRICE = Money(18000, "USD")


def test_all_rates_of_a_batch_come_in_one_statement_and_what_staff_change_counts_at_once(django_assert_num_queries):
    ship("DE", 900)
    ship("*", 2500)
    ship("DE", 500, up_to=1000)
    tax("DE", "19")
    tax("CA", "13", state="ON", state_name="Ontario")
    with django_assert_num_queries(1):
        tariff = tariff_for(["DE", "CA", "FR", "CA"])
    totals = [
        tariff.charges(PRICE, grams, {"country": country, "state": state}).total.minor
        for country, state, grams in (
            ("DE", "", 900),
            ("DE", "", 1500),
            ("FR", "", 900),
            ("CA", "ontario", 900),
            ("CA", "on", 900),
            ("CA", "Quebec", 900),
        )
    ]
    assert totals == [18000 + 500 + 3420, 18000 + 900 + 3420, 20500, 20500 + 2340, 20500 + 2340, 20500]
    ShippingRate.objects.filter(country="*").update(amount=2600)
    assert tariff_for(["FR"]).charges(PRICE, 900, {"country": "FR"}).shipping.minor == 2600


def test_a_shop_without_rates_ships_free_and_one_with_a_single_rate_only_there():
    assert tariff_for(["US"]).ships_free
    ship("DE", 900)
    assert not tariff_for(["US"]).ships_free


BAND = {"country": "DE", "up_to_grams": 5000, "currency": "USD"}
WRONG = {
    "two rates for one band": lambda: [ShippingRate.objects.create(**BAND, amount=amount) for amount in (1, 2)],
    "two taxes for one region": lambda: (tax("DE", "19"), tax("DE", "7")),
    "a small country": lambda: ship("de", 1),
    "no country": lambda: tax("*", "1"),
    "more than everything": lambda: tax("DE", "100.001"),
    "less than nothing": lambda: tax("DE", "-1"),
    "a tax without a name": lambda: tax("DE", "19", name=""),
    "a weight of nothing": lambda: ship("DE", 1, up_to=0),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_database_takes_no_rate_that_makes_no_sense(name):
    with pytest.raises(IntegrityError), transaction.atomic():
        WRONG[name]()
    assert (ShippingRate.objects.count(), TaxRate.objects.count()) == (0, 0)
