"""Wants as the API describes them."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from community.closet.facts import CONDITIONS
from community.closet.serializers import SizeField
from community.pricing.condition import Condition
from community.wants import edit
from drops.catalogue.serializers import SneakerField, SneakerSummarySerializer
from drops.sizes.labels import size_labels
from dropshop.core.api.serializers import Faults, MoneyField, MoneySerializer, Shape, page_serializer, price_faults
from dropshop.core.api.validation import faults_of


class MatchSerializer(serializers.Serializer):
    kind = serializers.ChoiceField([("pair", "A pair for trade"), ("restock", "A restock")])
    id = serializers.UUIDField()
    url = serializers.CharField()


class WantSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    sneaker = SneakerSummarySerializer()
    sizes = serializers.ListField(child=serializers.CharField(), help_text="None: any size.")
    worst_condition = serializers.ChoiceField(CONDITIONS)
    highest_price = MoneySerializer(allow_null=True)
    matches = MatchSerializer(many=True, help_text="Other members' pairs for trade, and open restocks: six of each.")
    created_at = serializers.DateTimeField()


class WantChangesSerializer(Shape):
    """What is wanted of the sneaker."""

    sizes = serializers.ListField(child=SizeField(), max_length=40, required=False, help_text="None: any size.")
    worst_condition = serializers.ChoiceField(
        CONDITIONS, required=False, help_text="The worst condition you accept; `worn` when left out."
    )
    highest_price = MoneyField(required=False, allow_null=True, help_text="For restocks.")

    def validate_worst_condition(self, word: str) -> Condition:
        return Condition[word.upper()]

    def together(self, values: dict[str, Any], sent: Mapping[str, Any]) -> Faults:
        sneaker = values.get("sneaker", self.context.get("sneaker"))
        if sneaker is None:
            return {}
        faults = price_faults(values, sneaker.currency, "highest_price")
        return faults | faults_of(size_labels, values.get("sizes", ()), sneaker, most=edit.MAX_SIZES)


class NewWantSerializer(WantChangesSerializer):
    sneaker = SneakerField()


PatchedWant = WantChangesSerializer(partial=True)
WantPage = page_serializer(WantSerializer, "WantPage")
