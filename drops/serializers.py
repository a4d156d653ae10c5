"""What the calls about sneakers and drops take and give, for checking input and for the document."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from drops import planning
from drops.catalogue.models import Sneaker
from drops.catalogue.serializers import SneakerField, SneakerSummarySerializer
from drops.models import Access, Drop, Mode, Phase
from drops.plan_rules import REASON_MAX_LENGTH, hours_faults, judge, payable_faults
from drops.sizes.values import InvalidSize, read_size
from drops.stock.models import Size
from drops.stock.size_run import MAX_PAIRS_OF_A_SIZE, MAX_SIZES, NO_SUCH_SIZE, find_size
from dropshop.core.api.paging import PageQuery
from dropshop.core.api.serializers import (
    Faults,
    MoneyField,
    MoneySerializer,
    Shape,
    page_serializer,
    price_faults,
    price_in,
)
from dropshop.core.api.validation import faults_of
from dropshop.core.clock import database_time
from dropshop.core.time_zones import is_time_zone


class SizeSerializer(serializers.Serializer):
    """`total = available + reserved + sold`. A lapsed hold already counts as available."""

    size = serializers.CharField()
    total = serializers.IntegerField(min_value=0)
    available = serializers.IntegerField(min_value=0)
    reserved = serializers.IntegerField(min_value=0)
    sold = serializers.IntegerField(min_value=0)
    version = serializers.IntegerField(min_value=1, help_text="Rises with every change; a screen never goes back.")
    next_expiry = serializers.DateTimeField(allow_null=True, help_text="When the first of the holds may return.")


class TopPurchaserSerializer(serializers.Serializer):
    buyer = serializers.CharField()
    pairs = serializers.IntegerField(min_value=1)


class RecentBuyerSerializer(serializers.Serializer):
    buyer = serializers.CharField(help_text="Somebody who opted in to be named, or “someone”.")
    size = serializers.CharField()
    at = serializers.DateTimeField()


class DropSerializer(serializers.Serializer):
    """Of a members-only drop, visitors get no sizes and no buyers."""

    id = serializers.UUIDField()
    slug = serializers.SlugField()
    title = serializers.CharField()
    sneaker = SneakerSummarySerializer()
    price = MoneySerializer()
    phase = serializers.ChoiceField(Phase.choices)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    hold_seconds = serializers.IntegerField()
    limit_per_member = serializers.IntegerField()
    limit_per_address = serializers.IntegerField(help_text="Pairs that go to one address, whoever buys them; 0: no limit.")
    called_off = serializers.CharField(allow_null=True, help_text="Why it was called off; null for drops that were not.")
    mode = serializers.ChoiceField(Mode.choices, help_text="How its pairs find their people.")
    access = serializers.ChoiceField(Access.choices)
    min_karma = serializers.IntegerField(min_value=0, help_text="Points a member must have to reserve; 0: everybody may.")
    sizes = SizeSerializer(many=True)
    top_purchasers = TopPurchaserSerializer(many=True)
    recent_buyers = RecentBuyerSerializer(many=True)
    server_time = serializers.DateTimeField(help_text="The clock that decides; measure your own against it.")


class SizeLineSerializer(Shape):
    size = serializers.CharField(max_length=20)
    total = serializers.IntegerField(min_value=0, max_value=MAX_PAIRS_OF_A_SIZE)


class DropChangesSerializer(Shape):
    """What staff may decide about a drop. Counters are not among it: stock moves by `PATCH drops/{id}/stock` alone."""

    title = serializers.CharField(max_length=120)
    price = MoneyField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    time_zone = serializers.CharField(max_length=64, default="UTC", help_text="IANA name of the zone it was scheduled in.")
    hold_seconds = serializers.IntegerField(min_value=5, max_value=900, default=60)
    limit_per_member = serializers.IntegerField(min_value=1, max_value=100, default=1)
    limit_per_address = serializers.IntegerField(
        min_value=0, max_value=10_000, default=2, help_text="Pairs that go to one address, whoever buys them; 0: no limit."
    )
    max_extensions = serializers.IntegerField(min_value=0, max_value=10, default=1)
    mode = serializers.ChoiceField(Mode.choices, default=Mode.FIRST_COME)
    access = serializers.ChoiceField(Access.choices, default=Access.PUBLIC)
    min_karma = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)
    weight = serializers.IntegerField(
        min_value=1, max_value=100_000, default=1500, help_text="Grams of the parcel with one pair; shipping is charged by it."
    )
    published = serializers.BooleanField(default=False)

    def validate_time_zone(self, name: str) -> str:
        is_time_zone(name)
        return name


@extend_schema_serializer(component_name="DropChanges")
class ReasonedChangesSerializer(DropChangesSerializer):
    """A change of the plan, and why."""

    reason = serializers.CharField(
        max_length=REASON_MAX_LENGTH, help_text="Kept in the drop's history; needed for another price while the drop runs."
    )

    def together(self, values: dict[str, Any], sent: Mapping[str, Any]) -> Faults:
        drop = self.context["drop"]
        if faults := price_faults(values, drop.currency):
            values = {name: value for name, value in values.items() if name != "price"}
        changes, reason = changes_of(values, drop)
        return faults | faults_of(judge, drop, changes, by=self.context["by"], moment=database_time(), reason=reason)


@extend_schema_serializer(component_name="NewDrop")
class NewDropSerializer(DropChangesSerializer):
    sneaker = SneakerField()
    slug = serializers.SlugField(max_length=80, required=False, help_text="Its address; made from the title when left out.")
    sizes = SizeLineSerializer(  # type: ignore[call-arg]  # of the list, not of the line
        many=True,
        required=False,
        allow_empty=False,
        max_length=MAX_SIZES,
        help_text='Left out: a one-size drop ("One size") of `total` pairs.',
    )
    total = serializers.IntegerField(
        min_value=0,
        max_value=MAX_PAIRS_OF_A_SIZE,
        default=1,
        help_text="Pairs of a one-size drop; ignored where there are `sizes`.",
    )

    def together(self, values: dict[str, Any], sent: Mapping[str, Any]) -> Faults:
        sneaker = values.get("sneaker")
        faults = price_faults(values, sneaker and sneaker.currency)
        if sneaker is not None and values.get("price") and not faults:
            faults = payable_faults(price_in(values["price"], sneaker.currency))
        if "starts_at" in values and "ends_at" in values:
            faults |= hours_faults(values["starts_at"], values["ends_at"], database_time())
        if sneaker is not None and values.get("sizes"):
            faults |= run_of(values["sizes"], sneaker)[1]
        return faults

    def validate_slug(self, slug: str) -> str:
        if Drop.objects.filter(slug=slug).exists():
            raise serializers.ValidationError(planning.TAKEN)
        return slug


def changes_of(values: Mapping[str, Any], drop: Drop) -> tuple[dict[str, Any], str]:
    """The fields of Drop that change, and the reason."""
    changes = {name: value for name, value in values.items() if name != "reason"}
    if "price" in changes:
        money = price_in(changes["price"], drop.currency)
        changes |= {"price": money.minor, "currency": money.currency}
    return changes, values.get("reason", "")


def run_of(lines: Sequence[Mapping[str, Any]], sneaker: Sneaker) -> tuple[list[tuple[str, int]], Faults]:
    """Each size in its one spelling, with its pairs; and, by field, what is no size or is named twice."""
    run: dict[str, int] = {}
    faults: Faults = {}
    for place, line in enumerate(lines):
        try:
            label = read_size(line["size"], sneaker.size_system)
        except InvalidSize as refusal:
            faults[f"sizes.{place}.size"] = [str(refusal)]
            continue
        if label in run:
            faults["sizes"] = [f"{label} is there twice."]
        run[label] = line["total"]
    return list(run.items()), faults


class ReasonSerializer(Shape):
    reason = serializers.CharField(max_length=REASON_MAX_LENGTH, help_text="Everybody reads it, and the history keeps it.")


class StockSerializer(Shape):
    """Of the drop in its context."""

    size = serializers.CharField(max_length=20)
    total = serializers.IntegerField(min_value=0, max_value=MAX_PAIRS_OF_A_SIZE)
    reason = serializers.CharField(max_length=300, help_text="Kept with who did it, and when.")

    def validate_size(self, label: str) -> Size:
        size = find_size(self.context["drop"], label)
        if size is None:
            raise serializers.ValidationError(NO_SUCH_SIZE)
        return size


class DropQuery(PageQuery):
    phase = serializers.ChoiceField(
        Phase.choices, required=False, help_text="Drops in this phase. `draft` is empty for all but staff."
    )


PatchedDrop = ReasonedChangesSerializer(partial=True)
DropPage = page_serializer(DropSerializer, "DropPage")
