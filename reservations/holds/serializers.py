"""What the calls about passes, holds and purchases take and give, for checking input and for the document."""

from rest_framework import serializers

from drops.sizes.values import LABEL_MAX_LENGTH
from dropshop.core.api.serializers import MoneySerializer, Shape, page_serializer
from reservations.holds.models import Reservation


class ReserveSerializer(Shape):
    size = serializers.CharField(max_length=LABEL_MAX_LENGTH, required=False, help_text="Left out where there is one size.")


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


ReservationPage = page_serializer(ReservationSerializer, "ReservationPage")
