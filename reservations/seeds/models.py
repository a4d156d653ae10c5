"""The sealed seeds."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from drops.models import Drop
from dropshop.core.encrypted import EncryptedJSONField

# What may change of a seed: that it is revealed, once; and by which key it is encrypted, while the keys rotate.
SEALED = pgtrigger.Trigger(
    name="sealed",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    func="""
    IF TG_OP = 'UPDATE'
       AND to_jsonb(NEW) - '{revealed_at,encrypted}'::text[] = to_jsonb(OLD) - '{revealed_at,encrypted}'::text[]
       AND (OLD.revealed_at IS NULL OR NEW.revealed_at = OLD.revealed_at)
       AND (NEW.encrypted = OLD.encrypted OR current_setting('dropshop.rotates_keys', true) = 'on')
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'A seed stays as it was sealed.';
    """,
)


class DropSeed(models.Model):
    """The seed of one drop: 32 random bytes, encrypted; everybody may know the SHA-256 of them, before anybody arrives."""

    drop = models.OneToOneField(Drop, primary_key=True, on_delete=models.PROTECT, related_name="seed")
    encrypted = EncryptedJSONField()
    commitment = models.CharField("SHA-256 of the seed", max_length=64)
    sealed_at = models.DateTimeField(db_default=Now())
    revealed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(commitment__regex="^[0-9a-f]{64}$"), name="seed_commitment_is_sha256"),
            models.CheckConstraint(
                condition=Q(revealed_at=None) | Q(revealed_at__gte=models.F("sealed_at")), name="seed_revealed_after_sealed"
            ),
        )
        triggers = (SEALED,)

    def __str__(self) -> str:
        return self.commitment

    @property
    def secret(self) -> bytes:
        """The 32 bytes. Nothing of them leaves the shop before the seed is revealed."""
        return bytes.fromhex(self.encrypted)
