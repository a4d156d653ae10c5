"""A quick "sold out" from memory, as long as that memory is provably fresh; otherwise the database decides.

A drop is remembered when every pair of it is sold: nobody holds one, so nothing can come free unless the stock itself is
changed. The memory is fresh if it was read less than a quarter of a second ago and this process has received no news about the
drop since: every change of a size is published with a higher version (L1), and any news about a drop deletes its memory.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from drops.models import Drop, Size
from dropshop.core.clock import ClockTimestamp
from dropshop.core.sql import CompiledQuery
from reservations.holds.errors import SoldOut
from reservations.passes.tokens import PassClaims
from reservations.purchases.models import Purchase

FRESH_SECONDS = 0.25  # seconds, counted from before the database was asked
RENEW_SECONDS = FRESH_SECONDS / 2  # from this age on one shopper is sent to the database, so that the others need not go
QUICK_ANSWER_EVERY = 1.0  # seconds in which a member gets one quick answer: whoever hammers meets the limits instead
MAX_OWNERS = 50_000  # a drop with more buyers is not remembered


@dataclass(slots=True)
class SoldOutDrop:
    """A sold-out drop as it was at `moment` of the database's clock, and `at` of this process's steady one."""

    at: float
    moment: datetime
    ends_at: datetime
    labels: frozenset[str]
    owners: frozenset[UUID]  # who bought there: they are told of their limit, not that it is sold out
    is_renewed: bool = False


_drop: CompiledQuery[Any] = CompiledQuery(lambda pk: Drop.objects.published().filter(pk=pk).annotate(clock=ClockTimestamp()))
_run = CompiledQuery(lambda drop: Size.objects.filter(drop=drop))


class SoldOutMemory:
    """One per process. `answer` belongs to the event loop, `learn` to the desk's threads."""

    def __init__(self, hears: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        """`hears`: whether this process receives news at all; without them, nothing is remembered."""
        self._hears, self._clock = hears, clock
        self._known: dict[UUID, SoldOutDrop] = {}
        self._news = 0  # how much was heard, of whatever drop
        self._lock = threading.Lock()
        self._answered: set[UUID] = set()
        self._since = 0.0

    def answer(self, ticket: PassClaims, label: str | None) -> SoldOut | None:
        """The refusal, where it is certain; None for everybody whom only the database can answer. Asks nobody."""
        known = self._known.get(ticket.drop_id)
        if known is None:
            return None
        now = self._clock()
        age = now - known.at
        if age >= FRESH_SECONDS:
            return None
        if age >= RENEW_SECONDS and not known.is_renewed:
            known.is_renewed = True
            return None
        if label is None and len(known.labels) == 1:
            (label,) = known.labels
        if label not in known.labels or ticket.member_id in known.owners:
            return None
        if min(ticket.expires_at, known.ends_at) <= known.moment + timedelta(seconds=age):
            return None
        return SoldOut(size=label) if self._is_first(ticket.member_id, now) else None

    def _is_first(self, member: UUID, now: float) -> bool:
        if now - self._since >= QUICK_ANSWER_EVERY:
            self._since, self._answered = now, set()
        is_first = member not in self._answered
        self._answered.add(member)
        return is_first

    def heard(self, drop: str | None) -> None:
        """There is news of this drop; None: some may have been missed, so that nothing is certain any more."""
        with self._lock:
            self._news += 1
            if drop is None:
                self._known.clear()
            elif self._known:
                self._known.pop(UUID(drop), None)

    def may_learn(self, drop_id: UUID) -> bool:
        """Whether `learn` would ask the database."""
        old = self._known.get(drop_id)
        return self._hears() and (old is None or self._clock() - old.at >= RENEW_SECONDS)

    def learn(self, drop_id: UUID) -> None:
        """Remember the drop if every pair of it is sold; asks the database, unless it has only just been asked.

        What is no longer fresh is forgotten, of whatever drop.
        """
        news, at = self._news, self._clock()
        if not self.may_learn(drop_id):
            return
        run, drop = _run(drop_id), next(iter(_drop(drop_id)), None)
        if drop is None or any(size.sold < size.total for size in run):
            return
        bought = Purchase.objects.filter(drop=drop_id).values_list("member_id", flat=True)
        owners = frozenset(bought[: MAX_OWNERS + 1])
        known = SoldOutDrop(at, drop.clock, drop.ends_at, frozenset(size.label for size in run), owners)
        with self._lock:
            self._known = {pk: each for pk, each in self._known.items() if at - each.at < FRESH_SECONDS}
            if len(owners) <= MAX_OWNERS and self._news == news:
                self._known[drop_id] = known
