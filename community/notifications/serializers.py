"""What the calls about notices give, for the document."""

from rest_framework import serializers

from dropshop.core.api.paging import PageQuery
from dropshop.core.api.serializers import page_serializer


class NoticeSerializer(serializers.Serializer):
    """One thing that concerns me."""

    id = serializers.UUIDField()
    kind = serializers.CharField(help_text="What sort of thing it is, for programs: `restock`, `trade-offered`, …")
    text = serializers.CharField(help_text="One sentence.")
    url = serializers.CharField(allow_blank=True, help_text="The page of it, as a path of this shop.")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


NoticePage = page_serializer(
    NoticeSerializer,
    "NoticePage",
    "A page of them.",
    unread=serializers.IntegerField(help_text="Of all my notices, up to 100."),
)


class NoticeQuery(PageQuery):
    """Which of them."""

    unread = serializers.ChoiceField(("0", "1"), required=False, help_text="1: only those I have not read.")


class ReadSerializer(serializers.Serializer):
    """What marking all as read has done."""

    read = serializers.IntegerField(help_text="How many were unread until now.")
