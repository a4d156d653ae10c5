"""The two rounds in which the pairs of a first-come drop are shared between requests and people at the page (F4).

The first round is decided by the first transaction after the start that would grant a pair, whoever's it is, or by the worker,
under the locks of all sizes: of each size requests get as large a part as they are of all who want a pair, and are taken in the
order of the drop's seed. What the requests leave is free to all at once. In the second round, half a minute later, what is free
then goes to the requests that still wait, in the same order; then they are over. docs/fairness.md says it to everybody.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction

from drops.models import Drop, Mode, Size
from drops.stock import counters
from drops.stock.facts import publish_read, publish_stock
from dropshop.core.errors import DropshopError, Forbidden
from dropshop.core.sql import rows
from dropshop.core.transactions import retrying
from reservations.holds.errors import REQUESTS_OVER_AFTER, SECOND_ROUND_AFTER, CoolingDown, LimitReached
from reservations.holds.grant_batch import GrantBatch
from reservations.holds.lifecycle import offer, reclaim
from reservations.holds.new_hold import GrantedHold, HoldRequest, publish_created
from reservations.holds.origins import Origin
from reservations.holds.reserve import Waiting
from reservations.holds.situation import Situation, read_situation
from reservations.passes.requirements import lacking
from reservations.requests import visitors
from reservations.requests.models import Reason, RequestRound, Status
from reservations.requests.moves import Moving, move_each
from reservations.seeds.seal import rank, sealed

PURPOSE = "requests"  # of the seed
FIRST_ROUND_WITHIN = timedelta(seconds=10)  # of the start; later the part of the requests is free
AT_ONCE = 1000  # requests looked at together


def at_the_page(situation: Situation, locked: dict[int, Size], members: Collection[UUID]) -> Waiting:
    """What people at the page of a drop with requests need to know, which is open and whose sizes are locked: the first round
    is decided, and who of them has a request that still waits."""
    drop = situation.drop
    if drop.mode != Mode.FIRST_COME or situation.moment >= drop.starts_at + REQUESTS_OVER_AFTER:
        return Waiting(False, set())
    decided_now = not situation.requests_decided and _first_round(situation, locked)
    return Waiting(decided_now, _waiting(drop.pk, members))


# Pairs are compared as rows, the member first: so only an index by member can be used, and each probe reads the requests of one
# member. By a condition on the drop PostgreSQL, going by old statistics, would read all requests of the drop for each of them.
WAITING = """
SELECT asked.member FROM unnest(%(members)s::uuid[]) AS asked(member)
 CROSS JOIN LATERAL (
       SELECT status FROM {purchaserequest} AS request
        WHERE (request.member_id, request.drop_id) >= (asked.member, %(drop)s::uuid)
          AND (request.member_id, request.drop_id) <= (asked.member, %(drop)s::uuid)
          AND status IN ('entered', 'in_queue', 'processing_payment', 'success') OFFSET 0) AS request
 WHERE request.status IN ('entered', 'in_queue')
"""


def _waiting(drop_id: UUID, members: Collection[UUID]) -> set[UUID]:
    return {pk for (pk,) in rows(WAITING, drop=drop_id, members=list(members))}


@retrying
def decide_first_round(drop_id: UUID) -> bool:
    """The worker's own way to the first round of a drop that has started; False where it was decided before."""
    with transaction.atomic():
        locked = counters.lock_run(drop_id)
        situation = read_situation(drop_id, ())
        if situation is None or situation.requests_decided is not False or situation.moment < situation.drop.starts_at:
            return False
        return _first_round(situation, locked)


def _first_round(situation: Situation, locked: dict[int, Size]) -> bool:
    """Decides it, if nobody has; whether this was now. When it is late, or the drop is over or has another mode, nothing is
    kept for requests."""
    drop = situation.drop
    stored = RequestRound.objects.select_for_update(no_key=True).get(pk=drop.pk)
    if stored.decided_at is not None:
        return False
    stored.decided_at = situation.moment
    is_over = drop.is_over_at(situation.moment)
    if drop.mode == Mode.FIRST_COME and not is_over and situation.moment < drop.starts_at + FIRST_ROUND_WITHIN:
        secret = sealed(drop.pk).secret
        order = ordered(secret, standing(drop.pk))
        stored.requests, stored.people = len(order), visitors.count(drop)
        parts = parts_of(secret, locked.values(), stored.requests, stored.people)
        stored.parts = {str(size): pairs for size, pairs in parts.items()}
        places = {pk: place for place, pk in enumerate(order, start=1)}
        _Serving(situation, locked, parts, Status.ENTERED).serve_in(order, places)
    stored.save()
    return True


