"""One grant in the making: who of a batch of claims gets a pair, decided in their order under the sizes' locks."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings

from drops.models import Drop, Size
from drops.stock import counters
from drops.stock.size_run import NO_SUCH_SIZE
from dropshop.core.errors import ConcurrentUpdate, DropshopError, Forbidden, NotFound
from dropshop.core.sql import rows
from reservations.holds.errors import AllHeld, LimitReached, SoldOut
from reservations.holds.models import Reservation
from reservations.holds.new_hold import GrantedHold, HoldRequest, HoldTerms, NewHold
from reservations.holds.origins import LEAST_SHARE, Origins, cooling_down


@dataclass(frozen=True, slots=True)
class Eligibility:
    """How a member stands in a drop, read under the lock."""

    active: bool
    bought: int
    lapses: int  # holds that ran out, or were given back late
    seconds: float  # for which pairs were held without being bought
    last_end: datetime | None  # of such a hold
    holds: bool


# What a claim gets. A NewHold is still in the making.
GrantResult = NewHold | GrantedHold | DropshopError


class GrantBatch:
    """The claims of these members on one drop; the sizes are locked, and `moment` was read after that (S3)."""

    def __init__(self, drop: Drop, locked: dict[int, Size], moment: datetime, members: set[UUID]) -> None:
        """`members`: whose claims they are."""
        self.drop, self.locked, self.moment, self.members = drop, locked, moment, members
        self.expires_at = moment + timedelta(seconds=drop.hold_seconds)
        self.standings = _standings(drop, members)
        held = [pk for pk, standing in self.standings.items() if standing.holds]
        self.holds: dict[UUID, Reservation | NewHold] = {hold.member_id: hold for hold in self._active(held)} if held else {}
        self.drafts: dict[UUID, NewHold] = {}
        self.created: dict[UUID, NewHold] = {}
        self.lost: dict[UUID, GrantedHold | DropshopError] = {}
        self.taken: Counter[int] = Counter()
        self.terms = {pk: HoldTerms(drop, size, moment, self.expires_at) for pk, size in locked.items()}

    def settle(self, claims: Sequence[HoldRequest]) -> list[GrantedHold | DropshopError]:
        """Decides, writes the new holds and moves their pairs; one answer per claim, in their order."""
        self.origins = Origins(self.drop, self.moment, {claim.origin for claim in claims})
        decided = [self._decide(claim) for claim in claims]
        self._insert()
        if self.lost:  # the pairs of those who lost to another transaction go to the next in line (S4)
            pairs = zip(claims, decided, strict=True)
            decided = [self._decide(claim) if isinstance(answer, AllHeld) else answer for claim, answer in pairs]
            self._insert()
        for size_id, pairs_taken in self.taken.items():
            if pairs_taken:
                counters.hold(self.locked[size_id], pairs_taken)
        first = set(self.created)
        return [self._answer(decision, first) for decision in decided]

    def _answer(self, decision: GrantResult, first: set[UUID]) -> GrantedHold | DropshopError:
        """`first` are the members who have not been told of their new hold yet: a double click gets it, too."""
        if not isinstance(decision, NewHold):
            return decision
        member = decision.member_id
        if member in self.lost:
            return self.lost[member]
        is_first = member in first
        first.discard(member)
        return GrantedHold(decision, created=is_first)

    def _decide(self, claim: HoldRequest) -> GrantResult:
        """What this claim gets, judged by what was read under the lock."""
        size, standing = self.locked.get(claim.size_id), self.standings.get(claim.member_id)
        if size is None:
            return NotFound(NO_SUCH_SIZE)
        if standing is None or not standing.active:
            return Forbidden("This account may not reserve.")
        if (hold := self.holds.get(claim.member_id)) is not None:
            if isinstance(hold, NewHold):
                return hold
            return ConcurrentUpdate() if hold.is_overdue(self.moment) else GrantedHold(hold, created=False)
        return self._refusal(standing) or self.origins.refusal(claim.origin) or self._shortage(size) or self._draft(claim)

    def _refusal(self, standing: Eligibility) -> DropshopError | None:
        drop = self.drop
        if standing.bought >= drop.limit_per_member:
            return LimitReached(limit=drop.limit_per_member)
        has_spent = standing.lapses >= drop.lapses_allowed or standing.seconds >= drop.hold_seconds * drop.lapses_allowed
        if standing.last_end is not None and has_spent:
            return cooling_down(drop, standing.last_end, self.moment)
        return None

    def _shortage(self, size: Size) -> DropshopError | None:
        if size.available > self.taken[size.pk]:
            return None
        if size.reserved + self.taken[size.pk] == 0:
            return SoldOut(size=size.label)
        return AllHeld(size=size.label, retry_at=self._first_returns.get(size.pk, self.expires_at))

    @cached_property
    def _first_returns(self) -> dict[int, datetime]:
        """When the first hold that stood before this batch may return, by size; asked once, by the first who is refused."""
        return dict(rows(RETURNS, sizes=[*self.locked]))

    def _draft(self, claim: HoldRequest) -> NewHold:
        hold = NewHold(self.terms[claim.size_id], claim)
        self.origins.count(claim.origin, 1)
        self.holds[claim.member_id] = self.drafts[claim.member_id] = hold
        self.taken[claim.size_id] += 1
        return hold

    def _insert(self) -> None:
        """Writes the drafts; members who lost to another transaction are noted in `lost`, with what they get instead.

        Sorted by member, so that two batches that meet on the unique index wait in the same order. After the insert
        the purchases are counted anew: a purchase that ended the member's hold on another size has committed
        before the index let us in, and must count against the limit (H6).
        """
        drafted, self.drafts = sorted(self.drafts.values(), key=lambda hold: hold.member_id.int), {}
        if not drafted:
            return
        stored = _store(self.drop, drafted)
        bought = _bought(self.drop, self.members)
        for hold in drafted:
            if hold.id not in stored:
                self._lose(hold, self._theirs(hold.member_id))
            elif bought.get(hold.member_id, 0) >= self.drop.limit_per_member:
                Reservation.objects.filter(pk=hold.id).delete()
                self._lose(hold, LimitReached(limit=self.drop.limit_per_member))
            else:
                self.created[hold.member_id] = hold

    def _lose(self, hold: NewHold, answer: GrantedHold | DropshopError) -> None:
        self.lost[hold.member_id] = answer
        self.taken[hold.size_id] -= 1
        self.origins.count(hold.claim.origin, -1)

    def _theirs(self, member: UUID) -> GrantedHold | DropshopError:
        """The hold that another transaction granted this member while ours was deciding."""
        hold = self._active([member]).first()
        return GrantedHold(hold, created=False) if hold else ConcurrentUpdate()

    def _active(self, members: Collection[UUID]) -> Any:
        return Reservation.objects.active().filter(drop=self.drop, member__in=members).select_related("drop", "size")


# What follows is SQL by hand: the ORM costs more per shopper here than PostgreSQL does, and all of it is under the lock.
# LATERAL makes one probe of an index for each member; an EXISTS beside them is hashed, which reads all holds of the drop.

# A hold counts for its own time, without extensions, and at least for a little: otherwise giving back at once would be free.
ELIGIBILITY = """
SELECT person.id, person.is_active, sales.bought, holds.lapses, holds.seconds, holds.last_end, holds.stands
  FROM {member} AS person
  CROSS JOIN LATERAL (SELECT count(*) AS bought FROM {purchase}
                       WHERE drop_id = %(drop)s AND member_id = person.id
                         AND status NOT IN ('returned', 'refunded', 'cancelled')) AS sales
  CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE status = 'expired' OR until - created_at >= %(late)s) AS lapses,
                             coalesce(sum(extract(epoch FROM least(greatest(until - created_at, %(least)s), %(most)s)))
                                      FILTER (WHERE status <> 'active'), 0)::float AS seconds,
                             max(until) FILTER (WHERE status <> 'active') AS last_end,
                             coalesce(bool_or(status = 'active'), false) AS stands
                        FROM (SELECT status, created_at,
                                     CASE status WHEN 'expired' THEN expires_at ELSE ended_at END AS until
                                FROM {reservation}
                               WHERE drop_id = %(drop)s AND member_id = person.id
                                 AND status IN ('active', 'expired', 'cancelled')) AS hold) AS holds
 WHERE person.id = ANY(%(members)s::uuid[])
