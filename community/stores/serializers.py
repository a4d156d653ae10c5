"""Stores as the API describes them."""

from rest_framework import serializers

from dropshop.core.api.serializers import page_serializer


class PlaceSerializer(serializers.Serializer):
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()


class StoreSummarySerializer(serializers.Serializer):
    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()
    site = serializers.CharField(allow_blank=True)
    city = serializers.CharField(allow_blank=True)


class StoreSerializer(StoreSummarySerializer):
    place = PlaceSerializer(allow_null=True)


StorePage = page_serializer(StoreSerializer, "StorePage")
