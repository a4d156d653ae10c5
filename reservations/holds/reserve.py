"""Holds: granting them in batches. More time, giving back and expiry stand in `reservations.holds.lifecycle`.

The lock of a size guards everything here. Each operation locks the sizes it needs in id order, in a statement of their own,
then reads the database's clock, then the holds: whatever was read before the lock was granted may be old (S2, S3).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple, cast
from uuid import UUID

from django.db import connection, transaction

from drops.errors import Closed, NotOpen, no_such_drop
from drops.models import Drop, Mode, Size
from drops.stock import counters
from drops.stock.facts import publish_read, publish_stock
from dropshop.core.clock import iso
from dropshop.core.errors import Busy, DropshopError, Forbidden
from dropshop.core.hooks import Hook
from dropshop.core.members import Member
from dropshop.core.transactions import retrying
from reservations.holds.asked_sizes import AskedSizes
from reservations.holds.grant_batch import GrantBatch
from reservations.holds.lifecycle import offer, reclaim
from reservations.holds.new_hold import GrantedHold, HoldRequest, publish_created
from reservations.holds.origins import NOWHERE, Origin
from reservations.holds.situation import Situation, read_situation
from reservations.idempotency.key_batch import KeyAtWork, KeyBatch
from reservations.idempotency.keys import StoredResponse

__all__ = ["GrantedHold", "HoldRequest", "grant", "reserve"]


# Grants one claim in a batch with others, or raises its refusal; set at start-up by the process that has a desk.
group_commit: Hook[Callable[[UUID, HoldRequest], GrantedHold]] = Hook("reservations.holds.group_commit", optional=True)


class Waiting(NamedTuple):
    """Of a drop with purchase requests: whether some have just been granted pairs, and which members' requests wait for one."""

    pairs_moved: bool
    members: Collection[UUID]


# (how the drop stands, its locked sizes, members): asked of an open drop that has purchase requests, and of no other. Filled by
# the room of requests, which stands above.
at_the_page: Hook[Callable[[Situation, dict[int, Size], Collection[UUID]], Waiting]] = Hook("reservations.holds.at_the_page")


# Of these members on this drop, which has a queue, those whose turn it is. Filled by the room of queues, which stands above.
turns: Hook[Callable[[Collection[UUID], UUID], Collection[UUID]]] = Hook("reservations.holds.turns")


def reserve(*, member: Member, drop: Drop, size: Size | None = None, origin: Origin = NOWHERE) -> GrantedHold:
    """A pair for this member: a batch of one, or of those who ask at this moment where the process has a desk.

    `size` may be left out where the drop has a single one. `origin` is where the request comes from.

    Raises what `grant` answers.
    """
    claim = HoldRequest(member.pk, None if size is None else size.pk, origin)
    if group_commit.filled is not None and not connection.in_atomic_block:
        return group_commit.filled(drop.pk, claim)
    (answer,) = grant(drop.pk, [claim])
    if isinstance(answer, GrantedHold):
        return answer
    raise cast(DropshopError, answer)  # without a key nothing was answered before


# What a claim is told. With a key also what it was told before (H8), or that another transaction is at work under the key.
Answer = GrantedHold | DropshopError | StoredResponse | KeyAtWork


@retrying
def grant(
    drop_id: UUID,
    claims: Sequence[HoldRequest],
    nearly_done: Callable[[], None] | None = None,
    *,
    awarded: timedelta | None = None,
) -> list[Answer]:
    """Decides all claims on one drop in their order, in one transaction; one answer each, in the same order.

    `awarded`: the pairs were won in the drop's draw, and are held for so long, also after its hours, and for who has let others
    lapse; nobody gets a pair of such a drop in another way.
    `nearly_done` is called when nothing is left to do but to commit. What is granted to a claim with a key is kept under it, in
    the same transaction; a refusal is not.

    An answer is a GrantedHold, or the refusal: NotFound, Invalid (for the size), NotOpen, Closed, Forbidden, RequestStands,
    LimitReached, CoolingDown, AllHeld, SoldOut, ConcurrentUpdate, IdempotencyMismatch; Busy for a claim that was `given_up`,
    which is asked under the lock: nobody else decides it before this transaction has ended. To a claim with a key it may also
    be the StoredResponse of before, or KeyAtWork. Holds last `hold_seconds` from the clock read after the lock (H1).
    """
    with transaction.atomic():
        # All sizes: nobody is granted, buys or gives back any pair of the drop until the commit, so that what is read now of
        # these members stands until then (H2, H6).
        locked = counters.lock_run(drop_id)
        gone = {given_up for given_up in {claim.given_up for claim in claims} if given_up is not None and given_up()}
        wanted = [claim for claim in claims if claim.given_up not in gone] if gone else claims
        answers = _granted(drop_id, wanted, locked, awarded)
        if nearly_done is not None:
            nearly_done()
    told = iter(answers)
    return [Busy() if claim.given_up in gone else next(told) for claim in claims] if gone else answers


def _granted(drop_id: UUID, claims: Sequence[HoldRequest], locked: dict[int, Size], awarded: timedelta | None) -> list[Answer]:
    """The same, once the sizes are locked."""
    keys = KeyBatch(claim.key for claim in claims if claim.key is not None)
    situation = read_situation(drop_id, claims)
    if situation is None or not situation.drop.published:
        return [keys.recall(claim.key) or no_such_drop() for claim in claims]
    if (refusal := _closed(situation.drop, situation.moment, awarded)) is not None:
        sizes = AskedSizes(locked)
        return [keys.recall(claim.key) or sizes.fault(claim.size) or refusal for claim in claims]
    recovered: set[int] = set()
    if situation.has_returns:
        recovered = reclaim(locked, situation.moment) | offer(locked, situation.moment)
        situation = read_situation(drop_id, claims, at=situation.moment) or situation
    members, waiting = {claim.member_id for claim in claims}, cast(Collection[UUID], ())
    if situation.requests_decided is not None:
        pairs_moved, waiting = at_the_page.value(situation, locked, members)
        if pairs_moved:
            situation = read_situation(drop_id, claims, at=situation.moment) or situation
    out_of_turn = members.difference(turns.value(members, drop_id)) if situation.drop.mode == Mode.QUEUE else ()
    batch = GrantBatch(situation, locked, awarded, waiting=waiting, out_of_turn=out_of_turn)
    answers = _decided(batch, keys, claims)
    moved = batch.store()
    keys.store()
    if recovered:
        publish_stock([*moved, *(locked[pk] for pk in recovered)], recovered=recovered)
    else:
        publish_read(moved, situation.moment)
    publish_created(batch.created)
    return answers


def _decided(batch: GrantBatch, keys: KeyBatch, claims: Sequence[HoldRequest]) -> list[Answer]:
    """One answer per claim, in their order."""
    if keys.are_none:
        return [*batch.decide(claims)]
    return [keys.recall(claim.key) or _decided_alone(batch, keys, claim) for claim in claims]


def _decided_alone(batch: GrantBatch, keys: KeyBatch, claim: HoldRequest) -> Answer:
    (answer,) = batch.decide([claim])
    if claim.key is None or not isinstance(answer, GrantedHold):
        return answer
    kept = answer.answer(iso(batch.moment))
    keys.remember(claim.key, kept)
    return replace(answer, kept=kept)


def _closed(drop: Drop, moment: datetime, awarded: timedelta | None) -> DropshopError | None:
    """Why nobody may reserve at this moment; None while the drop is open, and for what was won in its draw."""
    if awarded is not None:
        return None if drop.called_off_at is None else Closed.of(drop)
    if drop.mode == Mode.DRAW:
        return Forbidden("The pairs of this drop go by a draw.")
    if drop.is_over_at(moment):
        return Closed.of(drop)
    return NotOpen(starts_at=drop.starts_at) if moment < drop.starts_at else None