"""
INSERT_HOLDS = """
INSERT INTO {reservation} (id, drop_id, size_id, member_id, status, price, currency, created_at, expires_at, extensions,
                           network, device)
SELECT new.id, %(drop)s, new.size, new.member, 'active', %(price)s, %(currency)s, %(created_at)s, %(expires_at)s, 0,
       new.network, new.device
  FROM unnest(%(ids)s::uuid[], %(sizes)s::bigint[], %(members)s::uuid[], %(networks)s::text[], %(devices)s::text[])
       AS new(id, size, member, network, device)
ON CONFLICT DO NOTHING
RETURNING id
"""
RETURNS = """
SELECT size_id, min(moment)
  FROM (SELECT size_id, greatest(expires_at, pinned_until) AS moment FROM {reservation}
         WHERE size_id = ANY(%(sizes)s::bigint[]) AND status = 'active'
        UNION ALL
        SELECT size_id, offered_by FROM {reservation}
         WHERE size_id = ANY(%(sizes)s::bigint[]) AND offered_at IS NOT NULL) AS held
 GROUP BY size_id
"""
PURCHASE_COUNTS = """
SELECT member_id, count(*) FROM {purchase}
 WHERE drop_id = %(drop)s AND member_id = ANY(%(members)s::uuid[]) AND status NOT IN ('returned', 'refunded', 'cancelled')
 GROUP BY member_id
