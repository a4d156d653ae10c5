"""What really comes when a drop opens: most reserve, some again, some buy what is no longer theirs, some send nonsense."""

import json
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from bench import people
from bench.audit import Audit, audit, look_at_kinds
from bench.driving import Outcome
from bench.people import LABEL, PAID, PURCHASE, Person
from bench.stage import Stage
from drops.stock import counters
from dropshop.core.clock import database_time
from reservations.models import Reservation

EARLIER = "10"  # the size of which there are holds already
ORDINARY = 7  # of ten requests; of the others one is the same member's again, one buys what is stale, one is malformed
# What each kind must be answered.
REFUSED = {
    "lapsed": "410 hold_expired",
    "foreign": "404 not_found",
    "no-json": "400 invalid",
    "no-size": "400 invalid",
    "unknown-size": "400 invalid",
    "other-type": "415 unsupported_media_type",
    "broken-pass": "401 not_authenticated",
}
STALE, MALFORMED = ("lapsed", "foreign"), ("no-json", "no-size", "unknown-size", "other-type", "broken-pass")
ANSWERS = {"ordinary": "201", "again": "200", **REFUSED}


def mixed(count: int, chance: random.Random) -> list[str]:
    """The kinds of so many requests, of which every ten are in an order of their own."""
    kinds: list[str] = []
    for ten in range(-(-count // 10)):
        few = ["again", STALE[ten % len(STALE)], MALFORMED[ten % len(MALFORMED)]]
        kinds += chance.sample([*["ordinary"] * ORDINARY, *few], 10)
    return kinds[:count]


class OnSale:
    """A crowd on one drop as it comes; every answer is audited by its kind."""

    unit, every_round = "answers/s", True

    def __init__(self, connections: int) -> None:
        self.connections = connections
        self.name = f"on-sale-{connections}"
        self.title = f"a crowd as it comes, 7 of 10 ordinary, {connections} connections"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        count = stage.enough(self.name, seconds, at_least=4 * self.connections + int(1000 * seconds))
        kinds, crowd = mixed(count, random.Random(self.name)), stage.people(count)
        earlier = Earlier([person for person, kind in zip(crowd, kinds, strict=False) if kind == "again"])
        earlier.add_lapsed([person for person, kind in zip(crowd, kinds, strict=False) if kind == "lapsed"])
        counters.add_size(earlier.drop.pk, LABEL, count)
        requests = Requests(earlier, stage.ground.server("shop").port)
        errands = [[requests.of(kind, person)] for kind, person in zip(kinds, crowd, strict=False)]
        outcome = stage.drive("shop", errands, connections=self.connections, seconds=seconds, keep=True, kinds=kinds)
        stage.check(self._audited(stage, earlier, outcome))
        stage.retire(earlier.drop)
        return stage.note(self.name, outcome) | {"holds": outcome.rate * outcome.statuses["201"] / outcome.statuses.total()}

    def _audited(self, stage: Stage, earlier: "Earlier", outcome: Outcome) -> Audit:
        expected = {"201": (), "200": ()} | {
            answer[:3]: {other[4:] for other in REFUSED.values() if other[:3] == answer[:3]} for answer in REFUSED.values()
        }
        found = audit(stage.ground, self.name, earlier.drop, outcome, expected=expected, without_201=earlier.count)
        look_at_kinds(outcome, ANSWERS, found)
        again = outcome.made.get("200", [])
        theirs = len(set(again) & {str(hold) for hold in earlier.held.values()})
        found.require(theirs == len(again), f"of {len(again)} who asked again {theirs} got the hold they have")
        return found


class Earlier:
    """A drop in which these people hold a pair of one size already."""

    def __init__(self, holders: Sequence[Person]) -> None:
        self.drop = people.make_drop({EARLIER: len(holders)})
        people.hold_all(self.drop, holders, expires=lambda _: self.drop.ends_at)
        self.held: dict[Any, Any] = dict(self.drop.reservations.values_list("member", "pk"))
        self.lapsed: dict[Any, Any] = {}
        self.foreign = next(iter(self.held.values()))  # of somebody who only asks for it again

    def add_lapsed(self, members: Sequence[Person]) -> None:
        """These have had one, and let it lapse."""
        now, size = database_time(), self.drop.sizes.get()
        begun, over = now - timedelta(minutes=2), now - timedelta(minutes=1)
        price = {"price": self.drop.price, "currency": self.drop.currency}
        made = {"drop": self.drop, "size": size, "created_at": begun, "expires_at": over, "ended_at": over, **price}
        holds = Reservation.objects.bulk_create(
            Reservation(member=person.member, status=Reservation.Status.EXPIRED, **made) for person in members
        )
        self.lapsed = {hold.member_id: hold.pk for hold in holds}

    @property
    def count(self) -> int:
        """How many holds those are."""
        return len(self.held) + len(self.lapsed)


class Requests:
    """The requests of each kind."""

    def __init__(self, earlier: Earlier, port: int) -> None:
        self.earlier, self.drop, self.port = earlier, earlier.drop, port
        self.now = database_time()
        self.kinds: dict[str, Callable[[Person, str], str]] = {
            "ordinary": lambda _, sign: self._reserve(sign),
            "again": lambda _, sign: self._reserve(sign),
            "lapsed": lambda person, sign: self._buy(self.earlier.lapsed[person.member.pk], sign),
            "foreign": lambda _, sign: self._buy(self.earlier.foreign, sign),
            "no-json": lambda _, sign: self._reserve(sign, '{"size":"9'),
            "no-size": lambda _, sign: self._reserve(sign, "{}"),
            "unknown-size": lambda _, sign: self._reserve(sign, '{"size":"99"}'),
            "other-type": lambda _, sign: self._reserve(sign, content_type="text/plain"),
            "broken-pass": lambda _, sign: self._reserve(f"{sign[:30]}{'B' if sign[30] == 'A' else 'A'}{sign[31:]}"),
        }

    def of(self, kind: str, person: Person) -> str:
        """One of this kind, by this person, with their pass."""
        return self.kinds[kind](person, people.pass_header(person, self.drop, self.now))

    def _reserve(self, sign: str, *body: str, **how: str) -> str:
        return people.reserve(self.drop, self.port, sign, *body, **how)

    def _buy(self, hold: Any, sign: str) -> str:
        return people.post(PURCHASE.format(hold=hold), self.port, sign, json.dumps(PAID))
