"""What the call about prices gives."""

from rest_framework import serializers

from community.pricing.models import PricePoint
from dropshop.core.api.serializers import MoneySerializer, Query


class SizeValueSerializer(serializers.Serializer):
    """Half of the `count` prices known lie between `low` and `high`."""

    size = serializers.CharField(allow_blank=True, help_text="Empty: prices that name no size.")
    low = MoneySerializer()
    middle = MoneySerializer()
    high = MoneySerializer()
    count = serializers.IntegerField(min_value=1)


class KnownPriceSerializer(serializers.Serializer):
    size = serializers.CharField(allow_blank=True, help_text="Empty: it is the price of every size.")
    price = MoneySerializer()
    at = serializers.DateTimeField()
    origin = serializers.ChoiceField(PricePoint.Origin.choices)
    store = serializers.CharField(allow_null=True)
    is_odd = serializers.BooleanField(help_text="Far from earlier prices; not counted in any value.")


class PricesSerializer(serializers.Serializer):
    values = SizeValueSerializer(many=True, help_text="Of a new pair, by size, from the prices of a year.")
    prices = KnownPriceSerializer(many=True, help_text="The newest thousand of a year, newest first.")


class PricesQuery(Query):
    size = serializers.CharField(max_length=20, required=False, help_text="This size alone, with the prices of every size.")
