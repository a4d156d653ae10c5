"""The regression guard: a short run whose ratios must not have fallen far. For CI (tests/bench/), not for records.

Ratios, not times: a slow machine slows the yardstick as well. The floors leave room for a factor of two or more, so that
only a change of kind trips them: a batch that has become one transaction per request, a message parsed per socket.
"""

from collections.abc import Mapping
from dataclasses import replace

from bench.ground import Ground
from bench.plans import QUICK

# (scenario, yardstick) -> the least ratio. To be set from the desk's own runs, with generous room.
FLOORS: Mapping[tuple[str, str], float] = {
    ("holds-64", "pgbench-32"): 1.0,
    ("holds-64", "plain-view"): 3.0,
    ("sold-out-256", "bare-asgi"): 0.05,
}


def complaints(floors: Mapping[tuple[str, str], float] = FLOORS) -> list[str]:
    """What is wrong, one sentence each; empty when every ratio is above its floor and every audit found nothing.

    Starts servers of its own and takes about half a minute. Django must not be set up yet: call it in a fresh process,
    as `python -m bench.guard` does.
    """
    with Ground() as ground:
        from bench.rounds import chosen
        from bench.running import perform

        names = {name for pair in floors for name in pair}
        scenarios = [scenario for scenario in chosen(names) if scenario.name in names]
        stage, readings = perform(ground, scenarios, replace(QUICK, rounds=1, most_people=12_000), celery=False)
    found = [f"{audit.scenario}: {fault}" for audit in stage.audits for fault in audit.faults]
    for (scenario, yardstick), floor in floors.items():
        ratio = readings.ratio(scenario, yardstick)
        if ratio is None or ratio < floor:
            found.append(f"{scenario} is {ratio or 0:.2f} x {yardstick}; it should be {floor:g} at least")
    return found


if __name__ == "__main__":
    import sys

    found = complaints()
    print("\n".join(found) or "Nothing has become slow.")
    sys.exit(1 if found else 0)
