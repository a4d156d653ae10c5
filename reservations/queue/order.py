"""The order of a queue, kept in memory by each process, and the same in all of them: it follows from the database alone.

First all who were there before the start, by `HMAC(seed, member)`; then whoever came later, as they came. The order is made
when it is first asked for after the start, with one reading; later only what is new is read. A place is an index: nobody's
changes once the drop has started, because whoever ends keeps theirs and newcomers stand behind (F3).
"""

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from drops.models import Drop
from dropshop.core.sql import rows
from reservations.queue.moments import Settled, settle, try_to_settle
from reservations.seeds.seal import rank, sealed

PURPOSE = "queue"
OVER, NO_WISH = 0, 1  # of a place: nobody waits there (any more); somebody without a wish. Others: 2 + the size's index
PATIENCE = 5.0  # seconds
MAX_ORDERS = 16  # queues that a process remembers; with 50,000 places each is some megabytes

COLUMNS = "number, member_id, arrived_at, ended_at, admitted_at IS NULL AND ended_at IS NULL, sizes[1]"
ARRIVED = f"""
SELECT {COLUMNS} FROM {{queueplace}}
 WHERE drop_id = %(drop)s AND number > %(after)s AND number <= %(upto)s ORDER BY number
"""  # noqa: S608 - our own columns
CHANGED = f"""
SELECT {COLUMNS} FROM {{queueplace}}
 WHERE drop_id = %(drop)s AND changed > %(after)s AND changed <= %(upto)s ORDER BY number
"""  # noqa: S608


class _Row(NamedTuple):
    number: int
    member_id: UUID
    arrived_at: datetime
    ended_at: datetime | None
    waits: bool
    wish: int | None  # the size that is wanted first


class QueueOrder:
    """The places of one queue that has started, as they stood at `settled`."""

    def __init__(self, drop: Drop, sizes: Sequence[int]) -> None:
        """`sizes`: the ids of the drop's sizes."""
        self._drop, self._wishes = drop, {size: 2 + index for index, size in enumerate(sizes[:254])}
        self._places: dict[int, int] = {}  # the index by the arrival's number
        self._numbers: list[int] = []
        self._wants = bytearray()  # for each place OVER, NO_WISH or a wish; counting in it costs a microsecond for thousands
        self._first = 0  # no place before this index waits
        self.settled: Settled | None = None

    def __len__(self) -> int:
        return len(self._numbers)

    def place_of(self, number: int) -> int | None:
        """The place of this arrival, from 1; None for one that is not settled yet, or was over before the start."""
        index = self._places.get(number)
        return None if index is None else index + 1

    def ahead_of(self, place: int) -> int:
        """How many wait before this place."""
        end = place - 1
        return max(0, end - self._first - self._wants.count(OVER, self._first, end)) if end > self._first else 0

    def ahead_wanting(self, place: int, size: int | None) -> int:
        """How many of them want this size first; with None: say no size."""
        return self._wants.count(NO_WISH if size is None else self._wishes.get(size, NO_WISH), self._first, max(place - 1, 0))

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self.ahead_of(len(self) + 1)

    def next_in_line(self) -> Iterator[int]:
        """The numbers of those who wait, in their order."""
        return (self._numbers[index] for index in range(self._first, len(self)) if self._wants[index])

    def place_with(self, ahead: int) -> int | None:
        """The first place at which somebody waits who has as many waiting ahead; None where fewer wait."""
        if self.waiting <= ahead:
            return None
        low, high = 1, len(self)  # the smallest place behind which ahead + 1 wait
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.ahead_of(middle + 1) > ahead else (middle + 1, high)
        return low

    def pass_over(self, number: int) -> None:
        """Whoever stands there does not wait, as the database has just said."""
        if (index := self._places.get(number)) is not None:
            self._wants[index] = OVER

    def read_on(self, settled: Settled) -> None:
        """Takes in everything up to this moment."""
        after = 0 if self.settled is None else self.settled.number
        span = {"drop": self._drop.pk, "after": after, "upto": settled.number}
        arrived = [_Row(*row) for row in rows(ARRIVED, **span)]
        if self.settled is None:
            arrived = self._drawn(arrived)
        for row in arrived:
            self._places[row.number] = len(self._numbers)
            self._numbers.append(row.number)
            self._wants.append(self._wish(row))
        if self.settled is not None:
            for row in (_Row(*row) for row in rows(CHANGED, **span)):
                if (index := self._places.get(row.number)) is not None:
                    self._wants[index] = self._wish(row)
        while self._first < len(self) and not self._wants[self._first]:
            self._first += 1
        self.settled = settled

    def _drawn(self, arrived: list[_Row]) -> list[_Row]:
        """Who was there at the start in their random order, the others behind; whoever left before it has no place."""
        start = self._drop.starts_at
        early = [row for row in arrived if row.arrived_at < start and (row.ended_at is None or row.ended_at >= start)]
        secret = sealed(self._drop.pk).secret if early else b""
        early.sort(key=lambda row: (rank(secret, PURPOSE, str(row.member_id)), row.number))
        return early + [row for row in arrived if row.arrived_at >= start]

    def _wish(self, row: _Row) -> int:
        return self._wishes.get(row.wish or 0, NO_WISH) if row.waits else OVER


class _Kept:
    """The order of one drop in this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.order: QueueOrder | None = None
        self.read_at = 0.0  # of the process's monotonic clock


_orders: dict[UUID, _Kept] = {}


def order_of(drop: Drop, *, older: float = 0.0, knows: int = 0) -> QueueOrder | None:
    """The order of this drop's queue as it stands; None before the start, when nobody has a place.

    `older`: seconds by which what is remembered may be older than now, where it `knows` the arrival with this number. Beyond
    that it is used as long as it is right and somebody is in the way (PATIENCE): whoever asks waits for no process that stands
    still. With 0 it is of now.
    """
    kept = _kept(drop.pk)
    with kept.lock:
        order, age = kept.order, time.monotonic() - kept.read_at
        if order is not None and order.settled is not None and age < older and knows <= order.settled.number:
            return order
        asked = time.monotonic()
        if order is not None and older and age < PATIENCE:
            if (tried := try_to_settle(drop.pk)) is None:
                return order
            settled = tried
        else:
            settled = settle(drop.pk)
        if settled.moment < drop.starts_at:
            return None
        if order is None or order.settled is None or order.settled.server != settled.server:
            order = QueueOrder(drop, [*drop.sizes.order_by("position", "pk").values_list("pk", flat=True)])
        order.read_on(settled)
        kept.order, kept.read_at = order, asked
        return order


def _kept(drop_id: UUID) -> _Kept:
    if drop_id not in _orders and len(_orders) >= MAX_ORDERS:
        _orders.pop(next(iter(_orders)))  # the one that was asked for first
    return _orders.setdefault(drop_id, _Kept())


def forget_order(drop_id: UUID) -> None:
    """As after a restart: it is made anew when it is asked for next."""
    _orders.pop(drop_id, None)
