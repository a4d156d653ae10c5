"""Reserving and buying over HTTP: every connection is a crowd of signed-in members who each want one pair of the same size."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from bench import people
from bench.audit import Audit, audit, look_at_money
from bench.driving import Outcome
from bench.people import LABEL, Errand
from bench.scenarios.machine import BareFunction, RowLock
from bench.stage import Stage, per_cpu_second

Expected = Mapping[str, Sequence[str]]
ACCEPTED: Expected = {"201": ()}
FIRST_GUESS = 10_000  # who asks in the warm-up, when the rate is not known yet
LONGEST = 8.0  # seconds in which even a slow machine answers enough


class Holds:
    """Accepted holds per second; enough pairs for everybody, each member reserves once."""

    unit, every_round = "holds/s", True
    server = "shop"
    answers = 1  # of one errand
    wanted = "201"  # the last answer of an errand that counts
    errands: Callable[..., list[Errand]] = staticmethod(people.reserve_with_pass)

    def __init__(self, connections: int) -> None:
        self.connections = connections
        self.name = f"holds-{connections}"
        self.title = f"accepted holds on one size, {connections} connections, with passes"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        count = stage.enough(self.name, seconds, at_least=4 * self.connections + int(1000 * seconds))
        drop = people.make_drop({LABEL: count})
        outcome = self.reserve(stage, drop, count, seconds)
        stage.retire(drop)
        return stage.note(self.name, outcome) | per_cpu_second(outcome, self.answers)

    def reserve(self, stage: Stage, drop: Any, count: int, seconds: float) -> Outcome:
        """The members reserve; audited."""
        port = stage.ground.server(self.server).port
        outcome = self.send(stage, self.errands(drop, stage.people(count), port), seconds)
        stage.check(self.audited(stage, drop, outcome))
        return outcome

    def send(self, stage: Stage, errands: Sequence[Errand], seconds: float) -> Outcome:
        """What came of these errands; not audited."""
        return stage.drive(self.server, errands, connections=self.connections, seconds=seconds, wanted=self.wanted, keep=True)

    def audited(self, stage: Stage, drop: Any, outcome: Outcome) -> Audit:
        """What the audit of a run finds."""
        return audit(stage.ground, self.name, drop, outcome, expected=ACCEPTED)


class HoldAlone(Holds):
    """One shopper at a time, on a shop where nothing else happens, beside what the machine needs at least: a transaction of
    pgbench with one client, and a bare function with one connection, both asked within the same seconds."""

    def __init__(self) -> None:
        super().__init__(1)
        self.name = "hold-alone"
        self.title = "accepted holds of one shopper after the other, from request to answer"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        transaction = RowLock(1).run(stage, seconds)["mean"]
        found = super().run(stage, seconds)
        answer = 1000 / BareFunction(1, "bare-asgi-1").run(stage, seconds)["figure"]
        return found | {"least_ms": transaction + answer, "times": 1000 / found["figure"] / (transaction + answer)}


class PlainView(Holds):
    """The yardstick: the ordinary view, one transaction per request, signed in by session."""

    server = "plain"
    errands = staticmethod(people.reserve_with_session)

    def __init__(self, connections: int) -> None:
        super().__init__(connections)
        self.name = "plain-view"
        self.title = f"the plain API view in the same server, by session, {connections} connections"


class Buying(Holds):
    """A reservation and its purchase, one after the other."""

    unit, answers = "pairs/s", 2
    errands = staticmethod(people.reserve_and_buy)

    def __init__(self, connections: int) -> None:
        super().__init__(connections)
        self.name = f"reserve-and-buy-{connections}"
        self.title = f"reserve and buy with the test gateway, {connections} connections"

    def audited(self, stage: Stage, drop: Any, outcome: Outcome) -> Audit:
        """The money, too."""
        found = super().audited(stage, drop, outcome)
        look_at_money(stage.ground, drop, found)
        return found


class BuyingByPage(Buying):
    """The same with the form of the checkout, as a browser's script posts it: by session, with its CSRF token."""

    wanted = "200"  # with the address of the order
    errands = staticmethod(people.reserve_and_buy_by_page)

    def __init__(self, connections: int) -> None:
        super().__init__(connections)
        self.name = f"reserve-and-buy-by-page-{connections}"
        self.title = f"reserve, and buy by the page's form with the test gateway, {connections} connections"

    def audited(self, stage: Stage, drop: Any, outcome: Outcome) -> Audit:
        expected: Expected = {**ACCEPTED, "200": ()}
        bought = outcome.statuses.get("200", 0)
        found = audit(stage.ground, self.name, drop, outcome, expected=expected, without_201=bought)
        look_at_money(stage.ground, drop, found)
        found.require(drop.purchases.count() == bought, f"{drop.purchases.count()} sales for {bought} answers 200")
        return found


class SoldOut:
    """The answer "sold out": every pair is sold, and people keep asking."""

    unit, every_round = "answers/s", True
    pairs = 10

    def __init__(self, connections: int) -> None:
        self.connections = connections
        self.name = f"sold-out-{connections}"
        self.title = f"“sold out” on one size, {connections} connections, with passes"
        self.fewest = 10 * connections  # the first of each connection are answered by the database

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        found = self.refuse(stage, seconds)
        while found["figure"] * seconds < self.fewest and seconds < LONGEST:
            seconds *= 2
            found = self.refuse(stage, seconds)
        return found

    def refuse(self, stage: Stage, seconds: float) -> dict[str, float]:
        """They ask for so long; audited."""
        # Each asks a few times at most: a member's own limit (ten in ten seconds) is part of the shop.
        count = self.pairs + stage.enough(self.name, seconds, at_least=FIRST_GUESS) // 2
        crowd = stage.people(count)
        port = stage.ground.server("shop").port
        drop = people.make_drop({LABEL: self.pairs})
        people.hold_all(drop, crowd, expires=lambda place: drop.ends_at - timedelta(seconds=place), sold=True)
        outcome = stage.drive(
            "shop",
            people.reserve_with_pass(drop, crowd[self.pairs :], port),
            connections=self.connections,
            seconds=seconds,
            wanted="409",
            repeat=True,
            keep=True,
        )
        expected = {"409": ("sold_out",)}
        stage.check(audit(stage.ground, self.name, drop, outcome, expected=expected, without_201=2 * self.pairs))
        stage.retire(drop)
        return stage.note(self.name, outcome)


class Crowd(Holds):
    """The same holds while thousands watch the drop on sockets of the same process."""

    def __init__(self, connections: int, *, sockets: int) -> None:
        super().__init__(connections)
        self.sockets = sockets
        self.name = f"holds-{connections}-watched-by-{sockets}"
        self.title = f"accepted holds, {connections} connections, while {sockets:,} sockets of the process watch"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        from bench.watching import Watchers

        count = stage.enough(self.name, seconds, at_least=4 * self.connections + int(1000 * seconds))
        drop = people.make_drop({LABEL: count})
        stage.people(count)
        with Watchers(stage, [drop], self.sockets) as watchers:
            watchers.read_lazily(0.5)
            outcome = self.reserve(stage, drop, count, seconds)
            seen = watchers.settle(self.name)
        stage.retire(drop)  # after the watchers have gone: they would be told that the drop is no longer theirs to see
        return stage.note(self.name, outcome) | {"messages_per_socket": seen["messages"] / self.sockets}
