"""One grant in the making: who of a batch of claims gets a pair, decided in their order under the sizes' locks."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Count, Max, Min, OuterRef, Subquery
from django.db.models.functions import Coalesce

from drops import stock
from drops.facts import iso
from drops.models import Drop, Size
from dropshop.errors import ConcurrentUpdate, DropshopError, Forbidden, NotFound
from reservations.errors import AllHeld, CoolingDown, LimitReached, SoldOut
from reservations.models import Purchase, Reservation


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


# What a claim gets. A Reservation is a new hold that is still in the making.
Decision = Reservation | Granted | DropshopError


class Batch:
    """The claims of these members on one drop; the sizes are locked, and `moment` was read after that (S3)."""

    def __init__(self, drop: Drop, locked: dict[int, Size], moment: datetime, members: Collection[UUID]) -> None:
        self.drop, self.locked, self.moment = drop, locked, moment
        self.expires_at = moment + timedelta(seconds=drop.hold_seconds)
        self.standings = _standings(drop, members)
        active = Reservation.objects.active().filter(drop=drop, member__in=members).select_related("drop", "size")
        self.holds: dict[UUID, Reservation] = {hold.member_id: hold for hold in active}
        self.drafts: dict[UUID, Reservation] = {}
        self.created: dict[UUID, Reservation] = {}
        self.lost: dict[UUID, Granted | DropshopError] = {}
        self.taken: Counter[int] = Counter()

    def settle(self, claims: Sequence[Claim]) -> list[Granted | DropshopError]:
        """Decides, writes the new holds and moves their pairs; one answer per claim, in their order."""
        decided = [self._decide(claim) for claim in claims]
        self._insert()
        if self.lost:  # the pairs of those who lost to another transaction go to the next in line (S4)
            pairs = zip(claims, decided, strict=True)
            decided = [self._decide(claim) if isinstance(answer, AllHeld) else answer for claim, answer in pairs]
            self._insert()
        for size_id, pairs_taken in self.taken.items():
            if pairs_taken:
                stock.hold(self.locked[size_id], pairs_taken)
        first = set(self.created)
        return [self._answer(decision, first) for decision in decided]

    def _answer(self, decision: Decision, first: set[UUID]) -> Granted | DropshopError:
        """`first` are the members who have not been told of their new hold yet: a double click gets it, too."""
        if not isinstance(decision, Reservation):
            return decision
        member = decision.member_id
        if member in self.lost:
            return self.lost[member]
        is_first = member in first
        first.discard(member)
        return Granted(decision, created=is_first)

    def _decide(self, claim: Claim) -> Decision:
        """What this claim gets, judged by what was read under the lock."""
        size, standing = self.locked.get(claim.size_id), self.standings.get(claim.member_id)
        if size is None:
            return NotFound("This drop has no such size.")
        if standing is None or not standing.active:
            return Forbidden("This account may not reserve.")
        if (hold := self.holds.get(claim.member_id)) is not None:
            if hold.member_id in self.drafts or hold.member_id in self.created:
                return hold
            return ConcurrentUpdate() if hold.is_overdue(self.moment) else Granted(hold, created=False)
        return self._refusal(standing) or self._shortage(size) or self._draft(claim)

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
        return AllHeld(size=size.label, retry_at=iso(self._first_returns.get(size.pk, self.expires_at)))

    @cached_property
    def _first_returns(self) -> dict[int, datetime]:
        """When the first hold that stood before this batch may return, by size; asked once, by the first who is refused."""
        standing = Reservation.objects.active().filter(size__in=self.locked).with_lapse()
        return dict(standing.order_by().values_list("size").annotate(first=Min("lapse")))

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
        self.holds[claim.member_id] = self.drafts[claim.member_id] = hold
        self.taken[claim.size_id] += 1
        return hold

    def _insert(self) -> None:
        """Writes the drafts; members who lost to another transaction are noted in `lost`, with what they get instead.

        Sorted by member, so that two batches that meet on the unique index wait in the same order. After the insert
        the purchases are counted anew: a purchase that ended the member's hold on another size has committed
        before the index let us in, and must count against the limit (H6).
        """
        drafted, self.drafts = sorted(self.drafts.values(), key=lambda hold: hold.member_id), {}
        if not drafted:
            return
        Reservation.objects.bulk_create(drafted, ignore_conflicts=True)
        stored = dict(
            Reservation.objects.filter(pk__in=[hold.pk for hold in drafted])
            .annotate(bought=Coalesce(Subquery(_bought(self.drop).filter(member=OuterRef("member")).values("n")), 0))
            .values_list("pk", "bought")
        )
        for hold in drafted:
            if hold.pk not in stored:
                self._lose(hold, self._theirs(hold.member_id))
            elif stored[hold.pk] >= self.drop.limit_per_member:
                Reservation.objects.filter(pk=hold.pk).delete()
                self._lose(hold, LimitReached(limit=self.drop.limit_per_member))
            else:
                self.created[hold.member_id] = hold

    def _lose(self, hold: Reservation, answer: Granted | DropshopError) -> None:
        self.lost[hold.member_id] = answer
        self.taken[hold.size_id] -= 1

    def _theirs(self, member: UUID) -> Granted | DropshopError:
        """The hold that another transaction granted this member while ours was deciding."""
        held = Reservation.objects.active().filter(drop=self.drop, member=member).select_related("drop", "size")
        hold = held.first()
        return Granted(hold, created=False) if hold else ConcurrentUpdate()


def _bought(drop: Drop) -> Any:
    """Purchases in this drop that count against the limit, grouped by member as `n`."""
    purchases = Purchase.objects.filter(drop=drop).exclude(status=Purchase.Status.REFUNDED)
    return purchases.order_by().values("member").annotate(n=Count("pk"))


def _standings(drop: Drop, members: Collection[UUID]) -> dict[UUID, Standing]:
    mine = {"member": OuterRef("pk")}
    expired = Reservation.objects.filter(drop=drop, status=Reservation.Status.EXPIRED, **mine)
    lapsed = expired.order_by().values("member")
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
