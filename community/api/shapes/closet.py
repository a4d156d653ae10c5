"""What the calls about closets take and give, for checking input and for the document."""

from typing import Any

from rest_framework import serializers

from community.closets.pairs import CONDITIONS
from community.models import Condition, Visibility
from drops.api.shapes import MoneySerializer, PictureSerializer, PriceField, SneakerSummarySerializer, pages_of
from drops.models import Sneaker
from dropshop.errors import Invalid


class ValueSerializer(serializers.Serializer):
    """What such a pair goes for in its condition, by the sales, trades and reports of a year."""

    low = MoneySerializer(help_text="A quarter of the prices known are below.")
    middle = MoneySerializer()
    high = MoneySerializer(help_text="A quarter of them are above.")
    currency = serializers.CharField()
    count = serializers.IntegerField(min_value=1, help_text="Of how many prices.")


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
    promised = serializers.BooleanField(help_text="In an accepted trade that is still on its way.")
    pictures = PictureSerializer(many=True)
    purchase = serializers.UUIDField(allow_null=True)
    value = ValueSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    url = serializers.CharField()


def known_sneaker(sneaker_id: Any) -> Sneaker:
    """The catalogue's entry of this id; raises Invalid."""
    found = Sneaker.objects.filter(pk=sneaker_id).first()
    if found is None:
        raise Invalid(errors={"sneaker": ["There is no such sneaker."]})
    return found


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


class PairChangesSerializer(serializers.Serializer):
    """What owners decide about a pair; anything else that is sent has no effect."""

    sneaker = serializers.UUIDField()
    size = SizeField(help_text="In the sneaker's size system.")
    condition = serializers.ChoiceField(CONDITIONS)
    price = PriceField(required=False, allow_null=True, help_text="What you paid.")
    notes = serializers.CharField(max_length=1000, allow_blank=True, required=False)
    folder = serializers.CharField(
        max_length=60, allow_blank=True, allow_null=True, required=False, help_text="By its name; a new one is made."
    )
    visibility = serializers.ChoiceField(
        Visibility.choices, required=False, help_text="`private` also takes the pair out of trade."
    )
    for_trade = serializers.BooleanField(required=False, help_text="Wants a visibility other than `private`.")

    def validate_condition(self, word: str) -> Condition:
        return Condition[word.upper()]

    def validate_folder(self, name: str | None) -> str:
        return name or ""


class NewPairSerializer(PairChangesSerializer):
    """Either the `purchase` alone, or at least `sneaker`, `size` and `condition`."""

    purchase = serializers.UUIDField(required=False, help_text="A paid purchase of yours; everything else follows from it.")
    sneaker = serializers.UUIDField(required=False)
    size = SizeField(required=False, help_text="In the sneaker's size system.")
    condition = serializers.ChoiceField(CONDITIONS, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        missing = [name for name in ("sneaker", "size", "condition") if name not in attrs]
        if "purchase" not in attrs and missing:
            raise serializers.ValidationError(dict.fromkeys(missing, "This field is required."))
        return attrs


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


class WantChangesSerializer(serializers.Serializer):
    """What is wanted of the sneaker; anything else that is sent has no effect."""

    sizes = serializers.ListField(child=SizeField(), max_length=40, required=False, help_text="None: any size.")
    worst_condition = serializers.ChoiceField(CONDITIONS, required=False, help_text="At the worst; `worn` when left out.")
    highest_price = PriceField(required=False, allow_null=True, help_text="For restocks.")

    def validate_worst_condition(self, word: str) -> Condition:
        return Condition[word.upper()]


class NewWantSerializer(WantChangesSerializer):
    sneaker = serializers.UUIDField()


PatchedWant = WantChangesSerializer(partial=True)
WantPage = pages_of(WantSerializer, "WantPage")
PatchedPair = PairChangesSerializer(partial=True)
PairPage = pages_of(PairSerializer, "PairPage")
