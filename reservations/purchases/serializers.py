"""Purchases as the API describes them."""

from rest_framework import serializers

from dropshop.core.api.serializers import MoneySerializer, Shape, page_serializer
from reservations.purchases.models import Purchase


class AddressSerializer(Shape):
    """Checked line by line by `reservations.purchases.addresses`; this is for the document."""

    name = serializers.CharField(max_length=100)
    street = serializers.CharField(max_length=200)
    city = serializers.CharField(max_length=100)
    state = serializers.CharField(max_length=60, required=False, allow_blank=True)
    zip_code = serializers.CharField(max_length=20)
    country = serializers.CharField(max_length=60)


class PurchaseRequestSerializer(Shape):
    address = AddressSerializer()
    payment_method = serializers.CharField(
        max_length=200,
        help_text="A provider's token. The built-in test bank knows `test_ok`, `test_declined`, `test_confirm`, `test_slow`, "
        "`test_timeout`.",
    )


class TrackingSerializer(serializers.Serializer):
    carrier = serializers.CharField()
    number = serializers.CharField()
    url = serializers.CharField(
        help_text="Where the carrier says where the parcel is; empty where the shop knows no such page."
    )


class PurchaseSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.CharField(help_text="For people, on the phone.")
    reservation = serializers.UUIDField()
    drop = serializers.UUIDField()
    size = serializers.CharField()
    amount_paid = MoneySerializer()
    status = serializers.ChoiceField(Purchase.Status.choices)
    created_at = serializers.DateTimeField()
    tracking = TrackingSerializer(required=False, help_text="There once the pair was shipped.")


class BoughtSerializer(serializers.Serializer):
    purchase = PurchaseSerializer()


PurchasePage = page_serializer(PurchaseSerializer, "PurchasePage")
