"""What visitors look at: the drop's page, the list as JSON."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from bench.audit import simple
from bench.ground import HOST
from bench.people import get
from bench.stage import Stage

CONNECTIONS = 64
STALE = 1.0  # seconds: who asks so long after a change must be told of it
_changes = count(1)


class Page:
    """One address, asked for again and again by people who are not signed in."""

    unit, every_round = "pages/s", True

    def __init__(self, name: str, path: str, sends: str = "") -> None:
        """`sends` are headers, each with its end of line."""
        self.name, self.path, self.sends, self.title = name, path, sends, f"{path} for visitors"
        if sends:
            self.title += f", who send {sends.strip()}"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        drop = stage.calendar()[0]
        path, port = self.path.format(slug=drop.slug), stage.ground.server("shop").port
        shown = _look(path, port)
        with _changing(stage, drop, lambda: _look(path, port)) as late:
            asked = get(path, port, self.sends)
            outcome = stage.drive("shop", asked, connections=CONNECTIONS, seconds=seconds, wanted="200", repeat=True)
        stage.check(
            simple(
                self.name,
                [
                    (drop.title in shown, f"{path} does not show the drop"),
                    (not late, f"a second after a change the page did not show it: {late}"),
                    (set(outcome.statuses) == {"200"}, f"unexpected answers: {dict(outcome.statuses)}"),
                    (outcome.lost == 0, f"{outcome.lost} requests without an answer"),
                ],
            )
        )
        return stage.note(self.name, outcome) | {"kilobytes": len(shown.encode()) / 1000}


class Short(Page):
    """An address whose answer has no body to look at, or none that changes: a poll that is told 304, a probe."""

    unit = "answers/s"

    def __init__(self, name: str, path: str, sends: str = "", *, wanted: str = "200") -> None:
        super().__init__(name, path, sends)
        self.wanted = wanted

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        path, port = self.path.format(slug=stage.calendar()[0].slug), stage.ground.server("shop").port
        asked = get(path, port, self.sends)
        outcome = stage.drive("shop", asked, connections=CONNECTIONS, seconds=seconds, wanted=self.wanted, repeat=True)
        answers = (set(outcome.statuses) == {self.wanted}, f"unexpected answers: {dict(outcome.statuses)}")
        stage.check(simple(self.name, [answers, (outcome.lost == 0, f"{outcome.lost} requests without an answer")]))
        return stage.note(self.name, outcome)


@contextmanager
def _changing(stage: Stage, drop: Any, look: Callable[[], str]) -> Iterator[list[str]]:
    """Meanwhile the drop gets another title again and again; yields those that were not shown a second later."""
    late: list[str] = []
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            title = f"{drop.title}, changed for the {next(_changes)}. time"
            stage.ground.sql("UPDATE drops_drop SET title = %s WHERE id = %s", title, drop.pk)
            time.sleep(STALE)
            if title not in look():
                late.append(title)

    changing = threading.Thread(target=change)
    changing.start()
    try:
        yield late
    finally:
        over.set()
        changing.join()


def _look(path: str, port: int) -> str:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()
