"""A queue as the API describes it, and what it reads."""

from rest_framework import serializers

from dropshop.core.api.serializers import MoneySerializer, Shape
from reservations.queue.deeds import REASON_MAX_LENGTH
from reservations.queue.facts import STATES
from reservations.queue.join import MAX_SIZES
from reservations.queue.models import MAX_PER_MINUTE, TURN_SECONDS, WORD_MAX_LENGTH, QueueDeed


class SizesSerializer(Shape):
    """What somebody who joins may say."""

    sizes = serializers.ListField(
        child=serializers.CharField(max_length=20),
        required=False,
        max_length=MAX_SIZES,
        help_text="Sizes of the drop, in order of preference.",
    )


class BandSerializer(serializers.Serializer):
    low = serializers.IntegerField(min_value=0, max_value=10, help_text="In 10.")
    high = serializers.IntegerField(min_value=0, max_value=10)


class WantedSizeSerializer(serializers.Serializer):
    size = serializers.CharField()
    left = serializers.IntegerField()
    chance = BandSerializer()


class QueueVerdictSerializer(serializers.Serializer):
    known_at = serializers.DateTimeField(help_text="When the shop knew.")
    left = serializers.IntegerField(help_text="Pairs that were left then.")
    held = serializers.IntegerField(help_text="Pairs that were held then.")


class QueuePlaceSerializer(serializers.Serializer):
    """My place in a queue."""

    drop = serializers.UUIDField()
    state = serializers.ChoiceField(STATES)
    place = serializers.IntegerField(allow_null=True, help_text="From 1; it never changes. None before the start.")
    of = serializers.IntegerField(help_text="Places in all; before the start: people who are there.")
    ahead = serializers.IntegerField(allow_null=True, help_text="Who still waits before you.")
    admitted_until = serializers.DateTimeField(allow_null=True, help_text="Until when it is your turn.")
    earliest = serializers.DateTimeField(allow_null=True, help_text="When your turn may come.")
    latest = serializers.DateTimeField(allow_null=True, help_text="When it comes at the latest, where it comes.")
    later_since = serializers.DateTimeField(allow_null=True)
    later_because = serializers.CharField(allow_blank=True, help_text="Why `latest` is later than was said before.")
    chance = BandSerializer(allow_null=True)
    sizes = WantedSizeSerializer(many=True)
    cannot_win = QueueVerdictSerializer(allow_null=True)
    price = MoneySerializer()
    left = serializers.IntegerField()
    held = serializers.IntegerField()
    sold = serializers.IntegerField()
    let_in = serializers.IntegerField(help_text="People whose turn has come so far.")
    took = serializers.IntegerField(help_text="Of them those whose turn has ended with a pair.")
    in_turn = serializers.IntegerField(help_text="Of them those who are choosing.")
    on_hold = serializers.BooleanField()
    closed_to_new = serializers.BooleanField()
    word = serializers.CharField(allow_blank=True, help_text="From staff, to those waiting.")
    word_at = serializers.DateTimeField(allow_null=True)
    called_off = serializers.CharField(allow_null=True)
    commitment = serializers.CharField(help_text="SHA-256 of the seed, published before anybody came.")
    seed = serializers.CharField(allow_null=True, help_text="Hex; once the drop is over.")
    rank = serializers.CharField(allow_null=True, help_text="Your HMAC under the seed, hex; the smallest comes first.")
    poll_after = serializers.IntegerField(help_text="Seconds after which to ask again.")
    server_time = serializers.DateTimeField()


class ControlChangesSerializer(Shape):
    """What staff change, and why."""

    per_minute = serializers.IntegerField(
        min_value=1, max_value=MAX_PER_MINUTE, allow_null=True, required=False, help_text="None: as many as the stock allows."
    )
    turn_seconds = serializers.IntegerField(
        min_value=TURN_SECONDS[0], max_value=TURN_SECONDS[1], required=False, help_text="Before anybody has arrived."
    )
    on_hold = serializers.BooleanField(required=False, help_text="Nobody is let in meanwhile.")
    drained = serializers.BooleanField(required=False, help_text="Takes nobody new, for good.")
    word = serializers.CharField(
        max_length=WORD_MAX_LENGTH, allow_blank=True, required=False, help_text="Everybody who waits reads it."
    )
    reason = serializers.CharField(max_length=REASON_MAX_LENGTH, help_text="Kept with who did it, and when.")


class QueueDeedSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(QueueDeed.Kind.choices)
    was = serializers.CharField(allow_blank=True)
    to = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()
    by = serializers.CharField(help_text="User name.")
    at = serializers.DateTimeField()


class ControlSerializer(serializers.Serializer):
    """A queue as staff see it."""

    drop = serializers.UUIDField()
    turn_seconds = serializers.IntegerField()
    per_minute = serializers.IntegerField(allow_null=True)
    on_hold_at = serializers.DateTimeField(allow_null=True)
    drained_at = serializers.DateTimeField(allow_null=True)
    word = serializers.CharField(allow_blank=True)
    later_because = serializers.CharField(allow_blank=True)
    waiting = serializers.IntegerField(help_text="Who waits; before the start: who is there.")
    let_in = serializers.IntegerField()
    in_turn = serializers.IntegerField(help_text="Choosing, without a pair.")
    took = serializers.IntegerField(help_text="Turns that ended with a pair.")
    passed = serializers.IntegerField(help_text="Turns that ended without one.")
    slots = serializers.IntegerField(help_text="How many may choose at once by the stock and the turns that were let pass.")
    deeds = QueueDeedSerializer(many=True)
    server_time = serializers.DateTimeField()
