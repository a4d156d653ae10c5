"""How long and how often a run measures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """`seconds` of one measurement, `warm_up` of the round that is thrown away, `most_people` in the crowd."""

    rounds: int = 3
    seconds: float = 5.0
    warm_up: float = 2.0
    most_people: int = 60_000


FULL = Plan()
QUICK = Plan(rounds=2, seconds=1.5, warm_up=0.7, most_people=16_000)
