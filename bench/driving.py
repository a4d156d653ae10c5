"""Driving the load: one or more generators told the same moment to start, and their results put together."""

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.ground import HOST, Ground
from bench.people import Errand

GRACE = 90  # seconds beyond a window after which a silent generator is given up


@dataclass
class Outcome:
    """What came of one run."""

    rate: float  # wanted answers per second inside the window
    p50: float  # milliseconds
    p99: float
    worst: float
    statuses: Counter[str]  # of all answers, also those after the window
    codes: Counter[str]  # "409 sold_out" …, where bodies were kept
    made: dict[str, list[str]]  # ids by status, where bodies were kept
    lost: int  # no answer, or hung up
    generator: float  # microseconds of the generator's CPU per answer
    generator_share: float  # of one core
    kinds: dict[str, Counter[str]] = field(default_factory=dict)  # what each kind of errand was answered
    server: float = 0.0  # microseconds of CPU per answer, of the server process
    postgres: float = 0.0  # and of PostgreSQL

    def facts(self) -> dict[str, Any]:
        """For the JSON."""
        names = ("rate", "p50", "p99", "worst", "generator", "generator_share", "server", "postgres")
        numbers = {name: round(getattr(self, name), 3) for name in names}
        return numbers | {"statuses": dict(self.statuses), "codes": dict(self.codes), "lost": self.lost}


class Driver:
    """The generators of a run."""

    def __init__(self, ground: Ground, processes: int = 1, *, name: str = "requests", first: int = 0) -> None:
        """`first`: the number of the first connection; each number has an address of its own."""
        self.partners = [ground.partner(f"{name}{number}", "bench.requests") for number in range(processes)]
        self._first = first

    def drive(
        self,
        port: int,
        errands: Sequence[Errand],
        *,
        connections: int,
        seconds: float,
        wanted: str = "",
        repeat: bool = False,
        keep: bool = False,
        kinds: Sequence[str] = (),
    ) -> Outcome:
        """Send the errands over so many connections for so long; `wanted` is the status that counts, "" for all.

        `kinds`: a word for each errand, by which the answers that are kept are told apart.
        """
        count = len(self.partners)
        for number, partner in enumerate(self.partners):
            mine = connections // count + (number < connections % count)
            share = list(errands) if repeat else list(errands[number::count])
            job = {"host": HOST, "port": port, "connections": mine, "seconds": seconds, "requests": share}
            more = {"repeat": repeat, "keep": keep, "kinds": list(kinds if repeat else kinds[number::count])}
            partner.tell(job=job | more | {"first": self._first + number * 5000})
        for partner in self.partners:
            partner.hear(60)
        start = time.monotonic_ns() + 100_000_000
        for partner in self.partners:
            partner.tell(start=start)
        return _merged([partner.hear(seconds + GRACE) for partner in self.partners], wanted)


def _merged(results: Sequence[Any], wanted: str) -> Outcome:
    latencies = sorted(latency for result in results for latency in result["latencies"])
    begun, ended = min(r["begun"] for r in results), max(r["ended"] for r in results)
    in_time = sum((Counter(result["in_time"]) for result in results), Counter())
    good = in_time[wanted] if wanted else in_time.total()
    statuses = sum((Counter(result["statuses"]) for result in results), Counter())
    made: dict[str, list[str]] = {}
    kinds: dict[str, Counter[str]] = {}
    for result in results:
        for kind, answers in result["kinds"].items():
            kinds[kind] = kinds.get(kind, Counter()) + Counter(answers)
        for status, ids in result["made"].items():
            made.setdefault(status, []).extend(ids)
    cpu = sum(result["cpu"] for result in results)
    seconds = (ended - begun) / 1e9
    return Outcome(
        rate=good / seconds if seconds > 0 else 0.0,
        p50=quantile(latencies, 0.5) / 1000,
        p99=quantile(latencies, 0.99) / 1000,
        worst=(latencies[-1] if latencies else 0) / 1000,
        statuses=statuses,
        codes=sum((Counter(result["codes"]) for result in results), Counter()),
        made=made,
        kinds=kinds,
        lost=sum(result["unanswered"] + result["broken"] for result in results),
        generator=cpu * 1e6 / max(1, statuses.total()),
        generator_share=cpu / seconds if seconds > 0 else 0.0,
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that this share of an ordered list does not exceed (nearest rank); 0 for an empty one."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]
