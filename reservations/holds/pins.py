"""A pair whose payment is under way waits for the answer beyond the end of its hold (H5)."""

from collections.abc import Sequence
from datetime import timedelta

from drops.models import Size
from drops.stock import counters
from drops.stock.facts import publish_stock
from dropshop.core.sql import rows
from reservations.holds.models import Reservation

PIN_SECONDS = 30  # how much longer than its hold a pair waits for a payment's answer (H5)


def pin(holds: Sequence[Reservation]) -> None:
    """Pins these holds, whose rows are locked, until thirty seconds after their expiry."""
    unpinned = []
    for hold in holds:
        until = hold.expires_at + timedelta(seconds=PIN_SECONDS)
        if hold.pinned_until != until:
            hold.pinned_until = until
            unpinned.append(hold)
    if unpinned:
        statement = "UPDATE {reservation} SET pinned_until = expires_at + %(more)s WHERE id = ANY(%(ids)s::uuid[])"
        rows(statement, more=timedelta(seconds=PIN_SECONDS), ids=[hold.pk for hold in unpinned])
        publish_changed_sizes({hold.size for hold in unpinned})


def unpin(holds: Sequence[Reservation]) -> set[Size]:
    """Unpins these holds, whose rows are locked; the sizes of which the screens now show something else."""
    pinned = [hold for hold in holds if hold.pinned_until is not None]
    if pinned:
        statement = "UPDATE {reservation} SET pinned_until = NULL WHERE id = ANY(%(ids)s::uuid[])"
        rows(statement, ids=[hold.pk for hold in pinned])
    for hold in pinned:
        hold.pinned_until = None
    return {hold.size for hold in pinned}


def publish_changed_sizes(sizes: set[Size]) -> None:
    """Nothing moved in these locked sizes, but what the screens show of them did."""
    for size in sorted(sizes, key=lambda size: size.pk):
        counters.bump_version(size)
    publish_stock(sizes)
