"""What staff do with a draw: dice by two people, drand's round by hand, loyalty before the first entry, calling it off.

None of it chooses: dice count only when the rules have come to them, and a round is good or not whoever brings it.
"""

from typing import Any

from django.db import transaction

from drops import schedule
from drops.models import Drop, Mode
from dropshop.core.clock import ClockTimestamp, database_time
from dropshop.core.errors import Invalid
from dropshop.core.members import Member
from dropshop.core.transactions import retrying
from reservations.draws import open_draw, steps
from reservations.draws.beacons import good_beacon, thrown
from reservations.draws.errors import NotADraw, StepRefused
from reservations.draws.models import Draw, DrawMove
from reservations.draws.terms import beacon_due

REASON_MAX_LENGTH = 300  # characters
ENTERED = "dice entered"
DIFFERENT = "These are not the numbers that were entered first. Throw again: both of you enter the same throw."


def draw_of_drop(drop: Drop) -> Draw:
    """The draw of a published drop. Raises NotADraw."""
    if drop.mode != Mode.DRAW or not drop.published:
        raise NotADraw
    return open_draw.draw_of(drop)


def throw_dice(draw: Draw, *, by: Member, dice: str, reason: str) -> bool:
    """What one of staff has thrown; once a second one enters the same, it decides the draw. Whether it does.

    Raises BeaconRefused for what are no dice, StepRefused while the draw has not come to dice, Invalid for the same person
    twice and for other numbers: then the first throw counts no more, and both throw again.
    """
    because, found = _reason(reason), thrown(dice)
    with transaction.atomic():
        locked = _locked(draw)
        named = beacon_due(locked.beacons, database_time())
        if locked.state != Draw.State.CLOSED or locked.beacon is not None or named is None or named["source"] != "dice":
            raise StepRefused("Dice do not count now: the beacons count in the order that was published.")
        first = locked.moves.filter(step__startswith="dice ").last()
        if first is not None and first.step != ENTERED:
            first = None
        if first is not None and first.by_id == by.pk:
            raise Invalid(errors={"dice": ["A second person of staff enters the same numbers."]})
        if first is not None and first.facts["value"] == found["value"]:
            steps.take_beacon(locked, {**found, "thrown_by": 2}, by=by, reason=because)
            return True
        step = "dice differ" if first else ENTERED
        DrawMove.objects.create(draw=locked, step=step, by=by, reason=because, facts={"value": found["value"]})
    if first is not None:
        raise Invalid(errors={"dice": [DIFFERENT]})
    return False


def give_beacon(draw: Draw, *, by: Member, number: int, signature: str, reason: str) -> Draw:
    """drand's round, by hand where the shop cannot reach it; checked as any other. Raises BeaconRefused, StepRefused."""
    because = _reason(reason)
    named = next(beacon for beacon in draw.beacons if beacon["source"] == "drand")
    found = good_beacon(named, {"round": number, "signature": signature.strip().lower()})
    return steps.take_beacon(draw, found, by=by, reason=because)


@retrying
def set_loyalty(draw: Draw, *, loyalty: bool, by: Member, reason: str) -> Draw:
    """Whether fair losses count: a rule, which stays once somebody has entered (F1). Raises StepRefused then."""
    because = _reason(reason)
    with transaction.atomic():
        locked = _locked(draw)
        if locked.loyalty == loyalty:
            return locked
        if locked.state != Draw.State.OPEN or open_draw.has_begun(locked.drop_id):
            raise StepRefused("People have entered already: what they were promised stays.")
        Draw.objects.filter(pk=locked.pk).update(loyalty=loyalty)
        DrawMove.objects.create(draw=locked, step="loyalty", by=by, reason=because, facts={"loyalty": loyalty})
    return Draw.objects.select_related("drop").get(pk=draw.pk)


@retrying
def call_off(draw: Draw, *, by: Member, reason: str) -> Draw:
    """Nobody wins, for a reason that everybody reads: before close with its drop, after it until it is drawn.

    Raises StepRefused for what is drawn: that stays.
    """
    because = _reason(reason)
    if draw.state == Draw.State.OPEN and database_time() < draw.closes_at:
        schedule.call_off(draw.drop_id, by=by, reason=because)
    with transaction.atomic():
        locked = _locked(draw)
        if locked.state == Draw.State.DRAWN:
            raise StepRefused("It is drawn, and stays.")
        moved = Draw.objects.filter(pk=locked.pk, state__in=[Draw.State.OPEN, Draw.State.CLOSED])
        if moved.update(state=Draw.State.CALLED_OFF, retry_at=ClockTimestamp(), tries=0):  # a worker tells who has entered
            DrawMove.objects.create(draw=locked, step="called off", by=by, reason=because)
    return Draw.objects.select_related("drop").get(pk=draw.pk)


def _locked(draw: Draw) -> Draw:
    return Draw.objects.select_for_update(no_key=True, of=("self",)).select_related("drop").get(pk=draw.pk)


def _reason(text: Any) -> str:
    because = text.strip() if isinstance(text, str) else ""
    if not 0 < len(because) <= REASON_MAX_LENGTH:
        raise Invalid(errors={"reason": [f"Say why, in at most {REASON_MAX_LENGTH} characters."]})
    return because
