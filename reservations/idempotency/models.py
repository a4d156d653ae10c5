"""What was answered to a request that may be sent again."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class IdempotencyKey(models.Model):
    """One row per (member, Idempotency-Key), committed together with the effect it stands for (H8).

    Rows of requests made before sign-in have no member.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("member", "key"), name="idempotency_key_once", nulls_distinct=False),)
        indexes = (models.Index(fields=("created_at",), name="idempotency_key_age"),)

    def __str__(self) -> str:
        return self.key
