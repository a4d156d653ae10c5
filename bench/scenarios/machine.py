"""The yardsticks: the row lock, a bare function, an empty view."""

from bench.people import get
from bench.stage import Stage
from bench.yardsticks import PgBench


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


class BareFunction:
    """A bare ASGI function; also how far the generator itself gets."""

    unit, every_round = "answers/s", True
    name, title = "bare-asgi", "bare ASGI function under uvicorn"

    def __init__(self, connections: int) -> None:
        self.connections = connections

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
