"""Addresses as the API describes them. Their lines are checked by `reservations.addresses.lines`."""

from rest_framework import serializers

from dropshop.core.api.serializers import Shape, page_serializer


class AddressSerializer(Shape):
    """Which lines must not be empty depends on the country."""

    name = serializers.CharField(max_length=100)
    street = serializers.CharField(max_length=200)
    city = serializers.CharField(max_length=100, required=False, allow_blank=True)
    state = serializers.CharField(max_length=60, required=False, allow_blank=True)
    zip_code = serializers.CharField(max_length=20, required=False, allow_blank=True)
    country = serializers.CharField(max_length=60, help_text="Its code of ISO 3166, or its English name.")


class NewAddressSerializer(AddressSerializer):
    is_default = serializers.BooleanField(required=False, help_text="Used first from now on. The first one always is.")


class PatchedAddressSerializer(Shape):
    name = serializers.CharField(max_length=100, required=False)
    street = serializers.CharField(max_length=200, required=False)
    city = serializers.CharField(max_length=100, required=False, allow_blank=True)
    state = serializers.CharField(max_length=60, required=False, allow_blank=True)
    zip_code = serializers.CharField(max_length=20, required=False, allow_blank=True)
    country = serializers.CharField(max_length=60, required=False)
    is_default = serializers.BooleanField(required=False, help_text="Only true: it is used first from now on.")


class SavedAddressSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    street = serializers.CharField()
    city = serializers.CharField(allow_blank=True)
    state = serializers.CharField(allow_blank=True)
    zip_code = serializers.CharField(allow_blank=True)
    country = serializers.CharField(help_text="Its code of ISO 3166.")
    is_default = serializers.BooleanField(help_text="Used first.")
    created_at = serializers.DateTimeField()


SavedAddressPage = page_serializer(SavedAddressSerializer, "SavedAddressPage")
