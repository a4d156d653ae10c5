"""The yardsticks: the row lock, the desk's own statements, a bare function, an empty view."""

from bench import limit, meters
from bench.audit import Audit, look_at_stock
from bench.people import LABEL, get, make_drop
from bench.stage import Stage
from bench.yardsticks import PgBench
from reservations.holds.reserve import HoldRequest


class RowLock:
    """pgbench: one transaction per reservation, nothing but SQL."""

    unit, every_round = "tx/s", True

    def __init__(self, clients: int) -> None:
        self.clients = clients
        self.name = f"pgbench-{clients}"
        self.title = f"pgbench, lock + update + insert on one row, {clients} clients"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        rate, latency = PgBench(stage.ground).run(self.clients, seconds)
        return {"figure": rate, "mean": latency}


class DeskLimit:
    """pgbench: batches of holds by the statements of the desk."""

    unit, every_round = "holds/s", True
    most = 8000  # holds for each second; a machine that makes more is measured for a shorter time

    def __init__(self, claims: int) -> None:
        self.claims = claims
        self.name = f"limit-{claims}"
        self.title = f"pgbench, the statements of the desk, batches of {claims}"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        crowd = [person.member.pk for person in stage.people(int(seconds * self.most) + 2 * self.claims)]
        drop = make_drop({LABEL: len(crowd)})
        size = drop.sizes.get()
        first = [HoldRequest(member, size.pk) for member in crowd[: self.claims]]
        script = limit.script(limit.sent_by_grant(drop, first))
        batches = limit.fill(stage.ground, crowd[self.claims :], self.claims)
        before = meters.cpu_with_ended(stage.ground.postgres.child.pid)
        rate, latency = PgBench(stage.ground, script).run_each(limit.CLIENTS, batches // limit.CLIENTS, "batch=-1")
        used = meters.cpu_with_ended(stage.ground.postgres.child.pid) - before
        found, made = Audit(self.name), drop.reservations.count()
        look_at_stock(stage.ground, drop, found)
        found.require(made == (batches + 1) * self.claims, f"{made} holds of {batches + 1} batches of {self.claims}")
        stage.check(found)
        stage.retire(drop)
        return {"figure": rate * self.claims, "mean": latency, "postgres_us": used * 1e6 / batches / self.claims}


class BareFunction:
    """A bare ASGI function; also how far the generator itself gets."""

    unit, every_round = "answers/s", True
    title = "bare ASGI function under uvicorn"

    def __init__(self, connections: int, name: str = "bare-asgi") -> None:
        self.connections, self.name = connections, name

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        port = stage.ground.server("bare").port
        outcome = stage.drive("bare", get("/", port), connections=self.connections, seconds=seconds, wanted="200", repeat=True)
        return stage.note(self.name, outcome) | {"generator_share": outcome.generator_share}


class EmptyView:
    """An empty Django view on the server that serves the shop's pages."""

    unit, every_round = "pages/s", True

    def __init__(self, name: str, server: str) -> None:
        self.name, self.server = name, server
        behind = "behind the shop's middleware" if server == "dressed" else "without middleware"
        self.title = f"empty Django view, {behind}"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        port = stage.ground.server(self.server).port
        outcome = stage.drive(self.server, get("/", port), connections=64, seconds=seconds, wanted="200", repeat=True)
        return stage.note(self.name, outcome)
