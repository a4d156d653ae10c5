"""Pairs that members own, and pairs they want."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from community.pricing.condition import Condition
from drops.models import Sneaker
from dropshop.core.money import Money
from reservations.models import Purchase


class Visibility(models.TextChoices):
    """Who sees a pair in a closet."""

    PRIVATE = "private", "Only me"
    MEMBERS = "members", "Members"
    PUBLIC = "public", "Everybody"


class Folder(models.Model):
    """A folder of one closet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="folders", db_index=False)
    name = models.CharField(max_length=60)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint("member", models.functions.Lower("name"), name="folder_name_once"),)

    def __str__(self) -> str:
        return self.name


class Pair(models.Model):
    """One owned sneaker. It has one owner at every commit (T1), and is promised in at most one accepted trade."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pairs", db_index=False)
    sneaker = models.ForeignKey(Sneaker, on_delete=models.PROTECT, related_name="pairs", db_index=False)
    size = models.CharField(max_length=20)
    condition = models.PositiveSmallIntegerField(choices=Condition, default=Condition.NEW)
    price = models.PositiveBigIntegerField(null=True, blank=True, help_text="What the owner paid, in minor units.")
    currency = models.CharField(max_length=3, default="USD")
    notes = models.CharField(max_length=1000, blank=True)
    folder = models.ForeignKey(Folder, null=True, blank=True, on_delete=models.SET_NULL, related_name="pairs")
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.PRIVATE)
    for_trade = models.BooleanField(default=False)
    purchase = models.OneToOneField(Purchase, null=True, blank=True, on_delete=models.PROTECT, related_name="pair")
    promised_in = models.ForeignKey(
        "community.Trade",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="promised",
        help_text="The accepted trade that is not complete yet; until then nobody can offer this pair.",
    )
    hidden = models.BooleanField(default=False, help_text="Hidden by a moderator.")
    removed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the owner removed it from the closet; it is kept for its trades."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(condition=Q(condition__range=(1, 4)), name="pair_condition_known"),
            models.CheckConstraint(condition=Q(visibility__in=["private", "members", "public"]), name="pair_visibility_known"),
            models.CheckConstraint(
                condition=Q(for_trade=False) | ~Q(visibility="private"), name="pair_for_trade_is_seen_by_members"
            ),
        )
        indexes = (
            models.Index(fields=("owner", "-created_at", "-id"), condition=Q(removed_at=None), name="pair_of_owner"),
            models.Index(fields=("sneaker", "size"), condition=Q(removed_at=None), name="pair_of_sneaker"),
            models.Index(fields=("-created_at", "-id"), condition=Q(for_trade=True, removed_at=None), name="pair_for_trade"),
        )

    def __str__(self) -> str:
        return f"{self.sneaker} {self.size}"

    def get_absolute_url(self) -> str:
        return f"/closet/pairs/{self.pk}/"

    @property
    def money(self) -> Money | None:
        """What the owner paid; None where they did not say."""
        return None if self.price is None else Money(self.price, self.currency)


def picture_name(picture: "PairPicture", given: str) -> str:
    """A random name, as everywhere."""
    return f"pairs/{uuid.uuid4().hex}.webp"


class PairPicture(models.Model):
    """A photograph of this very pair."""

    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="pictures")
    image = models.ImageField(upload_to=picture_name)
    alt = models.CharField("description for people who cannot see it", max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.alt or str(self.pair)
