"""What the calls about the feed take and give."""

from rest_framework import serializers

from community.feed import comments, posts
from community.feed.models import FeedItem
from dropshop.core.api.paging import PageQuery
from dropshop.core.api.serializers import PictureSerializer, Shape, page_serializer


class AboutSerializer(serializers.Serializer):
    """The thing itself. A drop, a restock or a trade brings facts of its own beside these."""

    type = serializers.ChoiceField(FeedItem.Kind.choices)
    id = serializers.UUIDField()
    title = serializers.CharField(allow_blank=True)
    url = serializers.CharField()


class FeedItemSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(FeedItem.Kind.choices)
    at = serializers.DateTimeField()
    author = serializers.CharField(allow_null=True, help_text="A username; null for the shop and for former members.")
    author_id = serializers.UUIDField(allow_null=True)
    text = serializers.CharField(allow_blank=True, help_text="Plain text; @names are members.")
    links = serializers.BooleanField(help_text="Whether addresses in the text may be shown as links.")
    pictures = PictureSerializer(many=True)
    about = AboutSerializer()
    likes = serializers.IntegerField(min_value=0)
    comments = serializers.IntegerField(min_value=0)
    liked = serializers.BooleanField(help_text="By the member who asks.")
    url = serializers.CharField()


class FeedQuery(PageQuery):
    kind = serializers.ChoiceField(FeedItem.Kind.choices, required=False, help_text="Items of one kind.")
    following = serializers.BooleanField(required=False, help_text="Items by members you follow; sign in first.")
    author = serializers.CharField(max_length=150, required=False, help_text="Items by the member of this name.")


class PostTextSerializer(Shape):
    text = serializers.CharField(max_length=posts.POST_MAX_LENGTH)


class CommentTextSerializer(Shape):
    text = serializers.CharField(max_length=comments.COMMENT_MAX_LENGTH)


class CommentSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    author = serializers.CharField(allow_null=True)
    text = serializers.CharField()
    links = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)


class LikesSerializer(serializers.Serializer):
    likes = serializers.IntegerField(min_value=0)
    liked = serializers.BooleanField()


FeedPage = page_serializer(FeedItemSerializer, "FeedPage")
CommentPage = page_serializer(CommentSerializer, "CommentPage")