"""


HELD_SIZES = """
SELECT DISTINCT size_id FROM {reservation}
 WHERE drop_id = %(drop)s AND member_id = ANY(%(members)s::uuid[]) AND status = 'active'
"""


def held_sizes(drop_id: UUID, members: set[UUID]) -> set[int]:
    """The sizes on which these members have a hold in the drop, whether or not its time has run out."""
    return {size_id for (size_id,) in rows(HELD_SIZES, drop=drop_id, members=members)}


def _standings(drop: Drop, members: set[UUID]) -> dict[UUID, Eligibility]:
    hold = timedelta(seconds=drop.hold_seconds)
    found = rows(
        ELIGIBILITY, drop=drop.pk, members=members, late=hold * settings.GIVE_BACK_LATE, least=hold * LEAST_SHARE, most=hold
    )
    return {pk: Eligibility(*standing) for pk, *standing in found}


def _store(drop: Drop, drafted: Sequence[NewHold]) -> set[UUID]:
    """Inserts the drafts in their order; the ids of those that no other hold of their member kept out (H2)."""
    stored = rows(
        INSERT_HOLDS,
        drop=drop.pk,
        price=drop.price,
        currency=drop.currency,
        created_at=drafted[0].terms.created_at,
        expires_at=drafted[0].terms.expires_at,
        ids=[hold.id for hold in drafted],
        sizes=[hold.size_id for hold in drafted],
        members=[hold.member_id for hold in drafted],
        networks=[hold.claim.origin.network for hold in drafted],
        devices=[hold.claim.origin.device for hold in drafted],
    )
    return {pk for (pk,) in stored}


def _bought(drop: Drop, members: set[UUID]) -> dict[UUID, int]:
    """How many purchases of each member count against the limit in this drop; those without one are left out."""
    return dict(rows(PURCHASE_COUNTS, drop=drop.pk, members=members))
