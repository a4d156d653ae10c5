"""What the calls about e-mails of notices take and give."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from community.notice_emails.models import DIGEST_HOUR
from dropshop.core.api.serializers import Shape
from dropshop.core.notice_groups import Way


@extend_schema_field({"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$", "example": "22:00"})
class ClockField(serializers.TimeField):
    """A time of day, to the minute; what is typed may have seconds."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%H:%M", **options)


class KindSerializer(serializers.Serializer):
    """Kinds of notices that I choose about together."""

    name = serializers.CharField()
    title = serializers.CharField()
    way = serializers.ChoiceField(Way.choices)
    is_locked = serializers.BooleanField(help_text="It must be told: it cannot be chosen.")


class TimesSerializer(serializers.Serializer):
    """When no e-mails come but what must be told, and when the daily one."""

    quiet_from = ClockField(allow_null=True, help_text="By the clocks of `time_zone`; null: never.")
    quiet_until = ClockField(allow_null=True)
    digest_hour = serializers.IntegerField(
        min_value=0, max_value=23, help_text=f"Of the daily e-mail, by the clocks of `time_zone`; at first {DIGEST_HOUR}."
    )


class PreferencesSerializer(TimesSerializer):
    """How I hear of my notices by e-mail."""

    kinds = KindSerializer(many=True)
    time_zone = serializers.CharField(help_text="Mine, or the shop's where I have named none.")
    is_confirmed = serializers.BooleanField(help_text="Whether my address is; e-mails of notices go to no other.")


class ChosenKindSerializer(Shape):
    """How I want to hear of one of them."""

    name = serializers.CharField(max_length=40)
    way = serializers.ChoiceField(Way.choices)


class ChosenSerializer(Shape, TimesSerializer):
    """What changes; what is left out stays."""

    kinds = ChosenKindSerializer(many=True)

    def get_fields(self) -> Any:
        """None of them must be sent; `partial` would say so of the parts of a kind, too."""
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields
