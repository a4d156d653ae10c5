"""Holds: granting them in batches, more time, and giving back. Their expiry stands in `reservations.holds.lifecycle`.

The lock of a size guards everything here. Each operation locks the sizes it needs in id order, in a statement of their own,
then reads the database's clock, then the holds: whatever was read before the lock was granted may be old (S2, S3).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists

from drops.errors import Closed, NotOpen
from drops.models import Drop, Size
from drops.stock import counters
from drops.stock.facts import publish_stock
from dropshop.core.clock import database_time
from dropshop.core.errors import DropshopError, Invalid, NotFound
from dropshop.core.hooks import Hook
from dropshop.core.members import Member
from dropshop.core.sql import CompiledQuery
from dropshop.core.transactions import retrying
from reservations.holds.grant_batch import GrantBatch, held_sizes
from reservations.holds.lifecycle import cancel, extend, lock_hold, lock_holds, offer, reclaim
from reservations.holds.models import Reservation
from reservations.holds.new_hold import GrantedHold, HoldRequest, publish_created
from reservations.holds.origins import NOWHERE, Origin

__all__ = ["GrantedHold", "HoldRequest", "cancel", "extend", "grant", "lock_hold", "lock_holds", "reserve"]


# Grants one claim in a batch with others, or raises its refusal; set at start-up by the process that has a desk.
group_commit: Hook[Callable[[UUID, HoldRequest], GrantedHold]] = Hook("reservations.holds.group_commit", optional=True)


def reserve(*, member: Member, drop: Drop, size: Size | None = None, origin: Origin = NOWHERE) -> GrantedHold:
    """A pair for this member: a batch of one, or of those who ask at this moment where the process has a desk.

    `size` may be left out where the drop has a single one. `origin` is where the request comes from.

    Raises Invalid without a size where one must be chosen, else what `grant` answers.
    """
    if size is None:
        run = list(drop.sizes.all()[:2])
        if len(run) != 1:
            raise Invalid(errors={"size": ["Choose a size."]})
        (size,) = run
    claim = HoldRequest(member.pk, size.pk, origin)
    if group_commit.filled is not None and not connection.in_atomic_block:
        return group_commit.filled(drop.pk, claim)
    (answer,) = grant(drop.pk, [claim])
    if isinstance(answer, DropshopError):
        raise answer
    return answer


# The drop, and whether holds on these sizes have lapsed by then, or pairs have rested: one statement where there are none.
_drop: CompiledQuery[Any] = CompiledQuery(
    lambda pk, moment, sizes: Drop.objects.filter(pk=pk).annotate(
        has_lapsed=Exists(Reservation.objects.overdue(moment).filter(size__among=sizes)),
        has_rested=Exists(Reservation.objects.rested(moment).filter(size__among=sizes)),
    )
)


@retrying
def grant(
    drop_id: UUID, claims: Sequence[HoldRequest], nearly_done: Callable[[], None] | None = None
) -> list[GrantedHold | DropshopError]:
    """Decides all claims on one drop in their order, in one transaction; one answer each, in the same order.

    `nearly_done` is called when nothing is left to do but to commit.

    An answer is Granted, or the refusal: NotFound, NotOpen, Closed, Forbidden, LimitReached, CoolingDown, AllHeld,
    SoldOut, ConcurrentUpdate. Holds last `hold_seconds` from the clock read after the lock (H1).
    """
    members = {claim.member_id for claim in claims}
    with transaction.atomic():
        # Of a hold on another size, too: it may lapse while we wait, and must then end before the index lets its owner
        # have a new one (H2).
        locked = counters.lock_sizes({claim.size_id for claim in claims} | held_sizes(drop_id, members))
        moment = database_time()
        drop = next(iter(_drop(drop_id, moment, [*locked])), None)
        if drop is None or not drop.published:
            return [NotFound("There is no such drop.")] * len(claims)
        locked = {pk: size for pk, size in locked.items() if size.drop_id == drop_id}
        if (refusal := _closed(drop, moment)) is not None:
            return [refusal] * len(claims)
        recovered = reclaim(locked, moment) if drop.has_lapsed else set()
        recovered |= offer(locked, moment) if drop.has_rested else set()
        batch = GrantBatch(drop, locked, moment, members)
        answers = batch.settle(claims)
        publish_stock([locked[pk] for pk in recovered | batch.taken.keys()], recovered=recovered)
        publish_created(batch.created.values())
        if nearly_done is not None:
            nearly_done()
    return answers


def _closed(drop: Drop, moment: datetime) -> DropshopError | None:
    """Why nobody may reserve at this moment; None while the drop is open."""
    if moment < drop.starts_at:
        return NotOpen(starts_at=drop.starts_at)
    if moment >= drop.ends_at:
        return Closed(ends_at=drop.ends_at)
    return None
