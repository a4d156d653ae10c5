"""Holds where several live processes serve the port side by side: with each drop's line in one of them, and without."""

from bench.ground import EXTRA, HOST, SERVERS
from bench.scenarios.reserving import Holds
from dropshop.machine.commands import web


class HoldsOfSeveral(Holds):
    """Accepted holds of so many processes; `apart`: none hands over to another."""

    def __init__(self, connections: int, *, processes: int, apart: bool = False) -> None:
        super().__init__(connections)
        self.server = f"shop-of-{processes}{'-apart' if apart else ''}"
        self.name = f"holds-{connections}-of-{processes}{'-apart' if apart else ''}"
        self.title = f"the same by {processes} live processes{', each with lines of its own' if apart else ''}"
        SERVERS[self.server] = lambda port: web(HOST, port, processes)
        EXTRA[self.server] = {"DROPSHOP_LIVE_PROCESSES": "1" if apart else str(processes)}
