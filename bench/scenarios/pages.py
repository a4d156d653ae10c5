"""What visitors look at: the drop's page, the list as JSON."""

import http.client

from bench.audit import simple
from bench.ground import HOST
from bench.people import get
from bench.stage import Stage

CONNECTIONS = 64


class Page:
    """One address, asked for again and again by people who are not signed in."""

    unit, every_round = "pages/s", True

    def __init__(self, name: str, server: str, path: str) -> None:
        self.name, self.server, self.path = name, server, path
        self.title = f"{path} for visitors, {'granian' if server == 'web' else 'the one process of make run'}"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        drop = stage.calendar()[0]
        path, port = self.path.format(slug=drop.slug), stage.ground.server(self.server).port
        shown = _look(path, port)
        outcome = stage.drive(self.server, get(path, port), connections=CONNECTIONS, seconds=seconds, wanted="200", repeat=True)
        stage.check(
            simple(
                self.name,
                [
                    (drop.title in shown, f"{path} does not show the drop"),
                    (set(outcome.statuses) == {"200"}, f"unexpected answers: {dict(outcome.statuses)}"),
                    (outcome.lost == 0, f"{outcome.lost} requests without an answer"),
                ],
            )
        )
        return stage.note(self.name, outcome) | {"kilobytes": len(shown.encode()) / 1000}


def _look(path: str, port: int) -> str:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()
