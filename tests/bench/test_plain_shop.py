"""The audit of the plain shop finds what is wrong, too."""

import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from bench.plain_shop import INSERT, LOCK, MOVE, TABLES
from bench.scenarios.plain_shop import audited
from bench.stage import per_cpu_second
from tests.bench.test_audit import Ground, outcome

pytestmark = pytest.mark.django_db


class Shop:
    """Its tables, and one drop of five pairs."""

    def __init__(self) -> None:
        self.ground = Ground()
        self.ground.sql(TABLES)
        ((self.drop,),) = self.ground.sql("INSERT INTO plain_drop (total, available, reserved) VALUES (5, 5, 0) RETURNING id")

    def reserve(self, *, moves: bool = True) -> uuid.UUID:
        """What the shop does for one request."""
        made = uuid.uuid4()
        self.ground.sql(LOCK, self.drop)
        self.ground.sql(INSERT, made, self.drop, "alice")
        if moves:
            self.ground.sql(MOVE, self.drop)
        return made

    def faults(self, found: Any) -> list[str]:
        return audited(SimpleNamespace(ground=self.ground), "test", self.drop, found).faults


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_an_honest_run_has_no_faults(shop: Shop) -> None:
    assert shop.faults(outcome([shop.reserve(), shop.reserve()])) == []


def test_a_counter_that_did_not_move_is_found(shop: Shop) -> None:
    assert shop.faults(outcome([shop.reserve(), shop.reserve(moves=False)])) == ["1 reserved, 2 reservations"]


def test_a_promise_that_is_not_in_the_database_is_found(shop: Shop) -> None:
    assert shop.faults(outcome([shop.reserve(), uuid.uuid4()])) == [
        "1 of 2 answers 201 are not in the database",
        "1 reservations, 2 answers 201",
    ]


def test_a_reservation_that_nobody_was_told_of_is_found(shop: Shop) -> None:
    shop.reserve()
    assert shop.faults(outcome([shop.reserve()])) == ["2 reservations, 1 answers 201"]


def test_a_refusal_is_unexpected_while_there_is_enough(shop: Shop) -> None:
    assert shop.faults(outcome([shop.reserve()], refused=1)) == ["unexpected answers: {'409': 1} {'409 sold_out': 1}"]


def test_a_second_of_cpu_counts_server_and_postgresql() -> None:
    found = outcome([])
    assert per_cpu_second(found) == {}  # nothing was measured
    found.server, found.postgres = 150.0, 50.0
    assert per_cpu_second(found) == {"per_cpu_second": 5000.0}
    assert per_cpu_second(found, answers=2) == {"per_cpu_second": 2500.0}
