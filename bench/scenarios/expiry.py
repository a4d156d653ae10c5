"""Holds that nobody touches: how long from the end of a hold until every screen offers the pair, with the sweeper alone."""

import random
import time
from datetime import timedelta
from typing import Any

from bench.audit import simple
from bench.driving import quantile
from bench.people import hold_all, make_drop
from bench.stage import Stage
from bench.watching import Watchers
from dropshop.core.clock import database_time

DROPS, SIZES, SOCKETS = 4, 50, 40
SOON, SPREAD = 4.0, 15.0  # seconds from now until the first hold ends, and over which they end
LATEST = 5.0  # seconds after the last end, when the sweeper must be through


class Expiry:
    """Two hundred quiet sizes with one held pair each; the holds end at random moments."""

    unit, every_round = "ms, median", False
    name, title = "expiry", "from a hold's end to the screens, the sweeper alone"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        crowd, chance = stage.people(SIZES), random.Random(54)
        drops = [make_drop({f"{place:02}": 1 for place in range(SIZES)}) for _ in range(DROPS)]
        moments: dict[tuple[str, str], float] = {}
        with Watchers(stage, drops, SOCKETS) as watchers:
            now = database_time()
            for drop in drops:
                ends = [now + timedelta(seconds=SOON + chance.random() * SPREAD) for _ in range(SIZES)]
                hold_all(drop, crowd, expires=ends.__getitem__)
                moments |= {(str(drop.pk), f"{place:02}"): end.timestamp() for place, end in enumerate(ends)}
            time.sleep(max(0.0, max(moments.values()) - time.time()) + LATEST)
            seen = watchers.settle(self.name)
        delays = _delays(seen["arrivals"], moments)
        self._audit(stage, delays, drops)
        stage.retire(*drops)
        median = quantile(delays, 0.5)
        return {"figure": median, "p50": median, "p99": quantile(delays, 0.99), "worst": quantile(delays, 1.0)}

    def _audit(self, stage: Stage, delays: list[float], drops: list[Any]) -> None:
        unfreed = sum(
            stage.ground.sql("SELECT count(*) FROM drops_size WHERE drop_id = %s AND available <> 1", drop.pk)[0][0]
            for drop in drops
        )
        faults = [
            (len(delays) == DROPS * SIZES, f"{DROPS * SIZES - len(delays)} returns were not shown"),
            (unfreed == 0, f"{unfreed} pairs did not come back"),
            (not delays or delays[0] > 0, "a screen offered a pair before its hold had ended"),
        ]
        stage.check(simple(self.name, faults))


def _delays(arrivals: list[Any], moments: dict[tuple[str, str], float]) -> list[float]:
    """Milliseconds from each hold's end to the last screen that shows the pair, in order."""
    shown: dict[tuple[str, str], float] = {}
    for drop, size, _, count, first, last, available, wall in arrivals:
        key, at = (drop, size), (wall + last - first) / 1e9
        if available == 1 and count == SOCKETS // DROPS and wall / 1e9 > moments[key] - SOON:
            shown[key] = min(at, shown.get(key, at))
    return sorted((at - moments[key]) * 1000 for key, at in shown.items())
