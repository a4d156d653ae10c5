"""The audit finds what is wrong: each fault here is made on purpose, behind the back of the shop's own modules."""

import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from bench.audit import Audit, audit, audit_all, look_at_kinds, look_at_money
from bench.driving import Outcome
from reservations.models import Purchase, TestCharge
from tests.make import make_drop, make_member, make_purchase, make_reservation

pytestmark = pytest.mark.django_db
ACCEPTED = {"201": ()}


class Ground:
    """The test's own connection in the place of the benchmark's servers."""

    def sql(self, statement: str, *values: object) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


def outcome(made: list[object], *, refused: int = 0, lost: int = 0) -> Outcome:
    codes = Counter({"409 sold_out": refused} if refused else {})
    statuses = Counter({"201": len(made)}) + Counter({"409": refused})
    return Outcome(0, 0, 0, 0, statuses, codes, {"201": [str(one) for one in made]}, lost, 0, 0)


@pytest.fixture
def held() -> tuple[Any, list[object]]:
    """A drop of three pairs, two of them held, and the ids of the holds."""
    drop = make_drop(3)
    return drop, [make_reservation(make_member(), drop).pk for _ in range(2)]


def audited(drop: Any, found: Outcome, expected: dict = ACCEPTED) -> Audit:
    return audit(Ground(), "test", drop, found, expected=expected)  # type: ignore[arg-type]


def test_an_honest_run_has_no_faults(held: tuple[Any, list[object]]) -> None:
    drop, made = held
    assert audited(drop, outcome(made)).faults == []


def test_a_promise_that_is_not_in_the_database_is_found(held: tuple[Any, list[object]]) -> None:
    drop, made = held
    found = audited(drop, outcome([*made, uuid.uuid4()]))
    assert found.faults == [
        "1 of 3 answers 201 are not in the database",
        "2 holds and sales in the database, 3 answers 201",
    ]


def test_a_hold_that_nobody_was_told_of_is_found(held: tuple[Any, list[object]]) -> None:
    drop, made = held
    assert audited(drop, outcome(made[:1])).faults == ["2 holds and sales in the database, 1 answers 201"]


def test_a_refusal_while_pairs_are_left_is_undersold(held: tuple[Any, list[object]]) -> None:
    drop, made = held
    found = audited(drop, outcome(made, refused=5), {"201": (), "409": ("sold_out",)})
    assert (found.undersold, found.faults) == (1, ["1 undersold"])


def test_counters_without_their_holds_are_found(held: tuple[Any, list[object]]) -> None:
    drop, made = held
    drop.sizes.update(available=0, reserved=3)
    (fault,) = audited(drop, outcome(made)).faults
    assert fault.startswith("counters without their rows: size One size: total 3 = 0 available + 3 reserved + 0 sold")


def test_more_holds_than_pairs_are_oversold(held: tuple[Any, list[object]]) -> None:
    drop, made = held
    drop.sizes.update(total=1, available=0, reserved=1)
    found = audited(drop, outcome(made))
    assert (found.oversold, found.faults[-1]) == (1, "1 oversold")


def test_an_answer_that_nobody_expected_is_found(held: tuple[Any, list[object]]) -> None:
    drop, made = held
    assert audited(drop, outcome(made, refused=1)).faults == [
        "1 undersold",
        "unexpected answers: {'409': 1} {'409 sold_out': 1}",
    ]


def both(*drops: Any, made: list[object]) -> list[str]:
    return audit_all(Ground(), "test", drops, outcome(made), expected=ACCEPTED).faults  # type: ignore[arg-type]


def test_the_promises_of_several_drops_are_looked_for_in_all_of_them(held: tuple[Any, list[object]]) -> None:
    drop, made = held
    other = make_drop(1)
    made_there = make_reservation(make_member(), other).pk
    assert both(drop, other, made=[*made, made_there]) == []
    assert both(drop, made=[*made, made_there]) != []  # the control: where only one of them is looked at


def test_a_fault_in_the_second_of_several_drops_is_found(held: tuple[Any, list[object]]) -> None:
    drop, made = held
    other = make_drop(1)
    other.sizes.update(available=0, reserved=1)
    (fault,) = both(drop, other, made=made)
    assert fault.startswith("counters without their rows: size One size: total 1")


def kinds(**answered: dict[str, int]) -> list[str]:
    found, answers = Audit("test"), outcome([])
    answers.kinds = {kind: Counter(answers) for kind, answers in answered.items()}
    look_at_kinds(answers, {"ordinary": "201", "lapsed": "410 hold_expired"}, found)
    return found.faults


def test_kinds_that_got_what_they_must_get_have_no_faults() -> None:
    assert kinds(ordinary={"201": 7}, lapsed={"410 hold_expired": 1}) == []


def test_a_kind_that_got_the_answer_of_another_is_found() -> None:
    """All in all the answers are as many of each as they should be."""
    assert kinds(ordinary={"201": 6, "410 hold_expired": 1}, lapsed={"201": 1}) == [
        "ordinary: expected 201, answered {'201': 6, '410 hold_expired': 1}",
        "lapsed: expected 410 hold_expired, answered {'201': 1}",
    ]


def test_a_kind_that_nobody_sent_is_found() -> None:
    assert kinds(ordinary={"201": 7}) == ["lapsed: expected 410 hold_expired, answered {}"]


def money(drop: Any) -> list[str]:
    found = Audit("test")
    look_at_money(Ground(), drop, found)  # type: ignore[arg-type]
    return found.faults


def test_sales_that_are_paid_once_have_no_faults() -> None:
    drop = make_drop(3)
    for _ in range(2):
        make_purchase(make_member(), drop)
    assert money(drop) == []


def test_a_sale_that_nobody_paid_is_found() -> None:
    drop = make_drop(3)
    unpaid, uncharged = (make_purchase(make_member(), drop) for _ in range(2))
    Purchase.objects.filter(pk=unpaid.pk).update(status="processing")
    TestCharge.objects.filter(key=str(uncharged.reservation.payments.get().pk)).update(captured=0, status="authorised")
    assert money(drop) == ["2 of 2 purchases are not paid, or not captured once in full"]


def test_a_sale_that_was_charged_twice_is_found() -> None:
    drop = make_drop(3)
    (payment,) = make_purchase(make_member(), drop).reservation.payments.all()
    payment.pk, payment.status = uuid.uuid4(), "voided"
    payment.save(force_insert=True)
    TestCharge.objects.create(
        key=str(payment.pk), token="test_ok", amount=18000, currency="USD", status="captured", captured=18000
    )
    assert money(drop) == [
        "1 of 1 purchases are not paid, or not captured once in full",
        "2 charges for 1 purchases",
    ]
