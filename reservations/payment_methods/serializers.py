"""Saved cards as the API describes them."""

from rest_framework import serializers

from dropshop.core.api.serializers import Shape, page_serializer
from reservations.payment_methods.models import SavedMethod
from reservations.payments.tokens import LONGEST, token_fault


class NewMethodSerializer(Shape):
    token = serializers.CharField(max_length=LONGEST, help_text="As the provider's own form gives it; never a card's number.")

    def validate_token(self, given: str) -> str:
        """Never a card's number."""
        if fault := token_fault(given):
            raise serializers.ValidationError(fault)
        return given


class MethodChangesSerializer(Shape):
    is_default = serializers.BooleanField(help_text="Only true: it is used first from now on.")


class SavedMethodSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text="Send it as `payment_method` of a purchase.")
    provider = serializers.CharField()
    brand = serializers.CharField(allow_blank=True)
    last_four = serializers.CharField(allow_blank=True)
    expiry_month = serializers.IntegerField(allow_null=True)
    expiry_year = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(SavedMethod.Status.choices, help_text="Only one that is ready pays.")
    is_default = serializers.BooleanField(help_text="Used first.")
    created_at = serializers.DateTimeField()
    confirm_url = serializers.CharField(required=False, help_text="Where you confirm it, while your bank waits for that.")
    reason = serializers.CharField(required=False, help_text="Why it was declined.")


SavedMethodPage = page_serializer(SavedMethodSerializer, "SavedMethodPage")
