"""Sneakers as the API describes them."""

from typing import Any

from rest_framework import serializers

from drops.catalogue.models import Sneaker, Tint
from dropshop.core.api.paging import PageQuery
from dropshop.core.api.serializers import (
    MoneySerializer,
    PictureSerializer,
    page_serializer,
)


class SneakerSummarySerializer(serializers.Serializer):
    id = serializers.UUIDField()
    brand = serializers.CharField()
    name = serializers.CharField()
    style_code = serializers.CharField()
    colourway = serializers.CharField(allow_blank=True)


class SneakerSerializer(SneakerSummarySerializer):
    description = serializers.CharField(allow_blank=True)
    release_date = serializers.DateField(allow_null=True)
    retail_price = MoneySerializer()
    size_system = serializers.CharField(help_text="What the sizes of its drops are measured in.")
    tint = serializers.ChoiceField(Tint.choices)
    pictures = PictureSerializer(many=True)


class SneakerField(serializers.UUIDField):
    """A sneaker of the catalogue, by its id; the value is the Sneaker."""

    def to_internal_value(self, data: Any) -> Any:
        """The sneaker; ValidationError for what is no id, and for an id that is none of the catalogue's."""
        found = Sneaker.objects.filter(pk=super().to_internal_value(data)).first()
        if found is None:
            raise serializers.ValidationError("There is no such sneaker.")
        return found


class SneakerQuery(PageQuery):
    brand = serializers.CharField(max_length=200, required=False, help_text="A brand, in any case.")
    search = serializers.CharField(max_length=200, required=False, help_text="Words in brand, name, style code or colourway.")


SneakerPage = page_serializer(SneakerSerializer, "SneakerPage")
