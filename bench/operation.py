"""`reserve.grant` without anything around it: batches of claims, one after the other, in the calling process.

Imported only once Django is set up.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any

from bench import meters
from bench.people import LABEL, make_drop
from dropshop.core import live
from reservations.holds.reserve import GrantedHold, HoldRequest, grant


def measure(members: Sequence[Any], claims: int, seconds: float, postgres: int) -> tuple[Any, dict[str, float], list[str]]:
    """These members reserve in batches of so many, for about so many seconds: the drop, the numbers, and what was wrong.

    `postgres`: the process id of the server.
    """
    drop = make_drop({LABEL: len(members)})
    size = drop.sizes.get()
    starts = range(0, len(members) - claims + 1, claims)
    batches = [[HoldRequest(member, size.pk) for member in members[start : start + claims]] for start in starts]
    grant(drop.pk, batches.pop())
    live.flush(timeout=10)
    begun, cpu, own = time.monotonic(), time.process_time(), time.thread_time()
    database = meters.cpu_of_all(postgres)
    done, granted = _grant_all(drop, batches, begun + seconds)
    took, own = time.monotonic() - begun, time.thread_time() - own
    live.flush(timeout=10)
    cpu, database = time.process_time() - cpu, meters.cpu_of_all(postgres) - database
    each = 1e6 / max(1, granted)
    numbers = {
        "figure": granted / took,
        "operation_us": own * each,
        "publisher_us": (cpu - own) * each,
        "postgres_us": database * each,
        "batch_ms": took * 1000 / done,
    }
    return drop, numbers, [] if granted == done * claims else [f"{granted} of {done * claims} were granted"]


def _grant_all(drop: Any, batches: Iterable[list[HoldRequest]], until: float) -> tuple[int, int]:
    """Grant one batch after the other until this monotonic second; how many batches, and how many new holds."""
    done = granted = 0
    for claims in batches:
        granted += sum(isinstance(answer, GrantedHold) and answer.created for answer in grant(drop.pk, claims))
        done += 1
        if time.monotonic() > until:
            break
    return done, granted
