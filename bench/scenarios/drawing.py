"""A draw of a million entries: from its published list to its ranks, in this process, as a worker computes it."""

import time

from bench.stage import Stage
from reservations.draws.allot import rank_lines
from reservations.draws.compute import draw_from
from reservations.draws.leaves import Person, entry_lines, make_entry, mark_of

DROP, SIZES, PAIRS = "8b1f3c52-3d0a-4c8e-9d55-0c6f5a0d7e11", 10, 500
EVERY_TENTH = 10  # entry is one of two friends


class MillionEntries:
    """One draw; `figure`: seconds of it, with the reading of its list and the writing of its ranks."""

    name, unit, every_round = "draw-1000000", "s", False

    def __init__(self, entries: int = 1_000_000) -> None:
        self.entries = entries
        self.title = f"a draw of {entries:,} entries, from the list to the ranks"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        lines = [*entry_lines(sorted(make_entry(DROP, people(number)) for number in range(self.entries)))]
        begun, cpu = time.monotonic(), time.process_time()
        drawn = draw_from(lines, DROP, [PAIRS] * SIZES, seed=bytes(32), beacon="drand:00", loyalty=False)
        ranks = sum(1 for _ in rank_lines(drawn))
        taken, used = time.monotonic() - begun, time.process_time() - cpu
        assert ranks == self.entries + 1  # noqa: S101 - a measurement of something else would be worse than none
        return {"figure": taken, "cpu": used}


def people(number: int) -> list[Person]:
    """Somebody, or somebody with a friend."""
    wishes = number % SIZES + 1, (number + 3) % SIZES + 1
    one = Person(mark_of(str(number), "a"), 0, wishes)
    return [one, Person(mark_of(str(number), "b"), 0, wishes)] if number % EVERY_TENTH == 0 else [one]
