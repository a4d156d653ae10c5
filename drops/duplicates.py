"""The same drop again: a draft like it, at the same time of a coming week."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction

from drops.models import Drop, Phase
from drops.stock import counters
from dropshop.core.clock import database_time
from dropshop.core.local_time import LocalTime, NonexistentTime

WEEK = timedelta(weeks=1)


@transaction.atomic
def duplicate(drop: Drop) -> Drop:
    """A draft like this drop, every pair of its size run available, at its `next_hours`."""
    twin = Drop.objects.get(pk=drop.pk)
    twin.pk, twin.published, twin.announced_phase = uuid.uuid4(), False, Phase.DRAFT
    twin.called_off_at, twin.called_off_because = None, ""
    twin.slug = f"{drop.slug[:70]}-{twin.pk.hex[:6]}"
    twin.starts_at, twin.ends_at = next_hours(twin, database_time())
    twin._state.adding = True
    twin.save(force_insert=True)
    for size in drop.sizes.all():
        counters.add_size(twin.pk, size.label, size.total, position=size.position)
    return twin


def next_hours(drop: Drop, now: datetime) -> tuple[datetime, datetime]:
    """Opening and closing whole weeks after the drop's own, the first that are still to come: same clock time, as long.

    A week whose clocks skip that time is passed over; of a time that comes twice it is the first.
    """
    before = LocalTime.at(drop.starts_at, drop.time_zone)
    fraction = timedelta(microseconds=drop.starts_at.microsecond)  # clocks show whole seconds
    weeks = max(1, (now - drop.starts_at) // WEEK)
    while True:
        try:
            opens = LocalTime(before.local + weeks * WEEK, 0).moment(drop.time_zone) + fraction
        except NonexistentTime:
            opens = now
        if opens > now:
            return opens, opens + (drop.ends_at - drop.starts_at)
        weeks += 1
