"""Purchases as the API describes them."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from dropshop.core.api.serializers import Faults, MoneySerializer, Query, Shape, page_serializer
from reservations.addresses.serializers import AddressSerializer
from reservations.purchases.models import Purchase


class PickupSerializer(Shape):
    """Who collects the pair, and where, in drops that offer it. Checked by `reservations.purchases.pickup`."""

    name = serializers.CharField(max_length=100)
    pickup = serializers.IntegerField(min_value=1, help_text="The number of a place of the drop.")


class DestinationField(serializers.JSONField):
    """An address, the id of a saved one, or a place of collection; for the document."""


class DestinationSchema(OpenApiSerializerFieldExtension):
    """What the document says of a destination."""

    target_class = DestinationField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """One of the three."""
        shapes = [auto_schema.resolve_serializer(shape, direction).ref for shape in (AddressSerializer, PickupSerializer)]
        saved = {"type": "string", "format": "uuid", "description": "The id of an address that you have saved."}
        return {"oneOf": [*shapes, saved]}


class PickupPlaceSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    street = serializers.CharField()
    city = serializers.CharField()
    state = serializers.CharField(allow_blank=True)
    zip_code = serializers.CharField()
    country = serializers.CharField()
    hours = serializers.CharField()


class BuySerializer(Shape):
    address = DestinationField()
    payment_method = serializers.CharField(
        max_length=200,
        help_text="A provider's token, or the id of a card that you have saved. The built-in test bank knows `test_ok`, "
        "`test_declined`, `test_confirm`, `test_slow`, `test_timeout`.",
    )
    keep = serializers.BooleanField(
        required=False, help_text="Save address and card for next time, once the money was taken. Soon after the purchase."
    )
    total = MoneySerializer(required=False, help_text="What you were shown. Another sum is not paid: `total_changed`.")


class TaxSerializer(MoneySerializer):
    name = serializers.CharField(help_text="Empty where there is no tax.")
    percent = serializers.CharField(help_text="With three decimals: `19.000`.")
    included = serializers.BooleanField(help_text="Price and shipping include it; otherwise it is added to them.")


class ArrivalSerializer(serializers.Serializer):
    """Days, in UTC."""

    by = serializers.DateField(help_text="The last day on which the parcel should be there.")

    def get_fields(self) -> dict[str, Any]:
        """With `from`, which Python keeps for itself."""
        return {"from": serializers.DateField(help_text="The first one."), **super().get_fields()}


class CostsSerializer(serializers.Serializer):
    price = MoneySerializer()
    shipping = MoneySerializer()
    tax = TaxSerializer()
    total = MoneySerializer()
    arrives = ArrivalSerializer(required=False, help_text="If it is bought today; left out where nobody has said so.")


class CostsQuery(Query):
    country = serializers.CharField(
        max_length=60, required=False, default="", help_text="Its code of ISO 3166, or its English name."
    )
    state = serializers.CharField(max_length=60, required=False, default="", help_text="Where taxes depend on it.")
    pickup = serializers.RegexField(
        "^[0-9]{1,18}$", required=False, default="", help_text="In place of both: the number of a place to collect at."
    )

    def together(self, values: dict[str, Any], sent: Mapping[str, Any]) -> Faults:
        """A country or a place, not both; that one of them is there is asked by whoever reckons the costs."""
        if values.get("pickup") and (values.get("country") or values.get("state")):
            return {"pickup": ["The place says which country and state: leave these out."]}
        return {}


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
    amount_paid = MoneySerializer(help_text="In all: price, shipping, and the tax that is added to them.")
    price = MoneySerializer(help_text="Of the pair.")
    shipping = MoneySerializer()
    tax = TaxSerializer()
    status = serializers.ChoiceField(Purchase.Status.choices)
    created_at = serializers.DateTimeField()
    refunded = MoneySerializer(required=False, help_text="What your bank has been given back for you, once that is so.")
    arrives = ArrivalSerializer(required=False, help_text="While the parcel is awaited, where it is known.")
    tracking = TrackingSerializer(required=False, help_text="There once the pair was shipped.")


class BoughtSerializer(serializers.Serializer):
    purchase = PurchaseSerializer()


PurchasePage = page_serializer(PurchaseSerializer, "PurchasePage")
PickupPlacePage = page_serializer(PickupPlaceSerializer, "PickupPlacePage")
