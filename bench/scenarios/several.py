"""Holds where several live processes serve the port side by side: with each drop's line in one of them, and without."""

from bench import people
from bench.ground import EXTRA, HOST, SERVERS
from bench.people import LABEL
from bench.scenarios.reserving import Holds
from bench.stage import Stage
from dropshop.machine.commands import web

WARM_UP = 1.0  # seconds of a fresh server that do not count


class HoldsOfSeveral(Holds):
    """Accepted holds of so many processes; `apart`: none hands over to another. Measured once: each time they are started anew,
    since processes that only listen would cost the others time."""

    every_round = False

    def __init__(self, connections: int, *, processes: int, apart: bool = False) -> None:
        super().__init__(connections)
        self.server = f"shop-of-{processes}{'-apart' if apart else ''}"
        self.name = f"holds-{connections}-of-{processes}{'-apart' if apart else ''}"
        self.title = f"accepted holds, {connections} connections, by {processes} live process{'es' * (processes > 1)}"
        self.title += ", each with lines of its own" if apart else ""
        SERVERS[self.server] = lambda port: web(HOST, port, processes)
        EXTRA[self.server] = {"DROPSHOP_LIVE_PROCESSES": "1" if apart else str(processes)}

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        try:
            count = stage.enough(self.name, WARM_UP, at_least=8 * self.connections)
            drop = people.make_drop({LABEL: count})
            self.reserve(stage, drop, count, WARM_UP)
            stage.retire(drop)
            return super().run(stage, seconds)
        finally:
            stage.ground.stop_server(self.server)
