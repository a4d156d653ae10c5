"""A drop's queue: fifty thousand people join it before the start, and ask for their places after it."""

from bench import people
from bench.audit import simple
from bench.driving import Outcome
from bench.people import make_drop
from bench.stage import Stage, per_cpu_second
from drops.models import Drop, Mode
from dropshop.core.clock import database_time

CROWD = 50_000
LONGEST = 120.0  # seconds in which even a slow machine lets all of them join
PAIRS = 1000


def _queue(stage: Stage) -> Drop:
    drop = make_drop({"one": PAIRS})
    drop.mode, drop.starts_at = Mode.QUEUE, drop.ends_at.replace(year=drop.ends_at.year + 1)
    drop.ends_at = drop.starts_at.replace(year=drop.starts_at.year + 1)
    drop.save(update_fields=["mode", "starts_at", "ends_at"])
    return drop


class JoiningQueue:
    """Everybody joins once; `figure` is how many a second, `seconds` how long it took all."""

    name, unit, every_round = "queue-joins", "joins/s", False

    def __init__(self, connections: int = 256) -> None:
        self.connections = connections
        self.title = f"{CROWD:,} people join a queue of one process, {connections} connections"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        drop, port = _queue(stage), stage.ground.server("shop").port
        crowd = stage.people(CROWD)
        outcome = self._join(stage, drop, crowd, port)
        there, members = stage.ground.sql(
            "SELECT count(*), count(DISTINCT member_id) FROM reservations_queueplace WHERE drop_id = %s", drop.pk
        )[0]
        is_right = there == members == outcome.statuses["201"] == len(crowd)
        stage.check(simple(self.name, [(is_right, f"{there} places of {members} members; answers: {outcome.statuses}")]))
        stage.retire(drop)
        return stage.note(self.name, outcome) | per_cpu_second(outcome) | {"seconds": len(crowd) / max(outcome.rate, 1)}

    def _join(self, stage: Stage, drop: Drop, crowd: list[people.Person], port: int) -> Outcome:
        errands = people.join_queue(drop, crowd, port)
        return stage.drive("shop", errands, connections=self.connections, seconds=LONGEST, wanted="201")


class ReadingPlaces:
    """Each asks for their place, again and again, in a queue of fifty thousand that has started."""

    name, unit, every_round = "queue-places", "places/s", False

    def __init__(self, connections: int = 256) -> None:
        self.connections = connections
        self.title = f"places read in a queue of {CROWD:,}, {connections} connections"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        drop, port = _queue(stage), stage.ground.server("shop").port
        crowd = stage.people(CROWD)
        stage.ground.sql(
            "INSERT INTO reservations_queueplace (drop_id, member_id, arrived_at, sizes) "
            "SELECT %s, id, clock_timestamp(), '{}' FROM unnest(%s::uuid[]) AS given(id)",
            drop.pk,
            [each.member.pk for each in crowd],
        )
        stage.ground.sql("ANALYZE reservations_queueplace")
        Drop.objects.filter(pk=drop.pk).update(starts_at=database_time())
        errands = people.look_at_place(drop, crowd[:5000], port)
        stage.drive("shop", errands, connections=self.connections, seconds=1, repeat=True)  # the order is made once
        outcome = stage.drive("shop", errands, connections=self.connections, seconds=seconds, wanted="200", repeat=True)
        answered = outcome.statuses.total()
        is_right = outcome.statuses["200"] == answered and not outcome.lost
        stage.check(simple(self.name, [(is_right, f"answers: {outcome.statuses}, lost: {outcome.lost}")]))
        stage.retire(drop)
        return stage.note(self.name, outcome) | per_cpu_second(outcome)


QUEUEING = [JoiningQueue(), ReadingPlaces()]
