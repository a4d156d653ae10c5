"""The regression guard: a short run in which nothing may have become much more expensive. For CI, not for records.

What is compared is the CPU time that an answer costs the server and PostgreSQL, beside what a yardstick costs in the same
minute: such a ratio hardly moves when the machine is slow, or busy with something else. The floors leave room for a factor
of two or more, so that only a change of kind trips them: a batch that has become one transaction per request, a refusal
that asks the database again. In the same run a control must trip: the same shop with a desk that takes one wish at a time.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace

from bench.ground import Ground
from bench.plans import QUICK

PLAN = replace(QUICK, rounds=1, seconds=1.0, warm_up=0.4, most_people=5000)
# (scenario, yardstick) -> how many times cheaper it is, at least.
FLOORS: Mapping[tuple[str, str], float] = {
    ("holds-64", "plain-view"): 10,
    ("reserve-and-buy-64", "plain-view"): 5,
    # 0.25 on a quiet machine, 0.11 on a busy one, and 0.004 where each refusal is a request to the ordinary view. What the
    # memory saves is too little to tell here: tests/reservations/desk/test_sold_out_memory.py counts what it asks.
    ("sold-out-256", "bare-asgi"): 0.05,
}
CONTROL = "holds-64-one-by-one"

# Microseconds of CPU for one answer, by scenario.
Costs = Mapping[str, float]


def measure() -> tuple[Costs, list[str]]:
    """What an answer costs in each scenario, and what the audits found; servers of its own, about half a minute.

    Django must not be set up yet: for a fresh process.
    """
    with Ground() as ground:
        from bench import rounds, running
        from bench.scenarios import ALL
        from bench.scenarios.reserving import Holds

        class OneByOne(Holds):
            server = "single"

        control = OneByOne(64)
        control.name = CONTROL
        names = dict.fromkeys(name for pair in FLOORS for name in reversed(pair))
        stage, readings = running.prepare(ground, PLAN, celery=False), rounds.Readings()
        rounds.measure(stage, [*(ALL[name] for name in names), control], PLAN, running.say, readings)
    costs = {name: found[-1]["server_us"] + found[-1]["postgres_us"] for name, found in readings.of.items()}
    return costs, [f"{audit.scenario}: {fault}" for audit in stage.audits for fault in audit.faults]


def complaints(costs: Costs) -> list[str]:
    """What has become too expensive, one sentence each; and the control, should it not have tripped."""
    found = []
    for (scenario, yardstick), floor in FLOORS.items():
        times = costs[yardstick] / costs[scenario]
        if times < floor:
            found.append(f"{scenario} is {times:.2f} times as cheap as {yardstick}; it should be {floor:g} times at least")
    floor = FLOORS["holds-64", "plain-view"]
    times = costs["plain-view"] / costs[CONTROL]
    if times >= floor:
        found.append(f"{CONTROL} is {times:.2f} times as cheap as plain-view: the guard, at {floor:g}, would notice nothing")
    return found


def main() -> int:
    """The exit code: 1 when there is something to complain of."""
    costs, faults = measure()
    for name, cost in costs.items():
        print(f"{name:<24} {cost:>10,.0f} µs of CPU for one answer")
    found = faults + complaints(costs)
    print("\n".join(found) or "Nothing has become much more expensive.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
