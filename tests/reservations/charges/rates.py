"""Rates as staff write them down."""

from decimal import Decimal

from reservations.models import ShippingRate, TaxRate


def ship(country, amount, *, up_to=5000, currency="USD"):
    """One rate; where a shop that several tests share has it already, at this price from now on."""
    band = {"country": country, "up_to_grams": up_to, "currency": currency}
    return ShippingRate.objects.update_or_create(**band, defaults={"amount": amount})[0]


def tax(country, percent, *, name="VAT", **facts):
    return TaxRate.objects.create(country=country, percent=Decimal(percent), name=name, **facts)
