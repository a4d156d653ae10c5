"""A pair whose payment is under way waits for the answer beyond the end of its hold (H5)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from drops.models import Size
from drops.stock import counters
from drops.stock.facts import publish_stock
from dropshop.core.sql import rows
from reservations.holds.models import Reservation

PIN_SECONDS = 30  # how much longer than its hold a pair waits for a payment's answer (H5)


# For a statement that also does something else: it returns the size of each hold whose pin was not there before.
PIN = """
UPDATE {reservation} SET pinned_until = expires_at + %(pin)s
 WHERE id = ANY(%(pinned)s::uuid[]) AND pinned_until IS DISTINCT FROM expires_at + %(pin)s
RETURNING size_id
"""


def pin_values(holds: Sequence[Reservation]) -> dict[str, Any]:
    """The values of PIN for these holds, whose rows are locked: until thirty seconds after their expiry. The holds in memory
    are pinned by this already."""
    more = timedelta(seconds=PIN_SECONDS)
    for hold in holds:
        hold.pinned_until = hold.expires_at + more
    return {"pin": more, "pinned": [hold.pk for hold in holds]}


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
