"""Holds: granting them in batches, more time, and giving back. Their expiry stands in `reservations.expiry`.

The lock of a size guards everything here. Each deed locks the sizes it needs in id order, in a statement of their own,
then reads the database's clock, then the holds: whatever was read before the lock was granted may be old (S2, S3).
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists

from drops.errors import Closed, NotOpen
from drops.models import Drop, Size
from drops.stock import counters
from drops.stock.facts import publish_stock
from dropshop.core.clock import database_time, iso
from dropshop.core.errors import DropshopError, Invalid, NotFound
from dropshop.core.sql import Compiled, array, rows
from dropshop.core.transactions import retrying
from reservations.batch import Batch, Claim, Granted, held_sizes
from reservations.errors import AlreadyCancelled, AlreadyPurchased, ExtensionUsed, HoldExpired
from reservations.expiry import end, offer, reclaim, rest, tell
from reservations.models import Reservation
from reservations.origins import NOWHERE, Origin

__all__ = ["Claim", "Granted", "cancel", "extend", "grant", "lock_hold", "lock_holds", "refuse_ended", "reserve"]


# Grants one claim in a batch with others, or raises its refusal; set at start-up by the process that has a desk.
together: Callable[[UUID, Claim], Granted] | None = None


def reserve(*, member: Any, drop: Drop, size: Size | None = None, origin: Origin = NOWHERE) -> Granted:
    """A pair for this member: a batch of one, or of those who ask at this moment where the process has a desk.

    `size` may be left out where the drop has a single one. `origin` is where the request comes from.

    Raises Invalid without a size where one must be chosen, else what `grant` answers.
    """
    if size is None:
        run = list(drop.sizes.all()[:2])
        if len(run) != 1:
            raise Invalid(errors={"size": ["Choose a size."]})
        (size,) = run
    claim = Claim(member.pk, size.pk, origin)
    if together is not None and not connection.in_atomic_block:
        return together(drop.pk, claim)
    (answer,) = grant(drop.pk, [claim])
    if isinstance(answer, DropshopError):
        raise answer
    return answer


# The drop, and whether holds on these sizes have lapsed by then, or pairs have rested: one statement where there are none.
_drop: Compiled[Any] = Compiled(
    lambda pk, moment, sizes: Drop.objects.filter(pk=pk).annotate(
        has_lapsed=Exists(Reservation.objects.overdue(moment).filter(size__among=sizes)),
        has_rested=Exists(Reservation.objects.rested(moment).filter(size__among=sizes)),
    )
)


@retrying
def grant(
    drop_id: UUID, claims: Sequence[Claim], nearly_done: Callable[[], None] | None = None
) -> list[Granted | DropshopError]:
    """Decides all claims on one drop in their order, in one transaction; one answer each, in the same order.

    `nearly_done` is called when nothing is left to do but to commit.

    An answer is Granted, or the refusal: NotFound, NotOpen, Closed, Forbidden, LimitReached, CoolingDown, AllHeld,
    SoldOut, ConcurrentUpdate. Holds last `hold_seconds` from the clock read after the lock (H1).
    """
    members = array({claim.member_id for claim in claims})
    with transaction.atomic():
        # Of a hold on another size, too: it may lapse while we wait, and must then end before the index lets its owner
        # have a new one (H2).
        locked = counters.lock_sizes({claim.size_id for claim in claims} | held_sizes(drop_id, members))
        moment = database_time()
        drop = next(iter(_drop(drop_id, moment, array(locked))), None)
        if drop is None or not drop.published:
            return [NotFound("There is no such drop.")] * len(claims)
        locked = {pk: size for pk, size in locked.items() if size.drop_id == drop_id}
        if (refusal := _closed(drop, moment)) is not None:
            return [refusal] * len(claims)
        recovered = reclaim(locked, moment) if drop.has_lapsed else set()
        recovered |= offer(locked, moment) if drop.has_rested else set()
        batch = Batch(drop, locked, moment, members)
        answers = batch.settle(claims)
        publish_stock([locked[pk] for pk in recovered | batch.taken.keys()], recovered=recovered)
        tell("reservation-created", batch.created.values())
        if nearly_done is not None:
            nearly_done()
    return answers


def _closed(drop: Drop, moment: datetime) -> DropshopError | None:
    """Why nobody may reserve at this moment; None while the drop is open."""
    if moment < drop.starts_at:
        return NotOpen(starts_at=iso(drop.starts_at))
    if moment >= drop.ends_at:
        return Closed(ends_at=iso(drop.ends_at))
    return None


def lock_hold(reservation_id: UUID, *, member: Any) -> tuple[Reservation, datetime]:
    """The member's hold with its size locked, and the moment after the wait; raises NotFound for anyone else's.

    `hold.size` is the locked row. Locking only the hold would let a sale and the reclaim of an expired hold pass each other.
    """
    size_id = Reservation.objects.filter(pk=reservation_id, member=member).values_list("size", flat=True).first()
    if size_id is None:
        raise NotFound("You have no such reservation.")
    locked = counters.lock_sizes([size_id])[size_id]
    moment = database_time()
    hold = Reservation.objects.select_for_update(no_key=True, of=("self",)).select_related("drop").get(pk=reservation_id)
    hold.size = locked
    return hold, moment


SIZES = "SELECT DISTINCT size_id FROM {reservation} WHERE id = ANY(%(ids)s::uuid[])"
_locked = Compiled(lambda pks: Reservation.objects.filter(pk__among=pks).order_by("pk").select_for_update(no_key=True))
_drops = Compiled(lambda pks: Drop.objects.filter(pk__among=pks))


def lock_holds(ids: Collection[UUID]) -> tuple[dict[UUID, Reservation], datetime]:
    """These holds by their ids, with their sizes locked, and the moment after the wait; those that do not exist are missing.

    `hold.size` is the locked row, one object for all holds of a size. As many statements for a hundred as for one.
    """
    locked = counters.lock_sizes(size_id for (size_id,) in rows(SIZES, ids=array(ids)))
    moment = database_time()
    holds = {hold.pk: hold for hold in _locked(array(ids))}
    drops = {drop.pk: drop for drop in _drops(array({hold.drop_id for hold in holds.values()}))}
    for hold in holds.values():
        hold.size, hold.drop = locked[hold.size_id], drops[hold.drop_id]
    return holds, moment


def refuse_ended(hold: Reservation, moment: datetime) -> None:
    """Raises the name of what happened to a hold that is over (H4)."""
    if hold.status == Reservation.Status.COMPLETED:
        raise AlreadyPurchased(purchase=str(hold.purchase.pk))
    if hold.status == Reservation.Status.CANCELLED:
        raise AlreadyCancelled
    if hold.status == Reservation.Status.EXPIRED or hold.is_overdue(moment):
        raise HoldExpired(expires_at=iso(hold.expires_at))


@retrying
def extend(reservation_id: UUID, *, member: Any) -> Reservation:
    """More time: `hold_seconds` on top, `max_extensions` times per hold (H3).

    Raises NotFound, HoldExpired, AlreadyPurchased, AlreadyCancelled, ExtensionUsed.
    """
    with transaction.atomic():
        hold, moment = lock_hold(reservation_id, member=member)
        refuse_ended(hold, moment)
        if hold.extensions_left == 0:
            raise ExtensionUsed(expires_at=iso(hold.expires_at))
        more = timedelta(seconds=hold.drop.hold_seconds)
        hold.extensions += 1
        hold.expires_at += more
        hold.pinned_until = hold.pinned_until + more if hold.pinned_until else None
        hold.save(update_fields=["extensions", "expires_at", "pinned_until"])
        counters.touch(hold.size)
        publish_stock([hold.size])
    return hold


@retrying
def cancel(reservation_id: UUID, *, member: Any) -> Reservation:
    """Gives the pair back. Late, it counts as a lapse (H7); twice changes nothing.

    Raises NotFound, HoldExpired, AlreadyPurchased.
    """
    with transaction.atomic():
        hold, moment = lock_hold(reservation_id, member=member)
        if hold.status != Reservation.Status.CANCELLED:
            refuse_ended(hold, moment)
            end([hold], Reservation.Status.CANCELLED, moment)
            _return(hold, moment)
    return hold


def _return(hold: Reservation, moment: datetime) -> None:
    """The pair of a hold that was given back is free, or rests first where it is the only one to be had.

    Who gives back would else choose who gets it: a friend asks in the same instant. Near the drop's end nothing rests.
    """
    longest = timedelta(seconds=settings.GIVE_BACK_RESTS)
    if longest and hold.size.available == 0 and moment + longest < hold.drop.ends_at:
        rest(hold, moment, longest)
        counters.touch(hold.size)
        publish_stock([hold.size])
    else:
        counters.release(hold.size, 1)
        publish_stock([hold.size], recovered=[hold.size_id])