def standing(drop_id: UUID) -> list[UUID]:
    """The requests for a drop that take part in its first round."""
    ((ids,),) = rows(
        "SELECT string_agg(uuid_send(id), '') FROM {purchaserequest} WHERE drop_id = %(drop)s AND status = 'entered'",
        drop=drop_id,
    )
    found = bytes(ids or b"")
    return [UUID(bytes=found[at : at + 16]) for at in range(0, len(found), 16)]


def ordered(secret: bytes, ids: Iterable[UUID]) -> list[UUID]:
    """These requests in the order in which they are taken."""
    return sorted(ids, key=lambda pk: rank(secret, PURPOSE, str(pk)))


def parts_of(secret: bytes, sizes: Iterable[Size], requests: int, people: int) -> dict[int, int]:
    """How many pairs of each size are for requests: the free ones times requests / (requests + people).

    What is left of the division is one pair more with just that chance, drawn by the seed: on average the parts are exact.
    """
    everybody = max(1, requests + people)
    return {size.pk: _part(rank(secret, PURPOSE, "part", size.label), size.available * requests, everybody) for size in sizes}


def _part(lot: bytes, pairs: int, everybody: int) -> int:
    whole, left = divmod(pairs, everybody)
    return whole + (int.from_bytes(lot[:8]) * everybody >> 64 < left)


@retrying
def second_round(drop_id: UUID) -> int:
    """Gives what is free to the requests that still wait, in their order; how many got a pair. The last one that finds nothing
    more to give ends the requests of this drop."""
    with transaction.atomic():
        locked = counters.lock_run(drop_id)
        situation = read_situation(drop_id, ())
        if situation is None or not situation.requests_decided:
            return 0
        if situation.has_returns:
            publish_stock(locked.values(), recovered=reclaim(locked, situation.moment) | offer(locked, situation.moment))
        free = {size.pk: size.available for size in locked.values()} if not situation.drop.is_over_at(situation.moment) else {}
        serving = _Serving(situation, locked, free, Status.IN_QUEUE)
        order = serving.wanted_next()
        serving.serve(order)
        if len(order) < AT_ONCE or not serving.open:
            RequestRound.objects.filter(pk=drop_id, over_at=None).update(over_at=situation.moment)
        return serving.served


TURNS = """
SELECT request.id FROM {purchaserequest} AS request
  JOIN {queueplace} AS place ON place.drop_id = request.drop_id AND place.member_id = request.member_id
 WHERE request.drop_id = %(drop)s AND request.status IN ('entered', 'in_queue') AND request.status = 'in_queue'
   AND request.sizes && %(open)s::bigint[] AND place.ended_at IS NULL AND place.admitted_until > %(moment)s
 ORDER BY place.admitted_at, place.number LIMIT %(most)s
"""


@retrying
def serve_turns(drop_id: UUID) -> int:
    """Gives what is free to the requests whose turn in the queue it is; how many got a pair. The others keep their turn."""
    with transaction.atomic():
        locked = counters.lock_run(drop_id)
        situation = read_situation(drop_id, ())
        if situation is None or situation.drop.is_over_at(situation.moment):
            return 0
        if situation.has_returns:
            publish_stock(locked.values(), recovered=reclaim(locked, situation.moment) | offer(locked, situation.moment))
        serving = _Serving(situation, locked, {size.pk: size.available for size in locked.values()}, Status.IN_QUEUE)
        if serving.open:
            wanted = rows(TURNS, drop=drop_id, open=serving.open, moment=situation.moment, most=AT_ONCE)
            serving.serve([pk for (pk,) in wanted])
        return serving.served


class _Candidate(NamedTuple):
    """A request that may get a pair."""

    id: UUID
    member_id: UUID
    sizes: list[int]
    latest_price: int
    network: str
    device: str


