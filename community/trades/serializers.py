"""What the calls about trades take and give, for checking input and for the document."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from community.closet.facts import CONDITIONS
from community.people import relations
from community.people.models import Member
from community.trades.models import Trade
from dropshop.core.api.paging import PageQuery
from dropshop.core.api.serializers import Shape, page_serializer
from dropshop.core.errors import NotFound

ANSWERS = ("accepted", "rejected", "countered", "withdrawn")


def _pairs(words: str) -> Any:
    return serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=10, help_text=words)


class OfferSerializer(Shape):
    to = serializers.CharField(
        max_length=150, required=False, help_text="A username. If left out: the owner of the wanted pairs."
    )
    gives = _pairs("Ids of pairs in my closet.")
    wants = _pairs("Ids of the other member's pairs.")
    message = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    def validate_to(self, username: str) -> Member:
        try:
            return relations.find_member(username, viewer=self.context["member"])
        except NotFound:
            raise serializers.ValidationError("There is no such member.") from None


@extend_schema_serializer(component_name="Answer")
class TradeAnswerSerializer(Shape):
    """With `countered`, `gives` and `wants` say the new offer as I see it."""

    status = serializers.ChoiceField(ANSWERS)
    gives = serializers.ListField(child=serializers.UUIDField(), max_length=10, required=False)
    wants = serializers.ListField(child=serializers.UUIDField(), max_length=10, required=False)
    message = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class SentSerializer(Shape):
    carrier = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    tracking = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class DisputeSerializer(Shape):
    reason = serializers.CharField(max_length=1000, help_text="What happened. Staff and the other side read it.")


class RatingSerializer(Shape):
    stars = serializers.IntegerField(min_value=1, max_value=5)
    text = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class StandingSerializer(serializers.Serializer):
    stars = serializers.FloatField(allow_null=True, help_text="The mean of one to five.")
    trades = serializers.IntegerField(min_value=0, help_text="Complete ones.")


class SideSerializer(serializers.Serializer):
    username = serializers.CharField(allow_null=True, help_text="Null for former members.")
    rating = StandingSerializer()


class TradedSneakerSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    brand = serializers.CharField()
    name = serializers.CharField()
    style_code = serializers.CharField()
    colourway = serializers.CharField()


class TradedPictureSerializer(serializers.Serializer):
    url = serializers.CharField()
    alt = serializers.CharField()


class TradedPairSerializer(serializers.Serializer):
    """The pair as it was when it was offered."""

    id = serializers.UUIDField()
    sneaker = TradedSneakerSerializer()
    size = serializers.CharField()
    condition = serializers.ChoiceField(CONDITIONS)
    notes = serializers.CharField(allow_blank=True)
    pictures = TradedPictureSerializer(many=True)


class ChangedSideSerializer(serializers.Serializer):
    added = serializers.ListField(child=serializers.UUIDField())
    removed = serializers.ListField(child=serializers.UUIDField())


class ChangesSerializer(serializers.Serializer):
    gives = ChangedSideSerializer()
    wants = ChangedSideSerializer()


class ShipmentSerializer(serializers.Serializer):
    sender = serializers.CharField(allow_null=True)
    due_at = serializers.DateTimeField(help_text="Sent by then.")
    carrier = serializers.CharField(allow_blank=True)
    tracking = serializers.CharField(allow_blank=True)
    sent_at = serializers.DateTimeField(allow_null=True)
    received_at = serializers.DateTimeField(allow_null=True)


class TradeDisputeSerializer(serializers.Serializer):
    opened_by = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    opened_at = serializers.DateTimeField()
    resolution = serializers.ChoiceField(("open", "upheld", "undone"))
    resolved_at = serializers.DateTimeField(allow_null=True)


class TradeRatingSerializer(serializers.Serializer):
    by = serializers.CharField(allow_null=True)
    stars = serializers.IntegerField(min_value=1, max_value=5)
    text = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()


class TradeSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(Trade.Status.choices)
    proposer = SideSerializer()
    receiver = SideSerializer()
    gives = TradedPairSerializer(many=True, help_text="By the proposer.")
    wants = TradedPairSerializer(many=True, help_text="From the receiver.")
    message = serializers.CharField(allow_blank=True)
    answers = serializers.UUIDField(allow_null=True, help_text="The offer to which this one is the counter-offer.")
    answered_by = serializers.UUIDField(allow_null=True, help_text="The counter-offer to this one.")
    changes = ChangesSerializer(allow_null=True, help_text="What a counter-offer added and removed, as its proposer sees it.")
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    shipping = ShipmentSerializer(many=True, help_text="One shipment a side, from the moment the offer is accepted.")
    completed_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True, help_text="Staff gave every pair back.")
    dispute = TradeDisputeSerializer(allow_null=True, help_text="What staff were asked to decide.")
    ratings = TradeRatingSerializer(many=True, help_text="At most one by each side.")
    url = serializers.CharField()


class TradeQuery(PageQuery):
    status = serializers.ChoiceField(Trade.Status.choices, required=False, help_text="Those of this status.")


TradePage = page_serializer(TradeSerializer, "TradePage")
