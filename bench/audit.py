"""After every scenario: was it right? Reads the database over a connection of its own and believes nobody else."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.driving import Outcome
from bench.ground import Ground

STATE = """
SELECT label, total, available, reserved, sold,
       (SELECT count(*) FROM reservations_reservation
         WHERE size_id = size.id AND (status = 'active' OR offered_at IS NOT NULL)),
       (SELECT count(*) FROM reservations_reservation WHERE size_id = size.id AND status = 'completed'),
       (SELECT count(*) FROM reservations_purchase WHERE size_id = size.id AND NOT restocked)
FROM drops_size size WHERE drop_id = %s ORDER BY label
"""
TWICE = """
SELECT count(*) FROM (
    SELECT member_id FROM reservations_reservation WHERE drop_id = %s AND status IN ('active', 'completed')
    GROUP BY member_id HAVING count(*) > 1
) AS members
"""
# Purchases of a drop: all; those that are paid and were charged their total, once; and how many charges hold money for them.
MONEY = """
SELECT count(*),
       count(*) FILTER (WHERE sale.status = 'paid' AND books.payments = 1 AND books.captured =
                              sale.price + sale.shipping + CASE WHEN sale.tax_included THEN 0 ELSE sale.tax END),
       coalesce(sum(books.held), 0)
  FROM reservations_purchase AS sale
  CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE payment.status = 'captured') AS payments, sum(charge.captured) AS captured,
                             count(*) FILTER (WHERE charge.status IN ('authorised', 'captured')) AS held
                        FROM reservations_payment AS payment
                        LEFT JOIN reservations_testcharge AS charge ON charge.key = payment.id::text
                       WHERE payment.reservation_id = sale.reservation_id) AS books
 WHERE sale.drop_id = %s
"""
REFUSED = ("409 sold_out", "409 all_held")


@dataclass
class Audit:
    """What was looked at and what was wrong."""

    scenario: str
    oversold: int = 0
    undersold: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def require(self, is_right: bool, fault: str) -> None:
        """Notes the fault unless it is right."""
        if not is_right:
            self.faults.append(fault)


def audit(
    ground: Ground,
    scenario: str,
    drop: Any,
    outcome: Outcome,
    *,
    expected: Mapping[str, Collection[str]],
    without_201: int = 0,
) -> Audit:
    """One drop after one run; as `audit_all`."""
    return audit_all(ground, scenario, [drop], outcome, expected=expected, without_201=without_201)


def audit_all(
    ground: Ground,
    scenario: str,
    drops: Sequence[Any],
    outcome: Outcome,
    *,
    expected: Mapping[str, Collection[str]],
    without_201: int = 0,
) -> Audit:
    """The drops of one run.

    `expected` are the statuses that may have been answered, with the codes they may carry ("" for an answer without);
    `without_201` is how many holds and sales there are for which nobody was answered 201.
    """
    found = Audit(scenario)
    for drop in drops:
        look_at_stock(ground, drop, found, was_refused=any(outcome.codes.get(refusal) for refusal in REFUSED))
    look_at_answers(outcome, expected, found)
    _look_for_what_was_promised(ground, drops, outcome, found, without_201)
    return found


def look_at_stock(ground: Ground, drop: Any, found: Audit, *, was_refused: bool = False) -> None:
    """The counters of the drop's sizes and the rows behind them; `was_refused`: whether somebody was told that none is left."""
    oversold = undersold = 0
    for label, total, available, reserved, sold, active, completed, purchases in ground.sql(STATE, drop.pk):
        numbers = (
            f"size {label}: total {total} = {available} available + {reserved} reserved + {sold} sold; "
            f"{active} active holds, {completed} completed, {purchases} purchases"
        )
        found.facts[label] = numbers
        found.require(
            total == available + reserved + sold and min(available, reserved, sold) >= 0, f"does not balance: {numbers}"
        )
        found.require(reserved == active and sold == completed == purchases, f"counters without their rows: {numbers}")
        oversold += max(0, active + completed - total)
        if was_refused:
            undersold += available  # nothing lapses here, so whoever was refused had been too late
    ((twice,),) = ground.sql(TWICE, drop.pk)
    found.require(twice == 0, f"{twice} members have more than one pair")
    found.require(oversold == 0, f"{oversold} oversold")
    found.require(undersold == 0, f"{undersold} undersold")
    found.oversold += oversold
    found.undersold += undersold


def look_at_answers(outcome: Outcome, expected: Mapping[str, Collection[str]], found: Audit) -> None:
    """All requests were answered, and as `audit` expects it."""
    found.require(outcome.lost == 0, f"{outcome.lost} requests without an answer")
    strange = {status: n for status, n in outcome.statuses.items() if status not in expected}
    codes = {code: n for code, n in outcome.codes.items() if code.partition(" ")[2] not in expected.get(code[:3], ())}
    found.require(not strange and not codes, f"unexpected answers: {strange} {codes}")
    found.require(outcome.statuses.total() > 0, "no answers at all")


def _look_for_what_was_promised(ground: Ground, drops: Sequence[Any], outcome: Outcome, found: Audit, without_201: int) -> None:
    """Every 201 is a row, and every row was a 201."""
    promised = outcome.made.get("201", [])
    kept: set[str] = set()
    for table in ("reservations_reservation", "reservations_purchase"):
        rows = ground.sql(f"SELECT id FROM {table} WHERE drop_id = ANY(%s)", [drop.pk for drop in drops])  # noqa: S608 - our names
        kept |= {str(row[0]) for row in rows}
    missing = [made for made in promised if made not in kept]
    found.require(not missing, f"{len(missing)} of {len(promised)} answers 201 are not in the database")
    found.require(len(promised) == len(set(promised)), "the same 201 was answered twice")
    count = len(kept) - without_201
    # A request whose answer never came may still have been granted; that it never came is a fault of its own.
    is_accounted_for = len(promised) <= count <= len(promised) + outcome.lost
    found.require(is_accounted_for, f"{count} holds and sales in the database, {len(promised)} answers 201")
    found.facts["in the database"] = f"{len(promised) - len(missing)} of {len(promised)} answers 201"


def look_at_money(ground: Ground, drop: Any, found: Audit) -> None:
    """For a drop whose sales all went through the test bank: each is paid, and was charged its total once."""
    ((sales, paid, charges),) = ground.sql(MONEY, drop.pk)
    found.facts["paid"] = f"{paid} of {sales} purchases are paid and captured once"
    found.require(paid == sales, f"{sales - paid} of {sales} purchases are not paid, or not captured once in full")
    found.require(charges == sales, f"{charges} charges for {sales} purchases")


def look_at_kinds(outcome: Outcome, expected: Mapping[str, str], found: Audit) -> None:
    """Each kind of request was sent, and got the one answer that it must get: a status, with its code where it is a refusal."""
    for kind, answer in expected.items():
        got = outcome.kinds.get(kind, {})
        found.require(set(got) == {answer}, f"{kind}: expected {answer}, answered {dict(got)}")
    found.facts["answered"] = {kind: dict(answers) for kind, answers in outcome.kinds.items()}


def simple(scenario: str, faults: Iterable[tuple[bool, str]]) -> Audit:
    """An audit of conditions that were checked elsewhere: (is right, fault)."""
    found = Audit(scenario)
    for is_right, fault in faults:
        found.require(is_right, fault)
    return found