# Locked, so that nobody ends them meanwhile.
CANDIDATES = """
SELECT id, member_id, sizes, latest_price, network, device FROM {purchaserequest}
 WHERE id = ANY(%(ids)s::uuid[]) AND status || '' = %(was)s AND sizes && %(open)s::bigint[]
 ORDER BY id FOR NO KEY UPDATE
"""
NEXT = """
SELECT id FROM {purchaserequest}
 WHERE drop_id = %(drop)s AND status IN ('entered', 'in_queue') AND status = 'in_queue' AND sizes && %(open)s::bigint[]
 ORDER BY drop_id, place LIMIT %(most)s
"""


class _Serving:
    """Gives pairs to requests in their order, while the sizes are locked: as `grant` gives them to everybody."""

    def __init__(self, situation: Situation, locked: dict[int, Size], parts: Mapping[int, int], was: Status) -> None:
        self.situation, self.locked, self.was = situation, locked, was
        self.left, self.served = dict(parts), 0

    @property
    def open(self) -> list[int]:
        """The sizes of which something is left for requests."""
        return [size for size, left in self.left.items() if left > 0]

    @property
    def drop(self) -> Drop:
        return self.situation.drop

    def wanted_next(self) -> list[UUID]:
        """The next of the requests that wait for a size of which something is left."""
        return [pk for (pk,) in rows(NEXT, drop=self.drop.pk, open=self.open, most=AT_ONCE)] if self.open else []

    def serve_in(self, order: Sequence[UUID], places: Mapping[UUID, int]) -> None:
        """Takes them in this order, until nothing is left for requests."""
        for first in range(0, len(order), AT_ONCE):
            if not self.open:
                return
            self.serve(order[first : first + AT_ONCE], places)

    def serve(self, order: Sequence[UUID], places: Mapping[UUID, int] | None = None) -> None:
        """The same for some that can be looked at together."""
        if not order or not self.open:
            return
        found = [_Candidate(*row) for row in rows(CANDIDATES, ids=list(order), was=self.was.value, open=self.open)]
        at = {pk: place for place, pk in enumerate(order)}
        self._decide(sorted(found, key=lambda each: at[each.id]), places or {})

    def _decide(self, candidates: Sequence[_Candidate], places: Mapping[UUID, int]) -> None:
        asked = [_claim(each, self.open[0]) for each in candidates]
        standing = read_situation(self.drop.pk, asked, at=self.situation.moment) or self.situation
        people = get_user_model().objects.filter(pk__among=[each.member_id for each in candidates])
        lacks = lacking(list(people), self.drop)
        batch, served, failed = GrantBatch(standing, self.locked), [], []
        for each in candidates:
            size = next((size for size in each.sizes if self.left.get(size, 0) > 0), None)
            if size is None:
                continue
            answer = self._answer(batch, each, size, lacks)
            if isinstance(answer, GrantedHold):
                self.left[size] -= 1
                served.append(Moving(each.id, place=places.get(each.id), hold=answer.hold.id))
            elif answer is None:
                self.left[size] = 0
            else:
                failed.append(answer._replace(place=places.get(each.id)))
        publish_read(batch.store(), standing.moment)
        publish_created(batch.created)
        move_each(self.was, Status.PROCESSING, served, at=standing.moment)
        move_each(self.was, Status.FAILED, failed, at=standing.moment)
        self.served += len(served)

    def _answer(self, batch: GrantBatch, each: _Candidate, size: int, lacks: set[UUID]) -> GrantedHold | Moving | None:
        """A hold, or why the request fails; None where there is no pair of the size after all."""
        if each.latest_price < self.drop.price:
            return Moving(each.id, Reason.PRICE)
        if each.member_id in lacks:
            return Moving(each.id, Reason.MISSING)
        (answer,) = batch.decide([_claim(each, size)])
        if isinstance(answer, GrantedHold):  # one that they have already is no second one
            return answer if answer.created else Moving(each.id, Reason.LIMIT)
        reason = _reason(answer)
        return Moving(each.id, reason, answer.detail) if reason else None


def _claim(each: _Candidate, size: int) -> HoldRequest:
    return HoldRequest(each.member_id, size, Origin(each.network, each.device))


def _reason(refusal: DropshopError) -> Reason | None:
    match refusal:
        case LimitReached():
            return Reason.LIMIT
        case CoolingDown():
            return Reason.COOLING
        case Forbidden():
            return Reason.ACCOUNT
    return None


def begins(drop: Drop) -> tuple[datetime, datetime]:
    """When the two rounds of this drop begin."""
    return drop.starts_at, drop.starts_at + SECOND_ROUND_AFTER
