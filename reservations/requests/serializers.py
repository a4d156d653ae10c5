"""Purchase requests as the API takes and describes them."""

from rest_framework import serializers

from dropshop.core.api.serializers import MoneySerializer, Shape, page_serializer
from reservations.addresses.serializers import AddressSerializer
from reservations.purchases.serializers import DestinationField
from reservations.requests.draw_entries import STATES
from reservations.requests.filing import MAX_SIZES
from reservations.requests.models import Reason, Status


class NewRequestSerializer(Shape):
    drop = serializers.CharField(max_length=80, help_text="Its id or slug.")
    sizes = serializers.ListField(
        child=serializers.CharField(max_length=40), min_length=1, max_length=MAX_SIZES, help_text="The one you like best first."
    )
    address = DestinationField(help_text="An address, or the id of a saved one. Its lines are kept as they are now.")
    payment_method = serializers.CharField(
        max_length=200, help_text="The id of a saved payment method: the request is paid while you are not there."
    )
    latest_price = MoneySerializer(
        required=False, help_text="The most you pay for the pair, without shipping and tax; left out: what it costs today."
    )


class KeptPairsSerializer(serializers.Serializer):
    size = serializers.CharField()
    pairs = serializers.IntegerField()


class RequestRoundSerializer(serializers.Serializer):
    """How the pairs of the drop were shared between requests and people at its page."""

    requests = serializers.IntegerField()
    people = serializers.IntegerField()
    parts = KeptPairsSerializer(many=True, help_text="That were kept for requests.")
    commitment = serializers.CharField(help_text="SHA-256 of the seed.")
    seed = serializers.CharField(allow_null=True, help_text="In hex; once all requests for the drop are over.")


class PurchaseRequestSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    drop = serializers.UUIDField()
    title = serializers.CharField()
    starts_at = serializers.DateTimeField()
    sizes = serializers.ListField(child=serializers.CharField(), help_text="The one liked best first.")
    latest_price = MoneySerializer()
    address = AddressSerializer(allow_null=True, help_text="Forgotten soon after the request has ended.")
    payment_method = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(Status.choices)
    reservation = serializers.UUIDField(allow_null=True, help_text="The hold that it got.")
    purchase = serializers.UUIDField(allow_null=True)
    place = serializers.IntegerField(allow_null=True, help_text="In the order in which requests were taken; known afterwards.")
    round = RequestRoundSerializer(
        allow_null=True, help_text="Of a drop that is first come, first served, once it has started."
    )
    created_at = serializers.DateTimeField()
    moved_at = serializers.DateTimeField(help_text="When it came to this status.")
    reason = serializers.ChoiceField(Reason.choices, required=False, help_text="Of one that failed.")
    because = serializers.CharField(required=False, help_text="The same in words.")


class ListedEntrySerializer(serializers.Serializer):
    id = serializers.UUIDField()
    drop = serializers.UUIDField()
    title = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    sizes = serializers.ListField(child=serializers.CharField())
    rank = serializers.IntegerField(allow_null=True)
    reservation = serializers.UUIDField(allow_null=True)
    entered_at = serializers.DateTimeField()


PurchaseRequestPage = page_serializer(
    PurchaseRequestSerializer,
    "PurchaseRequestPage",
    entries=ListedEntrySerializer(many=True, help_text="My newest entries in draws; all of each is at `drops/{id}/entries`."),
)
