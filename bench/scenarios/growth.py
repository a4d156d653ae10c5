"""How the shop grows: many drops at once, many past reservations, and what an hour costs in which nothing happens.

Screens are those of `fanout`, more and more of them.
"""

import time

from bench import meters, people
from bench.audit import audit_all, simple
from bench.people import LABEL
from bench.scenarios.reserving import ACCEPTED, Holds
from bench.stage import Stage, per_cpu_second

CLAIMS = 64
MEMBERS = 20_000
FILLING = 7200  # seconds; ten million rows take half an hour on a busy machine
QUIET = 60.0  # seconds of the quiet hour that are measured
SETTLING = 10.0  # seconds after the last process has started


class ManyDrops(Holds):
    """Accepted holds while so many drops are open at once; the crowd is spread over them evenly."""

    def __init__(self, connections: int, drops: int) -> None:
        super().__init__(connections)
        self.drops = drops
        self.name = f"growth-drops-{drops}"
        self.title = f"accepted holds, {drops} drops at once, {connections} connections"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        count = stage.enough(self.name, seconds, at_least=4 * self.connections + int(1000 * seconds))
        crowd, port = stage.people(count), stage.ground.server("shop").port
        drops = [people.make_drop({LABEL: count // self.drops + 1}) for _ in range(self.drops)]
        shares = [people.reserve_with_pass(drop, crowd[place :: self.drops], port) for place, drop in enumerate(drops)]
        errands = [shares[place % self.drops][place // self.drops] for place in range(count)]
        outcome = self.send(stage, errands, seconds)
        stage.check(audit_all(stage.ground, self.name, drops, outcome, expected=ACCEPTED))
        stage.retire(*drops)
        return stage.note(self.name, outcome) | per_cpu_second(outcome)


class Past:
    """The operation alone in a shop with so many past reservations, which has a database of its own (see `bench.past`)."""

    unit, every_round = "holds/s", True

    def __init__(self, past: int) -> None:
        self.past = past
        self.name = f"growth-past-{past}"
        self.title = f"the operation alone, batches of {CLAIMS}, {past:,} past reservations"
        self._size: dict[str, float] = {}

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        server = stage.ground.postgres
        if not self._size:
            database = self.name.replace("-", "_")
            stage.ground.sql(f"CREATE DATABASE {database}")
            self._partner = stage.ground.partner(self.name, "bench.past", {"DATABASE_URL": server.url_of(database)})
            self._size = dict(self._partner.ask(FILLING, past=self.past, members=MEMBERS))
            stage.check(simple(f"{self.name}, its past", [(self._size["rows"] == self.past, f"{self._size['rows']} rows")]))
        said = self._partner.ask(60 + 10 * seconds, measure=[CLAIMS, seconds, server.child.pid])
        stage.check(simple(self.name, [(not said["faults"], fault) for fault in said["faults"]]))
        numbers = said["numbers"]
        return {
            **numbers,
            "megabytes": self._size["megabytes"],
            "cpu_us": numbers["operation_us"] + numbers["postgres_us"],
        }


class QuietHour:
    """What all processes of a shop use in an hour in which nobody comes and no drop opens: a minute of it, times sixty."""

    unit, every_round = "s of CPU", False
    name, title = "growth-quiet-hour", "an hour in which nothing happens, all processes"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        stage.ground.server("shop")
        for other in set(stage.ground.servers) - {"shop"}:
            stage.ground.stop_server(other)
        stage.ground.start_the_rest()
        time.sleep(SETTLING)
        before, begun = _used(stage), time.monotonic()
        time.sleep(QUIET)
        after, took = _used(stage), time.monotonic() - begun
        hours = {name: (used - before[name]) * 3600 / took for name, used in after.items()}
        ended = before.keys() - after.keys()
        faults = [
            (not ended, f"ended meanwhile: {', '.join(sorted(ended))}"),
            (hours["sweeper"] > 0, "the sweeper did nothing"),
        ]
        stage.check(simple(self.name, faults))
        return {"figure": sum(hours.values()), **{f"{name}_s": used for name, used in hours.items()}}


def _used(stage: Stage) -> dict[str, float]:
    """CPU seconds of each process of the shop that runs, with its children."""
    return {name: meters.cpu_with_ended(pid) for name, pid in stage.ground.processes().items()}
