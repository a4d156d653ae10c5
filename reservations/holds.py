"""Holds: granting them in batches, more time, giving back, and their expiry.

The lock of a size guards everything here. Each deed locks the sizes it needs in id order, in a statement of their own,
then reads the database's clock, then the holds: whatever was read before the lock was granted may be old (S2, S3).
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from drops import stock
from drops.clock import database_time
from drops.facts import iso, publish_stock
from drops.models import Drop, Size
from dropshop import live
from dropshop.errors import ConcurrentUpdate, DropshopError, Forbidden, Invalid, NotFound
from dropshop.transactions import retrying
from reservations.errors import (
    AllHeld,
    AlreadyCancelled,
    AlreadyPurchased,
    Closed,
    CoolingDown,
    ExtensionUsed,
    HoldExpired,
    LimitReached,
    NotOpen,
    SoldOut,
)
from reservations.facts import reservation_facts
from reservations.models import Purchase, Reservation

ACTIVE, EXPIRED, CANCELLED = Reservation.Status.ACTIVE, Reservation.Status.EXPIRED, Reservation.Status.CANCELLED


@dataclass(frozen=True, slots=True)
class Claim:
    """One member asks for one pair of one size."""

    member_id: UUID
    size_id: int


@dataclass(frozen=True, slots=True)
class Granted:
    """The member's hold; `created` is False where they had it already (H3)."""

    reservation: Reservation
    created: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How a member stands in a drop, read under the lock."""

    active: bool
    bought: int
    lapses: int
    last_lapse: datetime | None


def reserve(*, member: Any, drop: Drop, size: Size | None = None) -> Granted:
    """A pair for this member: a batch of one. `size` may be left out where the drop has a single one.

    Raises Invalid without a size where one must be chosen, else what `grant` answers.
    """
    if size is None:
        run = list(drop.sizes.all()[:2])
        if len(run) != 1:
            raise Invalid(errors={"size": ["Choose a size."]})
        (size,) = run
    (answer,) = grant(drop.pk, [Claim(member.pk, size.pk)])
    if isinstance(answer, DropshopError):
        raise answer
    return answer


@retrying
def grant(drop_id: UUID, claims: Sequence[Claim]) -> list[Granted | DropshopError]:
    """Decides all claims on one drop in their order, in one transaction; one answer each, in the same order.

    An answer is Granted, or the refusal: NotFound, NotOpen, Closed, Forbidden, LimitReached, CoolingDown, AllHeld,
    SoldOut, ConcurrentUpdate. Holds last `hold_seconds` from the clock read after the lock (H1).
    """
    members = {claim.member_id for claim in claims}
    with transaction.atomic():
        # A member's lapsed hold on another size must end before the index lets them have a new one (H2).
        elsewhere = Reservation.objects.overdue().filter(drop=drop_id, member__in=members)
        wanted = Q(pk__in={claim.size_id for claim in claims}) | Q(pk__in=elsewhere.values("size"))
        locked = stock.lock_sizes(Size.objects.filter(wanted, drop=drop_id).values("pk"))
        moment = database_time()
        drop = Drop.objects.filter(pk=drop_id).first()
        if (refusal := _closed(drop, moment)) is not None:
            return [refusal] * len(claims)
        recovered = _reclaim(locked, moment)
        batch = _Batch(drop, locked, moment, members)
        answers = batch.settle([batch.decide(claim) for claim in claims])
        publish_stock([locked[pk] for pk in recovered | batch.taken.keys()], recovered=recovered)
        for reservation in batch.inserted.values():
            _tell_owner("reservation-created", reservation)
    return answers


def _closed(drop: Drop | None, moment: datetime) -> DropshopError | None:
    """Why nobody may reserve at this moment; None while the drop is open."""
    if drop is None or not drop.published:
        return NotFound("There is no such drop.")
    if moment < drop.starts_at:
        return NotOpen(starts_at=iso(drop.starts_at))
    if moment >= drop.ends_at:
        return Closed(ends_at=iso(drop.ends_at))
    return None


class _Batch:
    """One grant in the making, under the lock."""

    def __init__(self, drop: Drop, locked: dict[int, Size], moment: datetime, members: Collection[UUID]) -> None:
        self.drop, self.locked, self.moment = drop, locked, moment
        self.expires_at = moment + timedelta(seconds=drop.hold_seconds)
        self.standings = _standings(drop, members)
        active = Reservation.objects.active().filter(drop=drop, member__in=members)
        self.holds: dict[UUID, Reservation] = {hold.member_id: hold for hold in active}
        self.taken: Counter[int] = Counter()
        self.inserted: dict[UUID, Reservation] = {}

    def decide(self, claim: Claim) -> Reservation | Granted | DropshopError:
        """What this claim gets, judged by what was read under the lock; a new hold is only in the making."""
        size, standing = self.locked.get(claim.size_id), self.standings.get(claim.member_id)
        if size is None:
            return NotFound("This drop has no such size.")
        if standing is None or not standing.active:
            return Forbidden("This account may not reserve.")
        if (hold := self.holds.get(claim.member_id)) is not None:
            return hold if hold.member_id in self.inserted else Granted(hold, created=False)
        if (refusal := self._refusal(standing) or self._shortage(size)) is not None:
            return refusal
        return self._draft(claim)

    def _refusal(self, standing: Standing) -> DropshopError | None:
        drop = self.drop
        if standing.bought >= drop.limit_per_member:
            return LimitReached(limit=drop.limit_per_member)
        if standing.last_lapse is not None and standing.lapses >= drop.lapses_allowed:
            retry_at = standing.last_lapse + timedelta(seconds=drop.cooldown_seconds)
            if retry_at > self.moment:
                wait = (retry_at - self.moment).total_seconds()
                return CoolingDown(retry_at=iso(retry_at), retry_after=wait)
        return None

    def _shortage(self, size: Size) -> DropshopError | None:
        if size.available > self.taken[size.pk]:
            return None
        if size.reserved + self.taken[size.pk] == 0:
            return SoldOut(size=size.label)
        first = min((hold.lapses_at for hold in size.reservations.active()), default=self.expires_at)
        return AllHeld(size=size.label, retry_at=iso(first))

    def _draft(self, claim: Claim) -> Reservation:
        hold = Reservation(
            drop=self.drop,
            size=self.locked[claim.size_id],
            member_id=claim.member_id,
            price=self.drop.price,
            currency=self.drop.currency,
            created_at=self.moment,
            expires_at=self.expires_at,
        )
        self.holds[claim.member_id] = self.inserted[claim.member_id] = hold
        self.taken[claim.size_id] += 1
        return hold

    def settle(self, decided: Sequence[Reservation | Granted | DropshopError]) -> list[Granted | DropshopError]:
        """Writes the new holds and moves their pairs; the final answers."""
        lost = self._insert() if self.inserted else {}
        for size_id, pairs in self.taken.items():
            if pairs:
                stock.hold(self.locked[size_id], pairs)
        answers: list[Granted | DropshopError] = []
        first = set(self.inserted)
        for answer in decided:
            if isinstance(answer, Reservation):
                member = answer.member_id
                answer = lost[member] if member in lost else Granted(answer, created=member in first)
                first.discard(member)  # a double click in one batch: the second gets the same hold
            answers.append(answer)
        return answers

    def _insert(self) -> dict[UUID, Granted | DropshopError]:
        """Inserts the drafted holds; for members who lost to another transaction, what they get instead.

        Sorted by member, so that two batches that meet on the unique index wait in the same order. After the insert
        the purchases are counted anew: a purchase that ended the member's hold on another size has committed
        before the index let us in, and must count against the limit (H6).
        """
        drafted = sorted(self.inserted.values(), key=lambda hold: hold.member_id)
        Reservation.objects.bulk_create(drafted, ignore_conflicts=True)
        bought = _bought(self.drop)
        stored = dict(
            Reservation.objects.filter(pk__in=[hold.pk for hold in drafted])
            .annotate(bought=Coalesce(Subquery(bought.filter(member=OuterRef("member")).values("n")), 0))
            .values_list("pk", "bought")
        )
        lost: dict[UUID, Granted | DropshopError] = {}
        for hold in drafted:
            if hold.pk not in stored:
                lost[hold.member_id] = self._theirs(hold.member_id)
            elif stored[hold.pk] >= self.drop.limit_per_member:
                Reservation.objects.filter(pk=hold.pk).delete()
                lost[hold.member_id] = LimitReached(limit=self.drop.limit_per_member)
        for member in lost:
            self.taken[self.inserted.pop(member).size_id] -= 1
        return lost

    def _theirs(self, member: UUID) -> Granted | DropshopError:
        """The hold that another transaction granted this member while ours was deciding."""
        hold = Reservation.objects.active().filter(drop=self.drop, member=member).first()
        return Granted(hold, created=False) if hold else ConcurrentUpdate()


def _bought(drop: Drop) -> Any:
    """Purchases in this drop that count against the limit, grouped by member as `n`."""
    purchases = Purchase.objects.filter(drop=drop).exclude(status=Purchase.Status.REFUNDED)
    return purchases.order_by().values("member").annotate(n=Count("pk"))


def _standings(drop: Drop, members: Collection[UUID]) -> dict[UUID, Standing]:
    mine = {"member": OuterRef("pk")}
    lapsed = Reservation.objects.filter(drop=drop, status=EXPIRED, **mine).order_by().values("member")
    rows = (
        get_user_model()
        .objects.filter(pk__in=members)
        .annotate(
            bought=Coalesce(Subquery(_bought(drop).filter(**mine).values("n")), 0),
            lapses=Coalesce(Subquery(lapsed.annotate(n=Count("pk")).values("n")), 0),
            last_lapse=Subquery(lapsed.annotate(last=Max("expires_at")).values("last")),
        )
        .values_list("pk", "is_active", "bought", "lapses", "last_lapse")
    )
    return {pk: Standing(*standing) for pk, *standing in rows}


def _reclaim(locked: dict[int, Size], moment: datetime) -> set[int]:
    """Ends the overdue holds of the locked sizes and frees their pairs (S4); the ids of the sizes that got some back."""
    overdue = list(Reservation.objects.overdue(moment).filter(size__in=locked).order_by("pk").select_related("drop"))
    freed: Counter[int] = Counter()
    for hold in overdue:
        hold.size = locked[hold.size_id]
        if _end(hold, EXPIRED, moment):
            freed[hold.size_id] += 1
    for size_id, pairs in freed.items():
        stock.release(locked[size_id], pairs)
    return set(freed)


def _end(hold: Reservation, status: str, moment: datetime) -> bool:
    """Ends an active hold once: compare-and-set on the status (H4), and its owner is told."""
    ended = Reservation.objects.active().filter(pk=hold.pk).update(status=status, ended_at=moment, pinned_until=None)
    if ended:
        hold.status, hold.ended_at, hold.pinned_until = status, moment, None
        _tell_owner("reservation-ended", hold)
    return bool(ended)


def _tell_owner(kind: str, hold: Reservation) -> None:
    live.publish_on_commit({"type": kind, "to": str(hold.member_id), "reservation": reservation_facts(hold)})


def lock_hold(reservation_id: UUID, *, member: Any) -> tuple[Reservation, datetime]:
    """The member's hold with its size locked, and the moment after the wait; raises NotFound for anyone else's.

    `hold.size` is the locked row. Locking only the hold would let a sale and the reclaim of an expired hold pass each other.
    """
    size_id = Reservation.objects.filter(pk=reservation_id, member=member).values_list("size", flat=True).first()
    if size_id is None:
        raise NotFound("You have no such reservation.")
    locked = stock.lock_sizes([size_id])[size_id]
    moment = database_time()
    hold = Reservation.objects.select_for_update(no_key=True, of=("self",)).select_related("drop").get(pk=reservation_id)
    hold.size = locked
    return hold, moment


def refuse_ended(hold: Reservation, moment: datetime) -> None:
    """Raises the name of what happened to a hold that is over (H4)."""
    if hold.status == Reservation.Status.COMPLETED:
        raise AlreadyPurchased(purchase=str(hold.purchase.pk))
    if hold.status == CANCELLED:
        raise AlreadyCancelled
    if hold.status == EXPIRED or hold.is_overdue(moment):
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
        stock.touch(hold.size)
        publish_stock([hold.size])
    return hold


@retrying
def cancel(reservation_id: UUID, *, member: Any) -> Reservation:
    """Gives the pair back. Doing it twice changes nothing. Raises NotFound, HoldExpired, AlreadyPurchased."""
    with transaction.atomic():
        hold, moment = lock_hold(reservation_id, member=member)
        if hold.status != CANCELLED:
            refuse_ended(hold, moment)
            _end(hold, CANCELLED, moment)
            stock.release(hold.size, 1)
            publish_stock([hold.size], recovered=[hold.size_id])
    return hold


def expire_overdue() -> int:
    """The sweep: ends every overdue hold, one transaction per size; how many sizes got pairs back.

    Safe when run twice at once. A size whose row somebody holds is left for the next second: whoever reserves there
    reclaims by themselves, and a frozen holder must not stop the sweep of the others.
    """
    sizes = Reservation.objects.overdue().order_by("size").values_list("size", flat=True).distinct()
    return sum(_expire_size(size_id) for size_id in list(sizes))


@retrying
def _expire_size(size_id: int) -> bool:
    with transaction.atomic():
        free = Size.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=size_id)
        locked = {size.pk: size for size in free}
        recovered = _reclaim(locked, database_time()) if locked else set()
        publish_stock(locked.values(), recovered=recovered)
    return bool(recovered)
