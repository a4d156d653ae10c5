"""Carrying out the requests for drops that have started, by the worker; each step may be killed and is found again.

decide   bell.decide_first_round   who gets the pairs that are kept for requests; a shopper at the page may come first
queue    _queue_the_rest           the others wait, each at its place
again    bell.second_round         what is free then
end      _end_the_rest             those that got none
tell     news.tell                 everybody at once, with reason and place
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from drops.models import Drop, Mode, Size
from dropshop.core.clock import ClockTimestamp, database_time
from dropshop.core.sql import rows
from dropshop.core.sweeps import Sweeps, log_failure
from dropshop.core.transactions import retrying
from reservations.holds.errors import SECOND_ROUND_AFTER
from reservations.requests import bell, news
from reservations.requests.models import OPEN, STANDING, PurchaseRequest, Reason, RequestRound, Status
from reservations.requests.moves import Moving, move_each
from reservations.seeds.seal import reveal, sealed

AT_ONCE = 2000  # requests that are moved in one transaction
_sweeps = Sweeps(at_once=1)


def sweep() -> int:
    """Carries out what is due, drop by drop; how many drops were looked at. A process has one sweep at once."""
    due = iter(_due())
    return _sweeps.run(lambda moment: next(due, None), _carry_out)


def _due() -> list[UUID]:
    """Drops with requests of which something is left to do: that have started, or were called off."""
    begun = Q(drop__starts_at__lte=ClockTimestamp()) | Q(drop__called_off_at__isnull=False)
    return [*RequestRound.objects.filter(begun, done_at=None).order_by("drop__starts_at").values_list("drop", flat=True)]


def _carry_out(drop_id: UUID) -> None:
    with log_failure("requests could not be carried out; the next sweep goes on", drop=str(drop_id)):
        carry_out(drop_id)


def carry_out(drop_id: UUID) -> None:
    """Does for the requests of one drop whatever is due now."""
    stored = RequestRound.objects.select_related("drop").get(pk=drop_id)
    if stored.over_at is None:
        _give_pairs(stored)
        stored.refresh_from_db()
    if stored.over_at is not None:
        _end_the_rest(stored)
        news.tell(stored.drop)
        _note_done(drop_id)


def _give_pairs(stored: RequestRound) -> None:
    drop = stored.drop
    if drop.is_over_at(database_time()) or drop.mode == Mode.DRAW:
        _close(drop.pk)
        return
    bell.decide_first_round(drop.pk)
    stored.refresh_from_db()
    _queue_the_rest(stored)
    if drop.mode == Mode.QUEUE:
        bell.serve_turns(drop.pk)
        _end_passed(drop.pk)
    if not PurchaseRequest.objects.filter(drop=drop, status__in=STANDING).exists():
        _close(drop.pk)
    elif drop.mode == Mode.FIRST_COME and database_time() >= drop.starts_at + SECOND_ROUND_AFTER:
        while bell.second_round(drop.pk):
            pass


@retrying
def _close(drop_id: UUID) -> None:
    """No request of the drop gets a pair any more."""
    with transaction.atomic():
        stored = RequestRound.objects.select_for_update(no_key=True).get(pk=drop_id)
        if stored.over_at is None:
            stored.over_at = database_time()
            stored.decided_at = stored.decided_at or stored.over_at
            stored.save(update_fields=["over_at", "decided_at"])


# All that stood at the start: those that have moved since then, and those that have not yet.
STOOD = """
SELECT id, status FROM {purchaserequest}
 WHERE drop_id = %(drop)s AND status IN ('entered', 'in_queue', 'processing_payment', 'success', 'failed')
   AND (status = 'entered' OR moved_at >= %(decided_at)s)
