"""The feed: what happened, newest first, and what members say about it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from drops.models import Drop


class Post(models.Model):
    """What a member writes, with pictures."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="posts", db_index=False)
    text = models.CharField(max_length=2000, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("author", "-created_at"), name="post_of_author"),)

    def __str__(self) -> str:
        return self.text[:60]


def picture_name(picture: "PostPicture", given: str) -> str:
    """A random name, as everywhere."""
    return f"posts/{uuid.uuid4().hex}.webp"


class PostPicture(models.Model):
    """A picture of a post."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="pictures")
    image = models.ImageField(upload_to=picture_name)
    alt = models.CharField("description for people who cannot see it", max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.alt or str(self.post)


class FeedItem(models.Model):
    """One line of the feed: a drop, a restock, a trade or a post. Comments and likes hang on it, whatever it is."""

    class Kind(models.TextChoices):
        DROP = "drop"
        RESTOCK = "restock"
        TRADE = "trade"
        POST = "post"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField(db_default=Now())
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    drop = models.OneToOneField(Drop, null=True, on_delete=models.PROTECT, related_name="+")
    restock = models.OneToOneField("community.Restock", null=True, on_delete=models.PROTECT, related_name="feed_item")
    trade = models.OneToOneField("community.Trade", null=True, on_delete=models.PROTECT, related_name="feed_item")
    post = models.OneToOneField(Post, null=True, on_delete=models.PROTECT, related_name="feed_item")
    hidden = models.BooleanField(default=False, help_text="Deleted by its author, or hidden by a moderator.")

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="drop", drop__isnull=False, restock=None, trade=None, post=None)
                | Q(kind="restock", drop=None, restock__isnull=False, trade=None, post=None)
                | Q(kind="trade", drop=None, restock=None, trade__isnull=False, post=None)
                | Q(kind="post", drop=None, restock=None, trade=None, post__isnull=False),
                name="feed_item_is_one_thing",
            ),
        )
        indexes = (
            models.Index(fields=("-at", "-id"), condition=Q(hidden=False), name="feed_newest"),
            models.Index(fields=("author", "-at", "-id"), condition=Q(hidden=False), name="feed_of_author"),
            models.Index(fields=("kind", "-at", "-id"), condition=Q(hidden=False), name="feed_of_kind"),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return f"/community/{self.pk}/"


class Comment(models.Model):
    """What a member says under an item."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(FeedItem, on_delete=models.PROTECT, related_name="comments", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="comments")
    text = models.CharField(max_length=1000)
    hidden = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=("item", "created_at", "id"), name="comment_of_item"),)

    def __str__(self) -> str:
        return self.text[:60]


class Like(models.Model):
    """A member likes an item, once."""

    item = models.ForeignKey(FeedItem, on_delete=models.CASCADE, related_name="likes", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="likes")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("item", "member"), name="like_once"),)

    def __str__(self) -> str:
        return f"{self.member} likes {self.item}"
