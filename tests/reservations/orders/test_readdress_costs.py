"""What was paid is paid for one place: an order does not move to where shipping or tax differ."""

import pytest

from dropshop.core.errors import Invalid
from reservations.models import Purchase, ShippingRate
from reservations.orders.readdress import change_address
from reservations.purchases.costs import OTHER_COSTS
from tests.make import ADDRESS, make_drop, make_purchase
from tests.reservations.charges.rates import ship, tax

pytestmark = pytest.mark.django_db
BERLIN = {**ADDRESS, "city": "Berlin", "zip_code": "10115", "state": "", "country": "DE"}


@pytest.mark.parametrize(
    ("address", "may"),
    [
        pytest.param({**ADDRESS, "street": "2 Lace Lane", "state": "Oregon"}, True, id="the same state"),
        pytest.param({**ADDRESS, "city": "Boise", "state": "ID"}, True, id="a state that costs the same"),
        pytest.param({**ADDRESS, "city": "Oakland", "state": "CA"}, False, id="a state with a tax"),
        pytest.param(BERLIN, False, id="a country that costs more"),
        pytest.param({**BERLIN, "country": "FR"}, False, id="a country where nothing goes"),
    ],
)
def test_an_order_goes_elsewhere_only_where_that_costs_what_was_paid(alice, address, may):
    ship("US", 1200)
    ship("DE", 2500)
    tax("US", "7.25", state="CA")
    order = make_purchase(alice, make_drop(1))
    if may:
        assert change_address(order.pk, address, member=alice).address == address
    else:
        with pytest.raises(Invalid) as refused:
            change_address(order.pk, address, member=alice)
        assert refused.value.facts["errors"] == {"address.country": [OTHER_COSTS]}
        assert Purchase.objects.get().address == ADDRESS


def test_within_its_state_an_order_moves_though_rates_have_changed(alice):
    ship("US", 1200)
    order = make_purchase(alice, make_drop(1))
    ShippingRate.objects.update(amount=1500)
    moved = {**ADDRESS, "street": "2 Lace Lane"}
    assert change_address(order.pk, moved, member=alice).address == moved
