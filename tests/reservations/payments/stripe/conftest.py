"""What the tests of Stripe share, beside the double itself (`tests/harness/stripe.py`)."""

from typing import Any

import pytest

from reservations.models import Payment
from reservations.payments.errors import ConfirmationRequired
from tests.reservations.till import pay

SECRET = "whsec_of_the_test"
WITH_CONFIRMATION = "pm_card_threeDSecure2Required"


@pytest.fixture(autouse=True)
def secret(settings: Any) -> None:
    """What Stripe signs its webhooks with."""
    settings.STRIPE_WEBHOOK_SECRET = SECRET


@pytest.fixture
def confirmed(stripe: Any, hold: Any) -> Payment:
    """A payment that its shopper has confirmed at the bank, and then gone."""
    with pytest.raises(ConfirmationRequired) as needed:
        pay(hold, WITH_CONFIRMATION)
    assert needed.value.facts["confirm_url"].startswith("https://hooks.stripe.test/")
    stripe.answer(stripe.only_intent()["id"], agreed=True)
    return Payment.objects.get()
