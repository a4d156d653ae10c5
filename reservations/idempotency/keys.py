"""One effect for a request that is sent more than once (H8).

The key is stored in the transaction of the effect itself: either both are there or neither. What was refused leaves no
key behind, so it may be tried again.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.crypto import salted_hmac

from dropshop.core.errors import IdempotencyMismatch, Invalid
from dropshop.core.members import Viewer, signed_in
from dropshop.core.pruning import prune
from dropshop.core.sql import rows
from dropshop.core.transactions import retrying
from reservations.idempotency.models import IdempotencyKey


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """What an endpoint answers: an HTTP status and a JSON body (None for an empty one)."""

    status: int
    body: Any = None


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An Idempotency-Key of one member (None: before sign-in) and what the request said."""

    member_id: UUID | None
    key: str
    fingerprint: str

    @property
    def lock_id(self) -> int:
        """The number of the advisory lock that whoever is at work under this key holds, whatever the request says."""
        return int.from_bytes(hashlib.sha256(f"{self.member_id} {self.key}".encode()).digest()[:8], signed=True)


def key_of(viewer: Viewer, key: str | None, *said: str | bytes) -> RequestKey | None:
    """The key of a request that said all this (method, path, body); None without one, Invalid for an unusable one."""
    if not key:
        return None
    member = signed_in(viewer)
    return key_for(None if member is None else member.pk, key, *said)


def said_by(method: str, path: str, data: Any) -> tuple[str, str, str]:
    """What a call of the API says, for its key: method, address and JSON body."""
    return method, path.rstrip("/"), json.dumps(data, sort_keys=True)


def is_usable(key: str) -> bool:
    """Whether this can be a key."""
    return 0 < len(key) <= 200 and key.isprintable()


def key_for(member_id: UUID | None, key: str, *said: str | bytes) -> RequestKey:
    """The key of a request of this member that said all this. Raises Invalid for an unusable one."""
    if not is_usable(key):
        raise Invalid(errors={"Idempotency-Key": ["At most 200 printable characters."]})
    # Keyed, because what was said may hold a password or an address that a plain hash would give away to guessing.
    digest = salted_hmac("dropshop.idempotency", b"", algorithm="sha256")
    for part in said:
        raw = part if isinstance(part, bytes) else part.encode()
        digest.update(len(raw).to_bytes(8) + raw)
    return RequestKey(member_id, key, digest.hexdigest())


def recall(key: RequestKey | None) -> StoredResponse | None:
    """The answer already given; None where there is none yet. Raises IdempotencyMismatch for another request."""
    if key is None:
        return None
    stored = IdempotencyKey.objects.filter(member=key.member_id, key=key.key).first()
    if stored is None:
        return None
    if stored.fingerprint != key.fingerprint:
        raise IdempotencyMismatch
    return StoredResponse(stored.status, stored.answer) if stored.status else None


def begin(key: RequestKey | None) -> None:
    """Claims the key for this transaction; `remember` completes it. Raises IdempotencyMismatch.

    Waits until nobody else is at work under the key, and keeps others from it until the transaction ends. It is the first
    lock of a transaction: a batch (`key_batch`) asks for its keys under the locks of sizes, and waits for none.
    """
    if key is not None:
        rows(LOCK, lock_id=key.lock_id)
        row = IdempotencyKey(member_id=key.member_id, key=key.key, fingerprint=key.fingerprint)
        IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
        recall(key)


LOCK = "SELECT pg_advisory_xact_lock(%(lock_id)s)"


def wait_for(key: RequestKey) -> None:
    """Waits until nobody is at work under the key, outside of any transaction."""
    with transaction.atomic(durable=True):
        rows(LOCK, lock_id=key.lock_id)


def remember(key: RequestKey | None, answer: StoredResponse) -> None:
    """Stores the answer; call it in the transaction of the effect."""
    if key is not None:
        claimed = IdempotencyKey.objects.filter(member=key.member_id, key=key.key, fingerprint=key.fingerprint)
        claimed.update(status=answer.status, answer=answer.body)


@retrying
def run_once(key: RequestKey | None, act: Callable[[], StoredResponse]) -> StoredResponse:
    """`act()` in a transaction with its key; the stored answer where it was done before.

    A second request with the same key waits for the first one's commit and then gets its answer.
    """
    if (known := recall(key)) is not None:
        return known
    with transaction.atomic():
        begin(key)  # waits while the first one is at work
        if (known := recall(key)) is not None:
            return known
        answer = act()
        remember(key, answer)
    return answer


def forget_old(before: datetime) -> int:
    """Forgets the answers to requests before this moment; how many. The same key is a new request from then on."""
    return prune(IdempotencyKey.objects.filter(created_at__lt=before).order_by("created_at"))
