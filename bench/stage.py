"""What every scenario works with: the ground, the generators, a crowd that grows as needed, and the list of audits."""

import math
from collections.abc import Sequence
from typing import Any

from bench import meters
from bench.audit import Audit
from bench.driving import Driver, Outcome
from bench.ground import Ground
from bench.people import Errand, Person, make_drop, make_people

BATCH = 2000
CALENDAR = 12  # drops that visitors find in the shop
SPARE = 1.7  # more errands than the rate seen before would use up


def per_cpu_second(outcome: Outcome, answers: int = 1) -> dict[str, float]:
    """How many errands of so many answers a second of CPU time of server and PostgreSQL is enough for."""
    used = (outcome.server + outcome.postgres) * answers
    return {"per_cpu_second": 1e6 / used} if used else {}


class Stage:
    """One run of the benchmark; made once the ground stands."""

    def __init__(self, ground: Ground, *, generators: int = 1, most_people: int = 60_000) -> None:
        self.ground, self.driver = ground, Driver(ground, generators)
        self.audits: list[Audit] = []
        self.outcomes: dict[str, list[dict[str, Any]]] = {}
        self.most_people = most_people
        self._crowd: list[Person] = []
        self._rates: dict[str, float] = {}
        self._calendar: list[Any] = []

    def people(self, count: int) -> list[Person]:
        """So many signed-in members, the same ones every time; at most `most_people`."""
        count = min(count, self.most_people)
        missing = count - len(self._crowd)
        if missing > 0:
            # A shop of some age has statistics, and the planner goes wrong without. But not yet of tables that are empty: the
            # foreign keys' own checks, planned once per connection, would read all of a table that was believed to be so.
            filled = "" if self._crowd else "community_member, django_session"
            self._crowd += make_people(math.ceil(missing / BATCH) * BATCH)
            self.ground.sql(f"ANALYZE {filled}")
        return self._crowd[:count]

    def calendar(self) -> list[Any]:
        """The drops that visitors look at; those of the scenarios are unpublished when they are over."""
        while len(self._calendar) < CALENDAR:
            self._calendar.append(make_drop({str(label): 20 for label in range(7, 14)}))
        return self._calendar

    def enough(self, name: str, seconds: float, *, at_least: int) -> int:
        """How many errands a run of so many seconds will use up, by the rate it had last time."""
        return min(self.most_people, max(at_least, math.ceil(self._rates.get(name, 0) * seconds * SPARE) + at_least))

    def drive(self, server: str, errands: Sequence[Errand], **how: Any) -> Outcome:
        """`Driver.drive` against a server of the ground, with what it cost that server and PostgreSQL."""
        pids = (self.ground.server(server).pid, self.ground.postgres.child.pid)
        before = [meters.cpu_of_family(pid) for pid in pids]
        outcome = self.driver.drive(self.ground.server(server).port, errands, **how)
        after = [meters.cpu_of_family(pid) for pid in pids]
        used = [sum(now[pid] - then.get(pid, 0) for pid in now) for then, now in zip(before, after, strict=True)]
        outcome.server, outcome.postgres = (seconds * 1e6 / max(1, outcome.statuses.total()) for seconds in used)
        return outcome

    def note(self, name: str, outcome: Outcome) -> dict[str, float]:
        """Keeps an outcome for the JSON and its rate for the next estimate; its numbers for the table."""
        self._rates[name] = outcome.rate
        self.outcomes.setdefault(name, []).append(outcome.facts())
        times = {"figure": outcome.rate, "p50": outcome.p50, "p99": outcome.p99}
        return times | {"server_us": outcome.server, "postgres_us": outcome.postgres, "generator_us": outcome.generator}

    def check(self, audit: Audit) -> None:
        """One more audit; the run fails in the end when it found a fault."""
        self.audits.append(audit)

    def retire(self, *drops: Any) -> None:
        """Take the drops of a scenario off the calendar, so that the pages do not grow from round to round."""
        for drop in drops:
            self.ground.sql("UPDATE drops_drop SET published = false WHERE id = %s", drop.pk)
