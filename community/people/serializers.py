"""What the calls about following take and give, for checking input and for the document."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from community.people import follows
from dropshop.core.api.serializers import Faults, Shape, page_serializer


class FollowRequestSerializer(Shape):
    """One of store, sneaker and member."""

    store = serializers.CharField(max_length=80, required=False, help_text="Its id or slug.")
    sneaker = serializers.UUIDField(required=False)
    size = serializers.CharField(max_length=20, required=False, allow_blank=True, help_text="Of a sneaker; left out: any size.")
    member = serializers.CharField(max_length=150, required=False, help_text="Their username.")

    def together(self, values: dict[str, Any], sent: Mapping[str, Any]) -> Faults:
        if sum(bool(sent.get(name)) for name in ("store", "sneaker", "member")) != 1:
            return {"follow": [follows.ONE_OF_THEM]}
        return {"size": [follows.NO_SIZE]} if sent.get("size") and not sent.get("sneaker") else {}


class FollowedStoreSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()


class FollowedSneakerSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class FollowSerializer(serializers.Serializer):
    store = FollowedStoreSerializer(allow_null=True)
    sneaker = FollowedSneakerSerializer(allow_null=True)
    size = serializers.CharField(allow_blank=True)
    member = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


FollowPage = page_serializer(FollowSerializer, "FollowPage")
