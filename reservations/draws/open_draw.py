"""A draw begins with its drop: what it will be decided by is fixed when the drop is published, before anybody enters (F1)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from drops.models import Drop, Mode
from dropshop.core.clock import ClockTimestamp, iso
from dropshop.core.members import Member
from reservations.draws.compute import RULES
from reservations.draws.models import Draw, DrawEntry, DrawMove
from reservations.draws.terms import MARGIN, beacons_for
from reservations.passes.requirements import MissingRequirement
from reservations.seeds import seal

ENTER = "The pairs of this drop go by a draw: enter it, and you may win one."


def on_publishing(drop: Drop) -> None:
    """A published drop whose pairs go by a draw has one; what decides it is public from now on."""
    if drop.mode == Mode.DRAW:
        draw_of(drop)


def draw_of(drop: Drop) -> Draw:
    """The draw of this drop; made now where it has none, and with the hours that the drop has now, while nobody has entered."""
    draw, is_new = Draw.objects.get_or_create(
        drop=drop, defaults={"closes_at": drop.ends_at, "beacons": beacons_for(drop.ends_at), **due(drop.ends_at)}
    )
    if is_new:
        _note(draw)
    elif draw.closes_at != drop.ends_at and draw.state == Draw.State.OPEN:
        _move_hours(draw, drop.ends_at)
    return draw


def due(closes_at: datetime) -> dict[str, Any]:
    """When a worker looks at an open draw."""
    return {"retry_at": closes_at, "tries": 0}


def _move_hours(draw: Draw, closes_at: datetime) -> None:
    """Before the first entry staff may move the hours, and with them the beacons. Later only an early end moves them, and then
    what was promised stays: the beacon is still one that nobody knew at close."""
    if not DrawEntry.objects.filter(draw=draw).exists():
        beacons = beacons_for(closes_at)
        moved = Draw.objects.filter(pk=draw.pk, state=Draw.State.OPEN, closes_at=draw.closes_at)
        if moved.update(closes_at=closes_at, beacons=beacons, **due(closes_at)):
            draw.closes_at, draw.beacons = closes_at, beacons
            _note(draw)
    elif closes_at < draw.closes_at:
        moved = Draw.objects.filter(pk=draw.pk, state=Draw.State.OPEN, closes_at=draw.closes_at)
        if moved.update(closes_at=closes_at, **due(closes_at)):
            draw.closes_at = closes_at
            DrawMove.objects.create(draw=draw, step="ends earlier", facts={"closes_at": iso(closes_at)})


def _note(draw: Draw) -> None:
    facts = {
        "closes_at": iso(draw.closes_at),
        "margin_seconds": int(MARGIN.total_seconds()),
        "beacons": draw.beacons,
        "commitment": seal.sealed(draw.drop_id).commitment,
        "rules": RULES,
        "loyalty": draw.loyalty,
    }
    DrawMove.objects.create(draw=draw, step="promised", facts=facts)


def on_calling_off(drop: Drop) -> None:
    """The drop is called off before its draw has closed: nobody wins, and nothing was blocked."""
    called = Draw.objects.filter(drop=drop, state=Draw.State.OPEN)
    if called.update(state=Draw.State.CALLED_OFF, retry_at=ClockTimestamp(), tries=0):  # a worker tells who has entered
        DrawMove.objects.create(draw=Draw.objects.get(drop=drop), step="called off", reason=drop.called_off_because)


def has_begun(drop_id: UUID) -> bool:
    """Whether somebody has entered (F1)."""
    return DrawEntry.objects.filter(draw__drop=drop_id).exists()


def lacks_a_draw(members: Collection[Member], drop: Drop) -> Mapping[UUID, MissingRequirement]:
    """Nobody reserves by themselves where a draw decides."""
    if drop.mode != Mode.DRAW:
        return {}
    lack = MissingRequirement("draw", ENTER, drop.get_absolute_url(), {})
    return dict.fromkeys((member.pk for member in members), lack)
