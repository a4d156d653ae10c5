"""The yardstick that a shop is compared with first: one plain transaction for each request (see `bench.plain_shop`)."""

import json
from typing import Any

from bench.audit import Audit, look_at_answers
from bench.driving import Outcome
from bench.people import post
from bench.plain_shop import TABLES
from bench.stage import Stage, per_cpu_second


class PlainShop:
    """Accepted reservations on one drop of a shop without sign-in and rules."""

    unit, every_round = "holds/s", True

    def __init__(self, connections: int) -> None:
        self.connections = connections
        self.name = f"plain-shop-{connections}"
        self.title = f"a plain shop, a transaction for each request, {connections} connections"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        stage.ground.sql(TABLES)
        count = stage.enough(self.name, seconds, at_least=4 * self.connections + int(1000 * seconds))
        ((drop,),) = stage.ground.sql(
            "INSERT INTO plain_drop (total, available, reserved) VALUES (%s, %s, 0) RETURNING id", count, count
        )
        port = stage.ground.server("plain-shop").port
        asked = ({"drop": drop, "member": str(person.member.pk)} for person in stage.people(count))
        errands = [[post("/reserve", port, "", json.dumps(body))] for body in asked]
        outcome = stage.drive("plain-shop", errands, connections=self.connections, seconds=seconds, wanted="201", keep=True)
        stage.check(audited(stage, self.name, drop, outcome))
        return stage.note(self.name, outcome) | per_cpu_second(outcome)


def audited(stage: Any, name: str, drop: int, outcome: Outcome) -> Audit:
    """What the audit of its own tables finds: every answer 201 is a row, and the counter says how many there are."""
    found, made = Audit(name), outcome.made.get("201", [])
    look_at_answers(outcome, {"201": ()}, found)
    ((reserved,),) = stage.ground.sql("SELECT reserved FROM plain_drop WHERE id = %s", drop)
    kept = {str(row[0]) for row in stage.ground.sql("SELECT id FROM plain_reservation WHERE drop_id = %s", drop)}
    found.require(reserved == len(kept), f"{reserved} reserved, {len(kept)} reservations")
    found.require(set(made) <= kept, f"{len(set(made) - kept)} of {len(made)} answers 201 are not in the database")
    found.require(len(made) <= len(kept) <= len(made) + outcome.lost, f"{len(kept)} reservations, {len(made)} answers 201")
    return found
