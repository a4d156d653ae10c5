"""The stores in which restocks are seen."""

import uuid

import pghistory
import pgtrigger
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models.functions import Now

from community.places.fields import PlaceField


# The row's image is compared, not its values: PostgreSQL's points know no equality.
@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(condition=pgtrigger.Condition("OLD *<> NEW")))
class Store(models.Model):
    """Another shop, with its site and, if it has an address, its place. Kept by staff."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    site = models.URLField(blank=True)
    city = models.CharField(max_length=120, blank=True)
    place = PlaceField(null=True, blank=True, help_text="Latitude, longitude in degrees: 52.52,13.40")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("name",)
        indexes = (GistIndex(fields=("place",), name="store_by_place"),)

    def __str__(self) -> str:
        return self.name
