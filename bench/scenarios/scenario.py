"""What a scenario is."""

from typing import Protocol

from bench.stage import Stage


class Scenario(Protocol):
    """One thing that is measured. `every_round` is False for what takes long and repeats itself within one run."""

    name: str
    title: str
    unit: str  # of the number called `figure`
    every_round: bool

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        """Measure for about so many seconds; the numbers by name, of which `figure` is the one that ratios are made of."""
