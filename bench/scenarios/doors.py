"""Holds by every way in: by session, by token, with an Idempotency-Key; by themselves, and beside a crowd with passes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from bench import people
from bench.audit import audit
from bench.driving import Driver, Outcome
from bench.people import LABEL, Errand
from bench.scenarios.reserving import ACCEPTED, Holds
from bench.stage import Stage

BESIDE = 8  # connections that come by another way
WAYS: dict[str, Callable[..., list[Errand]]] = {
    "by-session": people.reserve_with_session,
    "by-token": people.reserve_with_token,
    "keyed": people.reserve_with_key,
}


class HoldsBy(Holds):
    """Accepted holds of a crowd that comes by one other way than the page's, which is a pass alone."""

    def __init__(self, way: str, connections: int = 64) -> None:
        super().__init__(connections)
        self.errands = WAYS[way]
        self.name, self.title = f"holds-{connections}-{way}", f"accepted holds on one size, {connections} connections, {way}"


class Beside(Holds):
    """The holds by pass, as a share of those without it, while a few more connections come to the same drop by another way."""

    unit = "x alone"

    def __init__(self, way: str, connections: int = 64) -> None:
        super().__init__(connections)
        self._way = WAYS[way]
        self.name = f"holds-{connections}-beside-{BESIDE}-{way}"
        self.title = f"holds by pass on {connections} connections beside {BESIDE} {way}, as a share of those without them"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        alone, _ = self._measured(stage, seconds / 2, 0)
        beside, others = self._measured(stage, seconds / 2, BESIDE)
        found = stage.note(self.name, beside)
        together = (beside.rate + others.rate) / alone.rate
        return found | {"figure": beside.rate / alone.rate, "together": together, "alone": alone.rate, "others": others.rate}

    def _measured(self, stage: Stage, seconds: float, beside: int) -> tuple[Outcome, Outcome]:
        """The crowd's outcome and that of the others, who come at the same time."""
        port = stage.ground.server("shop").port
        count = stage.enough(self.name, seconds, at_least=4 * self.connections + int(2000 * seconds))
        crowd = stage.people(count + count // 4)
        drop = people.make_drop({LABEL: len(crowd)})
        few = crowd[count:] if beside else []
        drive = partial(_beside(stage).drive, port, self._way(drop, few, port), seconds=seconds, wanted="201", keep=True)
        errands = people.reserve_with_pass(drop, crowd[:count], port)
        with ThreadPoolExecutor(1) as thread:
            theirs = thread.submit(drive, connections=beside)
            ours = stage.drive("shop", errands, connections=self.connections, seconds=seconds, wanted="201", keep=True)
            others = theirs.result()
        stage.check(audit(stage.ground, self.name, drop, _together(ours, others), expected=ACCEPTED))
        stage.retire(drop)
        return ours, others


_drivers: dict[Any, Driver] = {}


def _beside(stage: Stage) -> Driver:
    """A second generator, whose connections have addresses of their own."""
    if stage.ground not in _drivers:
        _drivers[stage.ground] = Driver(stage.ground, name="beside", first=50_000)
    return _drivers[stage.ground]


def _together(one: Outcome, other: Outcome) -> Outcome:
    """For the audit: everything that was answered."""
    made = {status: one.made.get(status, []) + other.made.get(status, []) for status in one.made | other.made}
    counts = {"statuses": one.statuses + other.statuses, "codes": one.codes + other.codes, "lost": one.lost + other.lost}
    return replace(one, made=made, **counts)


DOORS = [*map(HoldsBy, WAYS), *map(Beside, WAYS)]
