"""From where a member was seen, so that accounts of one person cannot vouch for each other."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Sighting(models.Model):
    """A member was here: a keyed hash of their network or device, and nothing that says which it is."""

    class Kind(models.TextChoices):
        NETWORK = "network"
        DEVICE = "device"

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sightings", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    mark = models.CharField(max_length=32)
    first_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("member", "kind", "mark"), name="sighting_once"),)
        indexes = (
            models.Index(fields=("kind", "mark", "last_at"), name="sighting_by_mark"),
            models.Index(fields=("last_at",), name="sighting_age"),
        )

    def __str__(self) -> str:
        return f"{self.member} by {self.kind}"
