"""Which places cannot win any more, and since when (acceptance 48): by the order, so one row says it of thousands."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from dropshop.core import live
from dropshop.core.clock import iso
from dropshop.core.sql import rows
from reservations.queue.models import QueueVerdict
from reservations.queue.order import QueueOrder
from reservations.queue.rules import bounds
from reservations.queue.state import QueueState


class Verdict(NamedTuple):
    """As QueueVerdict."""

    from_place: int | None
    at: datetime
    left: int
    held: int


VERDICTS = "SELECT from_place, at, left, held FROM {queueverdict} WHERE drop_id = %(drop)s ORDER BY id"


def verdicts_of(drop_id: UUID) -> list[Verdict]:
    """All of this drop's, the oldest first."""
    return [Verdict(*row) for row in rows(VERDICTS.replace("left,", '"left",'), drop=drop_id)]


def verdict_on(place: int, verdicts: Iterable[Verdict]) -> Verdict | None:
    """The one since which this place cannot win without a break; None for one that can."""
    known: Verdict | None = None
    for verdict in verdicts:
        lost = verdict.from_place is not None and verdict.from_place <= place
        known = (known or verdict) if lost else None
    return known


def judge(state: QueueState, order: QueueOrder) -> None:
    """Notes from which place on nobody can win, where that has changed, and tells all screens; under the queue's lock."""
    last = QueueVerdict.objects.filter(drop=state.queue.drop_id).order_by("-id").first()
    before = last.from_place if last else None
    limits = bounds(state.stock, state.in_turn)
    lost, back = order.place_with(limits.lost), order.place_with(limits.back)
    if lost is not None and (before is None or lost < before):
        now: int | None = lost
    elif before is not None and (back is None or back > before):
        now = back
    else:
        return
    stock = state.stock
    QueueVerdict.objects.create(
        drop_id=state.queue.drop_id, from_place=now, left=stock.left, held=stock.held, let_in=state.in_turn, at=state.moment
    )
    about = {"type": "queue-updated", "drop": str(state.queue.drop_id)}
    live.publish_on_commit({**about, "cannot_win_from": now, "server_time": iso(state.moment)})
