"""Sealing a drop's seed, showing it, and the random order that it gives.

Before anybody arrives the shop publishes the SHA-256 of a secret seed (a commitment); afterwards the seed itself. So everybody
can see that the order was fixed before, and compute it again. The order: HMAC-SHA256 (RFC 2104) of what is ranked, under the
seed; the smallest value is first.
"""

import hashlib
import hmac
import secrets
from uuid import UUID

from django.db import transaction

from drops.models import Drop
from dropshop.core.clock import ClockTimestamp
from reservations.seeds.models import DropSeed

SEED_BYTES = 32


def seal_on_publishing(drop: Drop) -> None:
    """A published drop has a seed from the moment it is published."""
    sealed(drop.pk)


def sealed(drop_id: UUID) -> DropSeed:
    """The seed of this drop; sealed now where it has none, which are drops that were published before there were seeds."""
    found = DropSeed.objects.filter(drop=drop_id).first()
    if found is not None:
        return found
    secret = secrets.token_bytes(SEED_BYTES)
    commitment = hashlib.sha256(secret).hexdigest()
    # Two at once: the first one's stands, and both read it.
    DropSeed.objects.bulk_create(
        [DropSeed(drop_id=drop_id, encrypted=secret.hex(), commitment=commitment)], ignore_conflicts=True
    )
    return DropSeed.objects.get(drop=drop_id)


@transaction.atomic
def reveal(drop_id: UUID) -> DropSeed:
    """From now on the seed may be published; the same again changes nothing. Only once nothing is decided by it any more."""
    seed = sealed(drop_id)
    DropSeed.objects.filter(drop=drop_id, revealed_at=None).update(revealed_at=ClockTimestamp())
    seed.refresh_from_db()
    return seed


def rank(secret: bytes, purpose: str, *parts: str | bytes) -> bytes:
    """The 32 bytes by which what these parts name is put in order, for a purpose ("queue", "draw", "requests").

    HMAC-SHA256 under the seed of `dropshop/<purpose>/1` and the parts, joined by a zero byte; texts in UTF-8.
    """
    named = [f"dropshop/{purpose}/1", *parts]
    message = b"\0".join(part.encode() if isinstance(part, str) else part for part in named)
    return hmac.digest(secret, message, "sha256")
