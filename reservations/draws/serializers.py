"""Draws and entries as the API describes them, and what it reads."""

from rest_framework import serializers

from dropshop.core.api.serializers import Shape
from reservations.draws.models import Draw


class NewEntrySerializer(Shape):
    """What somebody enters with."""

    sizes = serializers.JSONField(help_text="Sizes of the drop, the one that you want most first.")
    address = serializers.JSONField(help_text="A saved address's id, or {name, street, city, state, zip_code, country}.")
    payment_method = serializers.JSONField(
        help_text="A saved card's id, or a token of the provider's, which is saved. Charged only if you win."
    )
    group = serializers.JSONField(
        required=False, help_text="`new` for a group with friends, or the code of theirs; at most four."
    )


class EntryGroupSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="Whoever knows it may join until the draw closes.")
    people = serializers.IntegerField()


class WaitlistPlaceSerializer(serializers.Serializer):
    size = serializers.CharField()
    place = serializers.IntegerField()


class DrawEntrySerializer(serializers.Serializer):
    """My entry. With `salt` and `member` anybody finds it in the draw's files; without the salt nobody does."""

    id = serializers.UUIDField()
    drop = serializers.UUIDField()
    state = serializers.ChoiceField(["entered", "withdrawn", "lost", "won", "held", "paid", "passed_on"])
    sizes = serializers.ListField(child=serializers.CharField())
    card = serializers.CharField(allow_blank=True)
    group = EntryGroupSerializer(allow_null=True)
    entered_at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    member = serializers.UUIDField()
    salt = serializers.CharField()
    mark = serializers.CharField()
    losses = serializers.IntegerField(help_text="Fair losses that count, where the draw has loyalty.")
    leaf = serializers.CharField(allow_null=True, help_text="From close on.")
    rank = serializers.IntegerField(allow_null=True)
    won = serializers.CharField(allow_null=True, help_text="The size.")
    stepped_back = serializers.BooleanField()
    waitlist = WaitlistPlaceSerializer(many=True)
    words = serializers.CharField(allow_blank=True, help_text="What came of it, with the reason.")
    reservation = serializers.UUIDField(allow_null=True, help_text="The hold of the pair that was won.")
    reason = serializers.CharField(allow_blank=True, help_text="Why the card was not charged, or the pair passed on.")


class BeaconSerializer(serializers.Serializer):
    source = serializers.ChoiceField(["drand", "nist", "dice"])  # type: ignore[assignment]
    value = serializers.CharField(required=False)
    round = serializers.IntegerField(required=False)
    signature = serializers.CharField(required=False)


class NamedBeaconSerializer(BeaconSerializer):
    at = serializers.DateTimeField(required=False)


class DrawSizeSerializer(serializers.Serializer):
    size = serializers.CharField()
    pairs = serializers.IntegerField()


class LastRankSerializer(serializers.Serializer):
    size = serializers.CharField()
    rank = serializers.IntegerField(allow_null=True, help_text="The last one that won a pair of it.")


class ListedEntriesSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    people = serializers.IntegerField()
    root = serializers.CharField()  # type: ignore[assignment]
    sha256 = serializers.CharField(help_text="Of entries.csv.")


class DrawFileSerializer(serializers.Serializer):
    name = serializers.CharField()
    url = serializers.CharField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()


class DrawStepSerializer(serializers.Serializer):
    step = serializers.CharField()
    facts = serializers.DictField()
    reason = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class DrawSerializer(serializers.Serializer):
    """A draw, with all that proves it."""

    drop = serializers.UUIDField()
    state = serializers.ChoiceField(Draw.State.values)
    rules = serializers.IntegerField()
    loyalty = serializers.BooleanField()
    closes_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    stock = DrawSizeSerializer(many=True)
    commitment = serializers.CharField()
    sealed_at = serializers.DateTimeField()
    revealed_at = serializers.DateTimeField(allow_null=True)
    seed = serializers.CharField(allow_null=True)
    beacons = NamedBeaconSerializer(many=True)
    beacon = BeaconSerializer(allow_null=True)
    waits_for = serializers.CharField(allow_blank=True)
    entries = ListedEntriesSerializer(allow_null=True)
    drawn_at = serializers.DateTimeField(allow_null=True)
    last_ranks = LastRankSerializer(many=True)
    files = DrawFileSerializer(many=True)
    steps = DrawStepSerializer(many=True)


class DrawDeedSerializer(Shape):
    """What staff do with a draw, and why."""

    reason = serializers.CharField(max_length=300, help_text="Kept with who did it, and when.")


class DiceSerializer(DrawDeedSerializer):
    """Dice that were thrown."""

    dice = serializers.CharField(max_length=200, help_text="At least 16 numbers from 1 to 6, with blanks between them.")


class GivenBeaconSerializer(DrawDeedSerializer):
    """drand's round, by whoever can reach it."""

    round = serializers.IntegerField()
    signature = serializers.CharField(max_length=96)


class LoyaltySerializer(DrawDeedSerializer):
    """Whether fair losses count."""

    loyalty = serializers.BooleanField()
