"""One run from the first member to the report."""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bench import meters, report
from bench.ground import Ground
from bench.plans import FULL, QUICK, Plan
from bench.rounds import Readings, chosen, measure
from bench.scenarios import ALL
from bench.stage import Stage

NOTHING_ELSE = 0.7  # load average beside which numbers mean something


def say(text: str) -> None:
    """Progress goes to standard error, the result to standard output."""
    print(text, file=sys.stderr, flush=True)


def plan_of(options: argparse.Namespace) -> Plan:
    """The plan that was asked for."""
    plan = QUICK if options.quick else FULL
    changes = {name: getattr(options, name) for name in ("rounds", "seconds") if getattr(options, name)}
    return replace(plan, **changes)


def run(ground: Ground, options: argparse.Namespace) -> int:
    """Measure what was chosen and report it; 0, or 1 when something was wrong."""
    try:
        scenarios = chosen(options.only)
    except KeyError as error:
        say(f"No scenario's name begins with {error.args[0]}; there are: {', '.join(ALL)}.")
        return 1
    machine = meters.machine(ground.folder)
    if machine["load_average"] > NOTHING_ELSE:
        say(f"Something else is running here (load average {machine['load_average']:.1f}): take the numbers as rough.")
    plan, readings = plan_of(options), Readings()
    stage = prepare(ground, plan, generators=options.generators)
    is_whole = False
    try:
        measure(stage, scenarios, plan, say, readings)
        is_whole = True
    finally:  # also where Ctrl-C or a dead process ends it: what was measured and audited until then counts
        if not is_whole:
            print("The run was ended early. What follows was measured until then.")
        _print(ground, stage, readings, machine)
    return 1 if any(audit.faults for audit in stage.audits) else 0


def _print(ground: Ground, stage: Stage, readings: Readings, machine: Mapping[str, Any]) -> None:
    complaints = ground.complaints()
    print(report.table(readings, stage.audits, machine))
    if complaints:
        print(f"Exceptions in the logs of: {', '.join(complaints)}")
    print(report.write(report.as_facts(stage, readings, machine, complaints)), flush=True)


def prepare(ground: Ground, plan: Plan, *, generators: int = 1, celery: bool = True) -> Stage:
    """The stage on which scenarios are measured."""
    if celery:
        ground.start_celery()
    stage = Stage(ground, generators=generators, most_people=plan.most_people)
    stage.calendar()
    stage.people(plan.most_people // 4)
    ground.sql("VACUUM ANALYZE")
    ground.sql("CHECKPOINT")
    return stage
