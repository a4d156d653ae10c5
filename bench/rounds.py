"""Rounds: the same measurements in turn, several times, after a warm-up that is thrown away; medians in the end."""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bench.plans import Plan
from bench.scenarios import ALL, HUGE, SCENARIOS, YARDSTICKS, Scenario
from bench.stage import Stage
from bench.targets import TARGETS

Say = Callable[[str], None]


@dataclass
class Readings:
    """All numbers of a run: for each scenario one dict per round."""

    of: dict[str, list[dict[str, float]]] = field(default_factory=dict)

    def median(self, name: str, number: str = "figure") -> float | None:
        """The median over the rounds; None where it was not measured."""
        values = [reading[number] for reading in self.of.get(name, []) if number in reading]
        return statistics.median(values) if values else None

    def ratio(self, name: str, yardstick: str, number: str = "figure") -> float | None:
        """The median of the rounds' own ratios: both were measured within the same minute."""
        pairs = zip(self.of.get(name, []), self.of.get(yardstick, []), strict=False)
        ratios = [one[number] / other[number] for one, other in pairs if other.get(number) and number in one]
        return statistics.median(ratios) if ratios else None


def chosen(names: Iterable[str]) -> list[Scenario]:
    """The scenarios of these names or whose names begin so, and the yardsticks they are compared with; without names all but
    those of growth.

    Raises KeyError for a beginning that no name has.
    """
    wanted = set()
    huge = {scenario.name for scenario in HUGE}
    for beginning in names:
        found = {name for name in {*ALL} - huge if name.startswith(beginning)} if beginning not in ALL else {beginning}
        if not found:
            raise KeyError(beginning)
        wanted |= found
    wanted = wanted or {scenario.name for scenario in [*YARDSTICKS, *SCENARIOS]}
    wanted |= {target.yardstick for target in TARGETS if target.scenario in wanted and target.yardstick}
    return [scenario for name, scenario in ALL.items() if name in wanted]


def measure(stage: Stage, scenarios: Sequence[Scenario], plan: Plan, say: Say, readings: Readings) -> None:
    """Warm-up, rounds, and then what is measured once; each is added to the readings as soon as it has been measured."""
    repeated = [scenario for scenario in scenarios if scenario.every_round]
    for number in range(plan.rounds + 1):
        seconds = plan.seconds if number else plan.warm_up
        say(f"Round {number} of {plan.rounds}" if number else "Warm-up")
        for scenario in repeated:
            found = _measure(stage, scenario, seconds, say)
            if number:
                readings.of.setdefault(scenario.name, []).append(found)
    for scenario in scenarios:
        if not scenario.every_round:
            readings.of[scenario.name] = [_measure(stage, scenario, plan.seconds, say)]


def _measure(stage: Stage, scenario: Scenario, seconds: float, say: Say) -> dict[str, float]:
    faults = len([fault for audit in stage.audits for fault in audit.faults])
    begun = time.monotonic()
    found = scenario.run(stage, seconds)
    numbers = "  ".join(f"{name} {value:,.2f}" for name, value in found.items() if name != "figure")
    said = f"{found['figure']:>10,.1f} {scenario.unit:<12} {numbers}" if found else "not possible on this machine (open files)"
    say(f"  {scenario.name:<28} {said}  ({time.monotonic() - begun:.0f} s)")
    for fault in [fault for audit in stage.audits for fault in audit.faults][faults:]:
        say(f"    WRONG: {fault}")
    return found
