"""What a run found: a table for the terminal, JSON for everything else."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.audit import Audit
from bench.rounds import Readings
from bench.scenarios import ALL
from bench.stage import Stage
from bench.targets import COMPARISONS, TARGETS, Target

RESULTS = Path(__file__).resolve().parent / "results"


def judged(readings: Readings, targets: list[Target]) -> list[dict[str, Any]]:
    """Each target that was measured, with what was reached."""
    found = []
    for target in targets:
        if target.yardstick:
            value = readings.ratio(target.scenario, target.yardstick, target.number)
        else:
            value = readings.median(target.scenario, target.number)
        if value is not None:
            facts = {"target": target.words, "bound": target.bound, "at_most": target.at_most}
            found.append(facts | {"value": round(value, 4), "is_met": target.is_met(value)})
    return found


def as_facts(stage: Stage, readings: Readings, machine: Mapping[str, Any], complaints: list[str]) -> dict[str, Any]:
    """Everything, for the JSON."""
    return {
        "machine": machine,
        "readings": {name: [_rounded(one) for one in rounds] for name, rounds in readings.of.items()},
        "runs": stage.outcomes,
        "targets": judged(readings, TARGETS),
        "comparisons": judged(readings, COMPARISONS),
        "audits": [vars(audit) for audit in stage.audits],
        "logs_with_exceptions": complaints,
    }


def write(facts: Mapping[str, Any], folder: Path = RESULTS) -> Path:
    """Write the JSON into a file of its own; its path."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.json"
    file.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
    return file


def table(readings: Readings, audits: list[Audit], machine: Mapping[str, Any]) -> str:
    """The run in one screen."""
    lines = ["", " · ".join(f"{name} {value}" for name, value in machine.items()), ""]
    lines.append(f"{'measured (medians over the rounds)':<66} {'rate':>10}  {'p50 ms':>8} {'p99 ms':>8}  {'min':>9} {'max':>9}")
    lines += [_line(name, readings) for name in readings.of]
    for heading, targets in (("targets", TARGETS), ("to compare", COMPARISONS)):
        lines += ["", heading]
        lines += [_verdict(found, with_verdict=targets is TARGETS) for found in judged(readings, targets)]
    faults = [f"{audit.scenario}: {fault}" for audit in audits for fault in audit.faults]
    oversold, undersold = sum(audit.oversold for audit in audits), sum(audit.undersold for audit in audits)
    wrong = f"{len(faults)} faults" if faults else "nothing wrong"
    lines += ["", f"{len(audits)} audits: {oversold} oversold, {undersold} undersold, {wrong}"]
    return "\n".join([*lines, *(f"  {fault}" for fault in faults)])


def _line(name: str, readings: Readings) -> str:
    rates = [reading["figure"] for reading in readings.of[name] if "figure" in reading]
    if not rates:
        return f"{ALL[name].title:<66} {'not measured':>12}"
    times = [readings.median(name, number) for number in ("p50", "p99")]
    shown = " ".join(f"{value:>8.1f}" if value is not None else " " * 8 for value in times)
    known = {"figure", "p50", "p99"}
    more = sorted({number for reading in readings.of[name] for number in reading} - known)
    extra = f"\n{'':<6}" + "  ".join(f"{number} {readings.median(name, number):,.2f}" for number in more) if more else ""
    scenario, rate = ALL[name], f"{readings.median(name):>10,.1f}"
    return f"{scenario.title:<66} {rate}  {shown}  {min(rates):>9,.1f} {max(rates):>9,.1f}  {scenario.unit}{extra}"


def _verdict(found: Mapping[str, Any], *, with_verdict: bool) -> str:
    bound = f"{'at most' if found['at_most'] else 'at least'} {found['bound']:g}"
    verdict = f"  {bound:<14} {'reached' if found['is_met'] else 'MISSED'}" if with_verdict else ""
    return f"  {found['target']:<68} {found['value']:>10,.2f}{verdict}"


def _rounded(reading: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in reading.items()}
