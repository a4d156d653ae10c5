"""What the calls about closets take and give, for checking input and for the document."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from community.closet import pairs
from community.closet.facts import CONDITIONS
from community.closet.models import Visibility
from community.pricing.condition import Condition
from drops.catalogue.serializers import SneakerField, SneakerSummarySerializer
from drops.sizes.labels import size_label
from dropshop.core.api.paging import PageQuery
from dropshop.core.api.serializers import (
    Faults,
    MoneyField,
    MoneySerializer,
    PictureSerializer,
    Shape,
    page_serializer,
    price_faults,
)
from dropshop.core.api.validation import faults_of


class ValueSerializer(serializers.Serializer):
    """What such a pair goes for in its condition, by the sales, trades and reports of a year."""

    low = MoneySerializer(help_text="A quarter of the known prices are lower.")
    middle = MoneySerializer()
    high = MoneySerializer(help_text="A quarter of the known prices are higher.")
    currency = serializers.CharField()
    count = serializers.IntegerField(min_value=1, help_text="The number of known prices.")


class PairSerializer(serializers.Serializer):
    """`price`, `purchase` and `folder` are told to the owner alone."""

    id = serializers.UUIDField()
    owner = serializers.CharField()
    sneaker = SneakerSummarySerializer()
    size = serializers.CharField()
    condition = serializers.ChoiceField(CONDITIONS)
    price = MoneySerializer(allow_null=True, help_text="What the owner paid.")
    notes = serializers.CharField(allow_blank=True)
    folder = serializers.CharField(allow_null=True)
    visibility = serializers.ChoiceField(Visibility.choices)
    for_trade = serializers.BooleanField()
    promised = serializers.BooleanField(help_text="In an accepted trade that is not complete yet.")
    pictures = PictureSerializer(many=True)
    purchase = serializers.UUIDField(allow_null=True)
    value = ValueSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    url = serializers.CharField()


class SizeField(serializers.CharField):
    """The name of a size, as a drop or the owner writes it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """The text; raises ValidationError for what cannot be printed."""
        size: str = super().to_internal_value(data)
        if not size.isprintable():
            raise serializers.ValidationError("This is not the name of a size.")
        return size


class PairChangesSerializer(Shape):
    """What owners decide about a pair."""

    sneaker = SneakerField()
    size = SizeField(help_text="In the sneaker's size system.")
    condition = serializers.ChoiceField(CONDITIONS)
    price = MoneyField(required=False, allow_null=True, help_text="What you paid.")
    notes = serializers.CharField(max_length=1000, allow_blank=True, required=False)
    folder = serializers.CharField(
        max_length=60,
        allow_blank=True,
        allow_null=True,
        required=False,
        help_text="By its name; it is created if there is none.",
    )
    visibility = serializers.ChoiceField(
        Visibility.choices, required=False, help_text="With `private` the pair is no longer for trade."
    )
    for_trade = serializers.BooleanField(required=False, help_text="Requires a visibility other than `private`.")

    def validate_condition(self, word: str) -> Condition:
        return Condition[word.upper()]

    def validate_folder(self, name: str | None) -> str:
        return name or ""

    def together(self, values: dict[str, Any], sent: Mapping[str, Any]) -> Faults:
        faults: Faults = {}
        sneaker = values.get("sneaker", self.context.get("sneaker"))
        if sneaker is not None:
            faults |= price_faults(values, sneaker.currency)
            faults |= faults_of(size_label, values["size"], sneaker) if "size" in values else {}
        if values.get("for_trade") and values.get("visibility") == Visibility.PRIVATE:
            faults["for_trade"] = [pairs.UNSEEN]
        return faults


class NewPairSerializer(PairChangesSerializer):
    """Either the `purchase` alone, or at least `sneaker`, `size` and `condition`."""

    purchase = serializers.UUIDField(required=False, help_text="A paid purchase of yours; everything else is taken from it.")
    sneaker = SneakerField(required=False)
    size = SizeField(required=False, help_text="In the sneaker's size system.")
    condition = serializers.ChoiceField(CONDITIONS, required=False)

    def together(self, values: dict[str, Any], sent: Mapping[str, Any]) -> Faults:
        wanted = () if "purchase" in sent else ("sneaker", "size", "condition")
        missing = {name: ["This field is required."] for name in wanted if name not in sent}
        return missing | super().together(values, sent)


class ClosetQuery(PageQuery):
    search = serializers.CharField(
        max_length=200, required=False, help_text="Words in brand, name, style code, colourway or notes."
    )
    size = serializers.CharField(max_length=20, required=False)
    condition = serializers.ChoiceField(CONDITIONS, required=False)
    folder = serializers.CharField(max_length=60, required=False, help_text="A folder's name.")
    visibility = serializers.ChoiceField(Visibility.choices, required=False)
    for_trade = serializers.BooleanField(required=False)


PatchedPair = PairChangesSerializer(partial=True)
PairPage = page_serializer(PairSerializer, "PairPage")
