"""What `GET karma` gives, for the document."""

from rest_framework import serializers

from dropshop.core.api.serializers import page_serializer


class KarmaLevelSerializer(serializers.Serializer):
    """What a balance unlocks."""

    name = serializers.CharField()
    threshold = serializers.IntegerField(help_text="The balance from which it is reached.")
    confirm_weight = serializers.IntegerField(help_text="What a confirmation of a report weighs; 0: may not confirm.")
    may_post_links = serializers.BooleanField()


class MyKarmaLevelSerializer(KarmaLevelSerializer):
    next = KarmaLevelSerializer(allow_null=True, help_text="The level after this; null at the top.")


class KarmaEntrySerializer(serializers.Serializer):
    """One movement of points, and why."""

    id = serializers.UUIDField()
    rule = serializers.CharField(help_text="The rule, for programs.")
    title = serializers.CharField(help_text="The rule, for people.")
    note = serializers.CharField(allow_blank=True)
    points = serializers.IntegerField(help_text="Earned above zero, spent below.")
    balance = serializers.IntegerField(help_text="After this movement.")
    source = serializers.CharField(help_text="What caused it, such as `restock:<id>`.")  # type: ignore[assignment]
    url = serializers.CharField(allow_blank=True, help_text="The page of that, as a path of this shop.")
    created_at = serializers.DateTimeField()


KarmaPage = page_serializer(
    KarmaEntrySerializer,
    "KarmaPage",
    "A page of my entries, and where I stand.",
    balance=serializers.IntegerField(min_value=0),
    level=MyKarmaLevelSerializer(allow_null=True, help_text="null below the lowest."),
    owed=serializers.IntegerField(
        min_value=0, help_text="Points taken back after they were spent: the next points earned pay for them."
    ),
)
