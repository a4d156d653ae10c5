"""The keys of requests that are decided in one transaction (H8): what was answered before, and what is answered now."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import orjson

from dropshop.core.errors import IdempotencyMismatch
from dropshop.core.sql import rows
from reservations.idempotency.keys import RequestKey, StoredResponse

CLAIM = "SELECT lock_id FROM unnest(%(lock_ids)s::bigint[]) AS lock_id WHERE pg_try_advisory_xact_lock(lock_id)"
RECALL = """
SELECT wanted.member, wanted.key, stored.fingerprint, stored.status, stored.answer::text
  FROM unnest(%(members)s::uuid[], %(keys)s::text[]) AS wanted(member, key)
  JOIN {idempotencykey} AS stored ON stored.member_id = wanted.member AND stored.key = wanted.key
"""
# In the order of their members, as the holds are written: so the foreign keys lock them.
STORE = """
INSERT INTO {idempotencykey} (member_id, key, fingerprint, status, answer)
SELECT new.member, new.key, new.fingerprint, new.status, new.answer::jsonb
  FROM unnest(%(members)s::uuid[], %(keys)s::text[], %(fingerprints)s::text[], %(statuses)s::int[], %(answers)s::text[])
       AS new(member, key, fingerprint, status, answer)
 ORDER BY new.member
    ON CONFLICT DO NOTHING RETURNING key
"""

Recalled = StoredResponse | IdempotencyMismatch | None


class UsedMeanwhile(Exception):
    """One of the keys has come to be used since the batch read it: the batch is undone, and decided one by one."""


class KeyAtWork:
    """Another transaction is at work under the key: whoever asked asks again where they can wait for it."""


AT_WORK = KeyAtWork()


def recall_each(wanted: Collection[RequestKey]) -> dict[RequestKey, Recalled]:
    """The stored answers of those keys that have one; IdempotencyMismatch where it is another request's. All are of members.

    One query.
    """
    if not wanted:
        return {}
    found = rows(RECALL, members=[key.member_id for key in wanted], keys=[key.key for key in wanted])
    stored = {(member, key): answer for member, key, *answer in found}
    return {key: _recalled(key, *stored[key.member_id, key.key]) for key in wanted if (key.member_id, key.key) in stored}


def _recalled(key: RequestKey, fingerprint: str, status: int | None, answer: str | None) -> Recalled:
    if fingerprint != key.fingerprint:
        return IdempotencyMismatch()
    return StoredResponse(status, orjson.loads(answer) if answer is not None else None) if status else None


class KeyBatch:
    """Made in the transaction that decides these requests. It waits for nobody, so it may be made under any lock."""

    def __init__(self, wanted: Iterable[RequestKey]) -> None:
        """Claims the keys until the transaction ends, and reads them after that: another transaction under one of them has
        committed, and is seen, or is still at work."""
        asked = list(wanted)
        lock_ids = {key.lock_id for key in asked}
        claimed = {lock_id for (lock_id,) in rows(CLAIM, lock_ids=lock_ids)} if lock_ids else set()
        self.are_none = not asked
        self._known = recall_each([key for key in asked if key.lock_id in claimed])
        self._at_work = {key for key in asked if key.lock_id not in claimed}
        self._new: dict[tuple[UUID | None, str], tuple[RequestKey, StoredResponse]] = {}

    def recall(self, key: RequestKey | None) -> Recalled | KeyAtWork:
        """What was answered before, also within this batch; None where that is to be decided now."""
        if key is None:
            return None
        if key in self._at_work:
            return AT_WORK
        if (known := self._known.get(key)) is not None:
            return known
        first, answer = self._new.get((key.member_id, key.key), (key, None))
        return answer if first == key else IdempotencyMismatch()

    def remember(self, key: RequestKey | None, answer: StoredResponse) -> None:
        """The answer that is stored with its effect."""
        if key is not None:
            self._new[key.member_id, key.key] = key, answer

    def store(self) -> None:
        """Writes down what was answered now. Raises UsedMeanwhile."""
        if not self._new:
            return
        new: list[Any] = list(self._new.values())
        stored = rows(
            STORE,
            members=[key.member_id for key, _ in new],
            keys=[key.key for key, _ in new],
            fingerprints=[key.fingerprint for key, _ in new],
            statuses=[answer.status for _, answer in new],
            answers=[orjson.dumps(answer.body).decode() for _, answer in new],
        )
        if len(stored) != len(new):
            raise UsedMeanwhile
