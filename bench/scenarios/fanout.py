"""One change, thousands of screens: how long until the last one shows it, and what a screen costs the process."""

import resource
import statistics
import time
from typing import Any

from django.db import transaction

from bench import meters
from bench.people import LABEL, make_drop
from bench.stage import Stage
from bench.watching import Watchers
from drops.stock import counters

CHANGES = 20
PAUSE = 0.3  # seconds between two changes, so that each is told on its own
QUIET = 2.0  # seconds over which the process is watched doing nothing


class FanOut:
    """Sockets on one fresh process; staff adjust the stock and the clock runs from the commit."""

    unit, every_round = "ms to the last screen", False

    def __init__(self, sockets: int, group: str = "fan-out") -> None:
        self.sockets = sockets
        self.name = f"{group}-{sockets}"
        self.title = f"a change on {sockets:,} screens of one process"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < self.sockets + 500:
            return {}  # shown as not measured
        stage.ground.stop_server("shop")
        server = stage.ground.server("shop")
        drop, staff = make_drop({LABEL: 100}), stage.people(1)[0].member
        with Watchers(stage, [drop], 1):
            pass  # whatever the first socket loads is not the sockets' memory
        before = meters.memory_bytes(server.pid)
        with Watchers(stage, [drop], self.sockets) as watchers:
            memory = meters.memory_bytes(server.pid) - before
            idle = _cpu_while_quiet(server.pid)
            begun, cpu = time.monotonic(), meters.cpu_seconds(server.pid)
            times = [_change(watchers, drop, staff) for _ in range(CHANGES)]
            used = meters.cpu_seconds(server.pid) - cpu
            busy = used - idle * (time.monotonic() - begun)
            watchers.settle(self.name)
        stage.retire(drop)
        told = CHANGES * self.sockets
        return {
            "figure": statistics.median(times),
            "worst": max(times),
            "cpu_us": busy * 1e6 / told,
            "cpu_us_with_idle": used * 1e6 / told,
            "idle_share": idle,
            "memory_mb": memory / 2**20,
            "memory_kb": memory / self.sockets / 1024,
            "handshakes": self.sockets / watchers.seconds_to_open,
        }


def _cpu_while_quiet(pid: int) -> float:
    """Share of a core the process uses for its open sockets alone."""
    time.sleep(0.5)
    before = meters.cpu_seconds(pid)
    time.sleep(QUIET)
    return (meters.cpu_seconds(pid) - before) / QUIET


def _change(watchers: Watchers, drop: Any, staff: Any) -> float:
    """Milliseconds from the commit of one change until the last screen has it."""
    size = drop.sizes.get()
    watchers.expect(drop, size.label, size.version + 1)
    time.sleep(PAUSE)
    committed: list[int] = []
    with transaction.atomic():
        transaction.on_commit(lambda: committed.append(time.monotonic_ns()))  # before the operation's, so right after COMMIT
        counters.adjust(size.pk, total=size.total + 1, reason="Found one more", by=staff)
    return (watchers.arrived()["last"] - committed[0]) / 1e6
