"""One grant in the making: who of a batch of claims gets a pair, decided in their order under the sizes' locks."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from drops.models import Size
from drops.stock import counters
from dropshop.core.errors import ConcurrentUpdate, DropshopError, Forbidden
from dropshop.core.sql import rows
from reservations.holds.asked_sizes import AskedSizes
from reservations.holds.errors import REQUESTS_OVER_AFTER, SECOND_ROUND_AFTER, AllHeld, LimitReached, RequestStands, SoldOut
from reservations.holds.facts import first_to_return
from reservations.holds.models import Reservation
from reservations.holds.new_hold import GrantedHold, HoldRequest, HoldTerms, NewHold
from reservations.holds.origins import Origins, cooling_down
from reservations.holds.situation import NOTHING_YET, Situation, Standing


class GrantBatch:
    """The claims of some members on one drop, whose sizes are locked."""

    def __init__(
        self,
        situation: Situation,
        locked: dict[int, Size],
        awarded: timedelta | None = None,
        *,
        waiting: Collection[UUID] = (),
        out_of_turn: Collection[UUID] = (),
    ) -> None:
        """`situation`: as it was read after that. `awarded`: for how long they are held, where they were won in a draw.
        `waiting`: members whose purchase requests take part for them; `out_of_turn`: those whose turn in the queue it is not,
        whatever pass they have got in time."""
        self.is_awarded, self.waiting, self.out_of_turn = awarded is not None, waiting, out_of_turn
        self.drop, self.moment, self.locked = situation.drop, situation.moment, locked
        self.sizes = AskedSizes(locked)
        self.standings = situation.standings
        self.expires_at = self.moment + (awarded or timedelta(seconds=self.drop.hold_seconds))
        self.origins = Origins(self.drop, self.moment, situation.spent, sum(size.total for size in locked.values()))
        held = [pk for pk, standing in self.standings.items() if standing.holds]
        self.holds: dict[UUID, Reservation | NewHold] = {hold.member_id: hold for hold in self._active(held)} if held else {}
        self.created: list[NewHold] = []
        self.taken: Counter[int] = Counter()
        self.terms = {pk: HoldTerms(self.drop, size, self.moment, self.expires_at) for pk, size in locked.items()}

    def decide(self, claims: Sequence[HoldRequest]) -> list[GrantedHold | DropshopError]:
        """One answer per claim, in their order."""
        return [self._decide(claim) for claim in claims]

    def store(self) -> list[Size]:
        """Writes the new holds and moves their pairs; the sizes that moved, as `publish_read` takes them."""
        if not self.created:
            return []
        holds = sorted(self.created, key=lambda hold: hold.member_id.int)  # in this order the foreign keys lock the members
        return counters.hold_inserted(
            self.locked,
            INSERT_HOLDS,
            next_expiry=NEXT_EXPIRY,
            drop=self.drop.pk,
            price=self.drop.price,
            currency=self.drop.currency,
            created_at=self.moment,
            expires_at=self.expires_at,
            ids=[hold.id for hold in holds],
            sizes=[hold.size_id for hold in holds],
            members=[hold.member_id for hold in holds],
            networks=[hold.claim.origin.network for hold in holds],
            devices=[hold.claim.origin.device for hold in holds],
        )

    def _decide(self, claim: HoldRequest) -> GrantedHold | DropshopError:
        """What this claim gets, judged by what was read under the lock; of a double click, one has made the hold."""
        size, standing = self.sizes.find(claim.size), self.standings.get(claim.member_id, NOTHING_YET)
        if isinstance(size, DropshopError):
            return size
        if not standing.active:
            return Forbidden("This account may not reserve.")
        if (hold := self.holds.get(claim.member_id)) is not None:
            lapsed = isinstance(hold, Reservation) and hold.is_overdue(self.moment)
            return ConcurrentUpdate() if lapsed else GrantedHold(hold, created=False)
        if claim.member_id in self.waiting:
            due = self.drop.starts_at + SECOND_ROUND_AFTER
            return RequestStands(retry_at=due if self.moment < due else self.drop.starts_at + REQUESTS_OVER_AFTER)
        if claim.member_id in self.out_of_turn:
            return Forbidden("It is not your turn.", missing=["turn"])
        return self._refusal(standing) or self.origins.refusal(claim.origin) or self._shortage(size) or self._draft(claim, size)

    def _refusal(self, standing: Standing) -> DropshopError | None:
        drop = self.drop
        if standing.bought >= drop.limit_per_member:
            return LimitReached(limit=drop.limit_per_member)
        has_spent = standing.lapses >= drop.lapses_allowed or standing.seconds >= drop.hold_seconds * drop.lapses_allowed
        if standing.last_end is not None and has_spent and not self.is_awarded:
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

    def _draft(self, claim: HoldRequest, size: Size) -> GrantedHold:
        hold = NewHold(self.terms[size.pk], claim)
        self.origins.count(claim.origin, 1)
        self.holds[claim.member_id] = hold
        self.created.append(hold)
        self.taken[size.pk] += 1
        return GrantedHold(hold, created=True)

    def _active(self, members: Collection[UUID]) -> Any:
        return Reservation.objects.active().filter(drop=self.drop, member__in=members).select_related("drop", "size")


INSERT_HOLDS = """
INSERT INTO {reservation} (id, drop_id, size_id, member_id, status, price, currency, created_at, expires_at, extensions,
                           network, device)
SELECT new.id, %(drop)s, new.size, new.member, 'active', %(price)s, %(currency)s, %(created_at)s, %(expires_at)s, 0,
       new.network, new.device
  FROM unnest(%(ids)s::uuid[], %(sizes)s::bigint[], %(members)s::uuid[], %(networks)s::text[], %(devices)s::text[])
       AS new(id, size, member, network, device)
RETURNING size_id
"""
NEXT_EXPIRY = f"least({first_to_return('%(created_at)s')}, %(expires_at)s)"
RETURNS = """
SELECT size_id, min(moment)
  FROM (SELECT size_id, greatest(expires_at, pinned_until) AS moment FROM {reservation}
         WHERE size_id = ANY(%(sizes)s::bigint[]) AND status = 'active'
        UNION ALL
        SELECT size_id, offered_by FROM {reservation}
         WHERE size_id = ANY(%(sizes)s::bigint[]) AND offered_at IS NOT NULL) AS held
 GROUP BY size_id
"""