"""


def _queue_the_rest(stored: RequestRound) -> None:
    """Those that got no pair in the first round wait, each at its place in the order of all that stood."""
    if not PurchaseRequest.objects.filter(drop=stored.drop_id, status=Status.ENTERED).exists():
        return
    if stored.drop.mode == Mode.QUEUE:  # whose places they have
        ids = PurchaseRequest.objects.filter(drop=stored.drop_id, status=Status.ENTERED).values_list("pk", flat=True)
        _move_all(Status.ENTERED, Status.IN_QUEUE, [Moving(pk) for pk in ids])
        return
    stood = dict(rows(STOOD, drop=stored.drop_id, decided_at=stored.decided_at))
    order = bell.ordered(sealed(stored.drop_id).secret, stood)
    waiting = [Moving(pk, place=place) for place, pk in enumerate(order, start=1) if stood[pk] == Status.ENTERED]
    _move_all(Status.ENTERED, Status.IN_QUEUE, waiting)


# The newest place of each: whoever has joined again has another one.
PASSED = """
SELECT request.id, place.ending FROM {purchaserequest} AS request
  JOIN LATERAL (SELECT ending, ended_at FROM {queueplace} AS place
                 WHERE place.drop_id = request.drop_id AND place.member_id = request.member_id
                 ORDER BY number DESC LIMIT 1) AS place ON place.ended_at IS NOT NULL
 WHERE request.drop_id = %(drop)s AND request.status IN ('entered', 'in_queue') AND request.status = 'in_queue'
"""


def _end_passed(drop_id: UUID) -> None:
    """Requests whose place in the queue has come to its end without a pair."""
    passed = rows(PASSED, drop=drop_id)
    _move_all(
        Status.IN_QUEUE, Status.FAILED, [Moving(pk, Reason.LEFT if ending == "left" else Reason.TURN) for pk, ending in passed]
    )


def _end_the_rest(stored: RequestRound) -> None:
    """Those that still stand get no pair, each for its reason."""
    there = set(Size.objects.filter(drop=stored.drop_id, total__gt=0).values_list("pk", flat=True))
    for was in STANDING:
        standing = PurchaseRequest.objects.filter(drop=stored.drop_id, status=was).order_by()
        left = [_Left(*row) for row in standing.values_list("pk", "place", "latest_price", "sizes")]
        _move_all(was, Status.FAILED, [_ending(request, stored, there) for request in left])


class _Left(NamedTuple):
    """A request that got no pair."""

    pk: UUID
    place: int | None
    latest_price: int
    sizes: list[int]


def _ending(request: _Left, stored: RequestRound, sizes: set[int]) -> Moving:
    reason = _reason(request, stored.drop, sizes) or (Reason.TAKEN if stored.requests or request.place else Reason.CLOSED)
    note = ""
    if reason == Reason.TAKEN and request.place:
        kept = sum(stored.parts.values())
        note = f"Your place was {request.place:,} of {stored.requests:,}; {kept:,} pairs were kept for requests."
    return Moving(request.pk, reason, note)


def _reason(request: _Left, drop: Drop, sizes: set[int]) -> Reason | None:
    if drop.called_off_at is not None:
        return Reason.CALLED_OFF
    if drop.mode == Mode.DRAW:
        return Reason.DRAW
    if request.latest_price < drop.price:
        return Reason.PRICE
    return None if sizes.intersection(request.sizes) else Reason.SIZES


def _move_all(was: Status, to: Status, moving: Sequence[Moving]) -> None:
    """In batches, each a transaction of its own, and each in the order of ids."""
    in_order = sorted(moving)
    for first in range(0, len(in_order), AT_ONCE):
        _move_some(was, to, in_order[first : first + AT_ONCE])


@retrying
def _move_some(was: Status, to: Status, moving: Sequence[Moving]) -> None:
    with transaction.atomic():
        move_each(was, to, moving)


def _note_done(drop_id: UUID) -> None:
    """Nothing is left to do once all have ended and were told."""
    requests = PurchaseRequest.objects.filter(drop=drop_id)
    left = requests.filter(Q(status__in=OPEN) | Q(status__in=[Status.SUCCESS, Status.FAILED], told_at=None))
    if not left.exists():
        if Drop.objects.filter(pk=drop_id, mode=Mode.FIRST_COME).exists():  # of others somebody else does
            reveal(drop_id)
        RequestRound.objects.filter(pk=drop_id, done_at=None).update(done_at=ClockTimestamp())
