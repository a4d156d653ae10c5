"""The shop with Stripe as its provider, as a fixture."""

import pytest

from tests.stripe_double.server import SECRET, StripeDouble


@pytest.fixture
def stripe(settings):
    """The shop takes cards by Stripe, which is the double that this gives."""
    from reservations.payments.gateways import gateway

    double = StripeDouble()
    settings.PAYMENT_GATEWAY = settings.GATEWAYS["stripe"]
    settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = double.url, SECRET
    gateway.cache_clear()
    yield double
    gateway.cache_clear()
    double.stop()
