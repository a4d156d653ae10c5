"""Rates as staff write them down."""

from decimal import Decimal

from reservations.models import ShippingRate, TaxRate


def ship(country, amount, *, up_to=5000, currency="USD"):
    return ShippingRate.objects.create(country=country, amount=amount, up_to_grams=up_to, currency=currency)


def tax(country, percent, *, name="VAT", **facts):
    return TaxRate.objects.create(country=country, percent=Decimal(percent), name=name, **facts)
