"""Whom and what a member follows, and of whom they want to see nothing."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from drops.models import Sneaker

from .restock import Store


class Follow(models.Model):
    """A member follows a member, a store, or a sneaker (in one size, or in all)."""

    follower = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="follows", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="followers")
    store = models.ForeignKey(Store, null=True, on_delete=models.CASCADE, related_name="followers", db_index=False)
    sneaker = models.ForeignKey(Sneaker, null=True, on_delete=models.CASCADE, related_name="followers", db_index=False)
    size = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("follower", "member", "store", "sneaker", "size"), name="follow_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=False, store=None, sneaker=None, size="")
                | Q(member=None, store__isnull=False, sneaker=None, size="")
                | Q(member=None, store=None, sneaker__isnull=False),
                name="follow_names_one_thing",
            ),
            models.CheckConstraint(condition=~Q(follower=F("member")), name="follow_is_of_another"),
        )
        # Who follows is told in batches, by their ids.
        indexes = (
            models.Index(fields=("store", "follower"), condition=Q(store__isnull=False), name="follow_of_store"),
            models.Index(fields=("sneaker", "follower"), condition=Q(sneaker__isnull=False), name="follow_of_sneaker"),
        )

    def __str__(self) -> str:
        return f"{self.follower} follows {self.member or self.store or self.sneaker}"


class Block(models.Model):
    """Neither sees, mentions or trades with the other any more."""

    blocker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocks", db_index=False)
    blocked = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocked_by")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("blocker", "blocked"), name="block_once"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="block_is_of_another"),
        )

    def __str__(self) -> str:
        return f"{self.blocker} blocks {self.blocked}"


class Mute(models.Model):
    """The muter no longer sees what the other writes; the other does not notice."""

    muter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mutes", db_index=False)
    muted = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("muter", "muted"), name="mute_once"),
            models.CheckConstraint(condition=~Q(muter=F("muted")), name="mute_is_of_another"),
        )

    def __str__(self) -> str:
        return f"{self.muter} mutes {self.muted}"
