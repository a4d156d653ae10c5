"""What a complaint takes and gives."""

from rest_framework import serializers

from community.moderation import complaints
from community.moderation.models import TARGETS, Complaint
from dropshop.core.api.serializers import Shape


class ComplaintSerializer(Shape):
    """`id` is the thing's; of a person, the member's."""

    about = serializers.ChoiceField(TARGETS)
    id = serializers.UUIDField()
    reason = serializers.ChoiceField(Complaint.Reason.choices)
    text = serializers.CharField(max_length=complaints.COMPLAINT_MAX_LENGTH, required=False, allow_blank=True, default="")


class ComplainedSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text="The complaint's.")
    created_at = serializers.DateTimeField()
