"""What a batch costs without any HTTP: `reserve.grant`, called by batches of one size. Says where the desk's limit lies."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from bench import operation
from bench.audit import simple
from bench.stage import Stage
from dropshop.core.sql import prepare_statements


class Grant:
    """The operation itself, one batch after the other; publishing included, as everywhere."""

    unit, every_round = "holds/s", False

    def __init__(self, claims: int) -> None:
        self.claims = claims
        self.name = f"grant-{claims}"
        self.title = f"the operation alone, batches of {claims}, in the benchmark's own process"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        members = [person.member.pk for person in stage.people(max(2000, 12 * self.claims))]
        # A thread of its own, as at the desk: what is measured after this must not be planned by its connection's settings.
        with ThreadPoolExecutor(1, initializer=prepare_statements) as thread:
            measured = thread.submit(operation.measure, members, self.claims, seconds, stage.ground.postgres.child.pid)
            drop, numbers, faults = measured.result()
            thread.submit(connections.close_all).result()
        stage.check(simple(self.name, [(not faults, fault) for fault in faults]))
        stage.retire(drop)
        return numbers
