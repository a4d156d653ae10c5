"""What the calls about passes, holds and purchases take and give, for checking input and for the document."""

from rest_framework import serializers

from dropshop.core.api.serializers import MoneySerializer, Shape, pages_of
from reservations.models import Purchase, Reservation


class PassSerializer(serializers.Serializer):
    pass_ = serializers.CharField(help_text="Travels in `X-Drop-Pass`.")
    expires_at = serializers.DateTimeField()
    server_time = serializers.DateTimeField()

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        return {"pass": fields.pop("pass_"), **fields}


class ReserveSerializer(Shape):
    size = serializers.CharField(max_length=20, required=False, help_text="Left out where there is one size.")


class ReservationSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    drop = serializers.UUIDField()
    size = serializers.CharField()
    status = serializers.ChoiceField(Reservation.Status.choices)
    price = MoneySerializer(help_text="Frozen when the hold was made.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    extensions_left = serializers.IntegerField(min_value=0)


class HeldSerializer(serializers.Serializer):
    reservation = ReservationSerializer()
    server_time = serializers.DateTimeField(help_text="Of the first answer, where an Idempotency-Key is repeated.")


class AddressSerializer(Shape):
    """Checked line by line by `reservations.addresses`; this is for the document."""

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


class PurchaseSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.CharField(help_text="For people, on the phone.")
    reservation = serializers.UUIDField()
    drop = serializers.UUIDField()
    size = serializers.CharField()
    amount_paid = MoneySerializer()
    status = serializers.ChoiceField(Purchase.Status.choices)
    created_at = serializers.DateTimeField()


class BoughtSerializer(serializers.Serializer):
    purchase = PurchaseSerializer()


ReservationPage = pages_of(ReservationSerializer, "ReservationPage")
PurchasePage = pages_of(PurchaseSerializer, "PurchasePage")
