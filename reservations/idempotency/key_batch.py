"""The keys of requests that are decided in one transaction (H8): what was answered before, and what is answered now."""

from collections.abc import Collection, Iterable, Mapping
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
# In the order of their members, as the holds are written: so the foreign keys lock them. What the same request has claimed is
# completed.
STORE = """
INSERT INTO {idempotencykey} AS stored (member_id, key, fingerprint, status, answer)
SELECT new.member, new.key, new.fingerprint, new.status, new.answer::jsonb
  FROM unnest(%(members)s::uuid[], %(keys)s::text[], %(fingerprints)s::text[], %(statuses)s::int[], %(answers)s::text[])
       AS new(member, key, fingerprint, status, answer)
 ORDER BY new.member
    ON CONFLICT (member_id, key) DO UPDATE SET status = excluded.status, answer = excluded.answer
 WHERE stored.fingerprint = excluded.fingerprint AND stored.status IS NULL
RETURNING member_id, key
"""
FREE = """
DELETE FROM {idempotencykey} AS stored
 USING unnest(%(members)s::uuid[], %(keys)s::text[], %(fingerprints)s::text[]) AS freed(member, key, fingerprint)
 WHERE stored.member_id = freed.member AND stored.key = freed.key AND stored.fingerprint = freed.fingerprint
   AND stored.status IS NULL
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


def complete_each(answers: Mapping[RequestKey, StoredResponse]) -> dict[RequestKey, StoredResponse]:
    """Stores these answers in the transaction of the effect, under keys that were claimed before (`KeyBatch.claim`).

    The answers that are stored now: where the same request had been answered already, what it was told then.
    """
    done = _store(answers) if answers else set()
    found = recall_each([key for key in answers if (key.member_id, key.key) not in done])
    return {key: kept for key, answer in answers.items() if isinstance(kept := found.get(key, answer), StoredResponse)}


def free_each(freed: Collection[RequestKey]) -> None:
    """Keys that were claimed by requests that are refused now may be used again, for other requests too."""
    if freed:
        rows(
            FREE,
            members=[key.member_id for key in freed],
            keys=[key.key for key in freed],
            fingerprints=[key.fingerprint for key in freed],
        )


def _store(answers: Mapping[RequestKey, StoredResponse | None]) -> set[tuple[UUID, str]]:
    """Writes these answers down, None for a claim; the members and keys of those that nobody else has used."""
    stored = rows(
        STORE,
        members=[key.member_id for key in answers],
        keys=[key.key for key in answers],
        fingerprints=[key.fingerprint for key in answers],
        statuses=[answer and answer.status for answer in answers.values()],
        answers=[answer and orjson.dumps(answer.body).decode() for answer in answers.values()],
    )
    return {(member, key) for member, key in stored}


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
        self._new: dict[tuple[UUID | None, str], tuple[RequestKey, StoredResponse | None]] = {}
        self._freed: set[RequestKey] = set()

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

    def claim(self, key: RequestKey | None) -> None:
        """What is done under the key takes several transactions: from this commit on it is refused to other requests, until
        `complete_each` or `free`."""
        if key is not None:
            self._new.setdefault((key.member_id, key.key), (key, None))

    def free(self, key: RequestKey | None) -> None:
        """What was claimed under the key comes to nothing."""
        if key in self._known:
            self._freed.add(key)

    def store(self) -> None:
        """Writes down what was answered, claimed and freed now. Raises UsedMeanwhile."""
        free_each(self._freed)
        if self._new and len(_store(dict(self._new.values()))) != len(self._new):
            raise UsedMeanwhile
