"""What the tests of Stripe share, beside the double itself (`tests/harness/stripe.py`)."""

from typing import Any

import pytest

SECRET = "whsec_of_the_test"
WITH_CONFIRMATION = "pm_card_threeDSecure2Required"


@pytest.fixture(autouse=True)
def secret(settings: Any) -> None:
    """What Stripe signs its webhooks with."""
    settings.STRIPE_WEBHOOK_SECRET = SECRET


@pytest.fixture
def confirmed(stripe: Any, hold: Any) -> Any:
    """A payment that its shopper has confirmed at the bank, and then gone."""
    from reservations.models import Payment  # these need Django's applications, which are not there yet
    from reservations.payments.errors import ConfirmationRequired
    from tests.reservations.till import pay

    with pytest.raises(ConfirmationRequired) as needed:
        pay(hold, WITH_CONFIRMATION)
    assert needed.value.facts["confirm_url"].startswith("https://hooks.stripe.test/")
    stripe.answer(stripe.only_intent()["id"], agreed=True)
    return Payment.objects.get()
