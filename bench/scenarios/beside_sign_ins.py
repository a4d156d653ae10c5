"""A page while sixty people sign in at once, again and again: hashing passwords must keep nobody else waiting."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bench.audit import simple
from bench.ground import HOST
from bench.people import get
from bench.stage import Stage

CONNECTIONS = 16
GUESSERS = 60
TYPED = json.dumps({"username": "nobody-we-know", "password": "wrong"})


class SignInPage:
    """The sign-in page, which no cache answers; alone, or with a crowd that signs in."""

    unit, every_round = "pages/s", True

    def __init__(self, name: str, *, guessers: int = 0) -> None:
        self.name, self.guessers = name, guessers
        self.title = f"/accounts/login/ while {guessers} at once sign in" if guessers else "/accounts/login/ alone"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        port = stage.ground.server("shop").port
        with guessing(port, self.guessers) as answers:
            errands = get("/accounts/login/", port)
            outcome = stage.drive("shop", errands, connections=CONNECTIONS, seconds=seconds, wanted="200", repeat=True)
        faults = [
            (set(outcome.statuses) == {"200"}, f"unexpected answers: {dict(outcome.statuses)}"),
            (set(answers) <= {401, 429}, f"sign-ins were answered {dict(answers)}"),
        ]
        stage.check(simple(self.name, faults))
        return stage.note(self.name, outcome) | {"sign_ins": answers[401]}


@contextmanager
def guessing(port: int, count: int) -> Iterator[Counter[int]]:
    """So many sign in meanwhile, each as soon as they have been answered; yields how often each status came."""
    answers: Counter[int] = Counter()
    over = threading.Event()

    def guess() -> None:
        while not over.is_set():
            connection = http.client.HTTPConnection(HOST, port, timeout=120)
            connection.request("POST", "/api/v1/users/login", TYPED, {"Content-Type": "application/json"})
            status = connection.getresponse().status
            connection.close()
            answers[status] += 1
            over.wait(1 if status == 429 else 0)

    threads = [threading.Thread(target=guess) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()
