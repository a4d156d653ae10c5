"""What the shop knows of a member, as the API describes it."""

from rest_framework import serializers

from community.accounts.serializers import SecretField
from community.people.languages import LANGUAGES
from community.people.profile import NAME_LENGTH
from dropshop.core.api.serializers import Shape
from dropshop.core.time_zones import is_time_zone
from reservations.addresses.serializers import AddressSerializer, SavedAddressSerializer
from reservations.holds.serializers import ReservationSerializer
from reservations.payment_methods.serializers import SavedMethodSerializer
from reservations.purchases.serializers import PurchaseSerializer
from reservations.requests.serializers import PurchaseRequestSerializer
from reservations.withdrawals.serializers import WithdrawalSerializer

REAL_NAME_LENGTH = 150


class ProfileChangesSerializer(Shape):
    """What members decide about themselves."""

    shows_name = serializers.BooleanField(help_text="Others see your username when you buy (L5).")
    first_name = serializers.CharField(max_length=REAL_NAME_LENGTH, allow_blank=True)
    last_name = serializers.CharField(max_length=REAL_NAME_LENGTH, allow_blank=True)
    display_name = serializers.CharField(max_length=NAME_LENGTH, allow_blank=True, help_text="Shown on your page.")
    time_zone = serializers.CharField(
        max_length=64, allow_blank=True, validators=[is_time_zone], help_text="Such as Europe/Berlin; empty: your device's."
    )
    language = serializers.ChoiceField(LANGUAGES, allow_blank=True)


class ProfileSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    username = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField(allow_blank=True)
    shows_name = serializers.BooleanField()
    display_name = serializers.CharField(allow_blank=True)
    picture = serializers.CharField(allow_blank=True, help_text="Its address; empty: a face drawn from your name.")
    time_zone = serializers.CharField(allow_blank=True)
    language = serializers.CharField(allow_blank=True)
    bio = serializers.CharField(allow_blank=True)
    geohash = serializers.CharField(allow_blank=True)
    is_staff = serializers.BooleanField()
    date_joined = serializers.DateTimeField()


class PasswordSerializer(Shape):
    password = SecretField(help_text="Your password, as proof that it is you.")


class EmailAddressSerializer(serializers.Serializer):
    email = serializers.CharField()
    verified = serializers.BooleanField()


class SessionSerializer(serializers.Serializer):
    ip = serializers.CharField()
    user_agent = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()


class ExportedPurchaseSerializer(PurchaseSerializer):
    address = AddressSerializer()


class ExportedWithdrawalSerializer(WithdrawalSerializer):
    name = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    settled_at = serializers.DateTimeField(allow_null=True)


class ExportSerializer(serializers.Serializer):
    profile = ProfileSerializer()
    email_addresses = EmailAddressSerializer(many=True)
    reservations = ReservationSerializer(many=True)
    purchases = ExportedPurchaseSerializer(many=True)
    purchase_requests = PurchaseRequestSerializer(many=True)
    withdrawals = ExportedWithdrawalSerializer(many=True)
    addresses = SavedAddressSerializer(many=True)
    payment_methods = SavedMethodSerializer(many=True)
    sessions = SessionSerializer(many=True)
    shop = serializers.DictField(
        child=serializers.ListField(child=serializers.DictField()),
        help_text="Payments, refunds, what became of orders, requests with a key: a list of rows for each.",
    )
    community = serializers.DictField(
        child=serializers.ListField(child=serializers.DictField()),
        help_text="Karma, reports, closet, trades, posts, follows and all else, a list of rows for each kind.",
    )


PatchedProfile = ProfileChangesSerializer(partial=True)
