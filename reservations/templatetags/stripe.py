"""What Stripe's form on the checkout is told."""

from django import template
from django.conf import settings

from dropshop.core.money import Money
from reservations.payments.gateways import MoneyNotTaken
from reservations.payments.stripe.amounts import stripe_amount

register = template.Library()


@register.simple_tag
def stripe_key() -> str:
    """The key by which browsers speak with Stripe; no secret."""
    return settings.STRIPE_PUBLISHABLE_KEY


@register.simple_tag
def stripe_amount_of(money: Money) -> int:
    """In Stripe's units; 0 where Stripe cannot take it."""
    try:
        return stripe_amount(money)
    except MoneyNotTaken:
        return 0
