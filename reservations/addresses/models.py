"""The addresses that members have saved."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from dropshop.core.encrypted import EncryptedJSONField
from reservations.addresses.place_hash import place_hash_field


class SavedAddress(models.Model):
    """One address of a member, encrypted (M3). Orders keep copies of their own: what changes here changes none of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="addresses")
    lines = EncryptedJSONField("the six lines")
    place_hash = place_hash_field("lines")
    is_default = models.BooleanField("used first", default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "saved addresses"
        ordering = ("-is_default", "-created_at", "id")
        indexes = (models.Index(fields=("place_hash",), condition=Q(place_hash__gt=""), name="saved_address_by_place"),)
        constraints = (
            models.UniqueConstraint(fields=("member",), condition=Q(is_default=True), name="saved_address_one_used_first"),
        )

    def __str__(self) -> str:
        return f"an address of {self.member}"
