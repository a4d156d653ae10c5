"""What a batch costs without any HTTP: `reserve.grant`, called by batches of one size. Says where the desk's limit lies."""

import time
from collections.abc import Iterable
from typing import Any

from bench import meters
from bench.audit import simple
from bench.people import LABEL, make_drop
from bench.stage import Stage
from dropshop.core import live
from reservations.holds.reserve import GrantedHold, HoldRequest, grant


class Grant:
    """The deed itself, one batch after the other; publishing included, as everywhere."""

    unit, every_round = "holds/s", False

    def __init__(self, claims: int) -> None:
        self.claims = claims
        self.name = f"grant-{claims}"
        self.title = f"the deed alone, batches of {claims}, in the benchmark's own process"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        people = stage.people(max(2000, 12 * self.claims))
        drop = make_drop({LABEL: len(people)})
        size = drop.sizes.get()
        starts = range(0, len(people) - self.claims + 1, self.claims)
        batches = [
            [HoldRequest(person.member.pk, size.pk) for person in people[start : start + self.claims]] for start in starts
        ]
        grant(drop.pk, batches.pop())
        live.flush(timeout=10)
        postgres = stage.ground.postgres.child.pid
        begun, cpu, deed = time.monotonic(), time.process_time(), time.thread_time()
        database = meters.cpu_of_all(postgres)
        done, granted = _grant_all(drop, batches, begun + seconds)
        took, deed = time.monotonic() - begun, time.thread_time() - deed
        live.flush(timeout=10)
        cpu, database = time.process_time() - cpu, meters.cpu_of_all(postgres) - database
        stage.check(simple(self.name, [(granted == done * self.claims, f"{granted} of {done * self.claims} were granted")]))
        stage.retire(drop)
        return {
            "figure": granted / took,
            "deed_us": deed * 1e6 / granted,
            "publisher_us": (cpu - deed) * 1e6 / granted,
            "postgres_us": database * 1e6 / granted,
            "batch_ms": took * 1000 / done,
        }


def _grant_all(drop: Any, batches: Iterable[list[HoldRequest]], until: float) -> tuple[int, int]:
    """Grant one batch after the other until this monotonic second; how many batches, and how many new holds."""
    done = granted = 0
    for claims in batches:
        granted += sum(isinstance(answer, GrantedHold) and answer.created for answer in grant(drop.pk, claims))
        done += 1
        if time.monotonic() > until:
            break
    return done, granted
