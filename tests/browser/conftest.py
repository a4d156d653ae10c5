"""One browser for all tests of this folder."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.harness.fixtures import a_browser
from tests.harness.open_shops import OpenShops
from tests.harness.shop import Shop


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser that the modules share; each page has a context, and so cookies and a cache, of its own."""
    with a_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def shop(browser: Browser, open_shops: OpenShops) -> Iterator[Shop]:
    """One shop for all tests of a module, opened beside the browser's event loop, where Django keeps its connections to it."""
    with open_shops.borrowed() as shop:
        yield shop


@pytest.fixture(autouse=True)
def _no_rates_of_another_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where one country has a rate for shipping, the shop ships to no other."""
    yield
    if "shop" in request.fixturenames:
        from reservations.models import ShippingRate, TaxRate

        for rates in (ShippingRate, TaxRate):
            rates.objects.all().delete()
