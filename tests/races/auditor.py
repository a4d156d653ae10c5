"""Reads consistent snapshots while others are at work, and writes down every state that must never be.

Knows the rules, not the code: it asks the tables alone, on a connection of its own, at REPEATABLE READ.
"""

import threading
from typing import Any

import psycopg
from django.db import connections

FAULTS = {
    "S1: the counters do not balance or are below zero": """
        SELECT id, total, available, reserved, sold FROM drops_size
        WHERE total <> available + reserved + sold OR least(total, available, reserved, sold) < 0""",
    "S1: reserved is not the number of active holds": """
        SELECT s.id, s.reserved, count(r.id) FROM drops_size s
        LEFT JOIN reservations_reservation r ON r.size_id = s.id AND r.status = 'active'
        GROUP BY s.id HAVING s.reserved <> count(r.id)""",
    "S4: sold is not the number of purchases": """
        SELECT s.id, s.sold, count(p.id) FROM drops_size s
        LEFT JOIN reservations_purchase p ON p.size_id = s.id GROUP BY s.id HAVING s.sold <> count(p.id)""",
    "S4: oversold, more pairs held and sold than there are": """
        SELECT s.id, s.total FROM drops_size s WHERE s.total <
        (SELECT count(*) FROM reservations_reservation r WHERE r.size_id = s.id AND r.status = 'active')
        + (SELECT count(*) FROM reservations_purchase p WHERE p.size_id = s.id)""",
    "H2: a member with two active holds in one drop": """
        SELECT drop_id, member_id FROM reservations_reservation WHERE status = 'active'
        GROUP BY drop_id, member_id HAVING count(*) > 1""",
    "H4: a purchase whose hold ended in another way, or a completed hold without its purchase": """
        SELECT r.id, r.status, p.id FROM reservations_reservation r
        FULL JOIN reservations_purchase p ON p.reservation_id = r.id
        WHERE (r.status = 'completed') <> (p.id IS NOT NULL)""",
    "H6: more pairs than the limit": """
        SELECT d.id, h.member_id FROM drops_drop d JOIN reservations_reservation h ON h.drop_id = d.id
        WHERE h.status IN ('active', 'completed')
        GROUP BY d.id, d.limit_per_member, h.member_id HAVING count(*) > d.limit_per_member""",
    "M1: captured without a sale": """
        SELECT c.id FROM reservations_testcharge c WHERE c.captured > 0 AND NOT EXISTS (
            SELECT FROM reservations_payment y JOIN reservations_purchase p ON p.reservation_id = y.reservation_id
            WHERE y.id::text = c.key)""",
    "M1: captured twice for one hold": """
        SELECT y.reservation_id FROM reservations_testcharge c JOIN reservations_payment y ON y.id::text = c.key
        WHERE c.captured > 0 GROUP BY y.reservation_id HAVING count(*) > 1""",
}
# True once everybody is at rest, not while a payment is on its way.
AT_REST = {
    "M1: paid without a capture": """
        SELECT p.id FROM reservations_purchase p WHERE p.status = 'paid' AND NOT EXISTS (
            SELECT FROM reservations_payment y JOIN reservations_testcharge c ON c.key = y.id::text
            WHERE y.reservation_id = p.reservation_id AND c.captured = p.price)""",
    "M2: money set aside that no sale will take": """
        SELECT c.id, c.key FROM reservations_testcharge c WHERE c.status = 'authorised'""",
}


class NotTrue(AssertionError):
    """A rule was broken; the message says which, and by which rows."""


def audit() -> None:
    """Everybody is at rest: every rule must hold. Raises NotTrue."""
    with _connect() as reader:
        faults = _look(reader, FAULTS | AT_REST)
    if faults:
        raise NotTrue("\n".join(faults))


class Auditor:
    """`with Auditor():` looks again and again while the block runs, and once more, at rest, behind it. Raises NotTrue.

    `every` is the pause between two looks, in seconds. A `patient` one connects again when the database was away.
    """

    def __init__(self, *, at_rest: bool = True, every: float = 0.01, patient: bool = False) -> None:
        self.snapshots, self.faults = 0, list[str]()
        self._at_rest, self._done, self._every, self._patient = at_rest, threading.Event(), every, patient
        self._versions: dict[int, tuple[int, tuple[int, ...]]] = {}
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Auditor":
        self._reader = _connect()
        self._look()
        self._thread.start()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._done.set()
        self._thread.join(30)
        if kind is None:
            if self._reader.closed and self._patient:
                self._reader = _connect()
            self._look()
            self._reader.close()
            if self._at_rest:
                audit()
        else:
            self._reader.close()
        if self.faults:
            raise NotTrue("\n".join(self.faults[:20])) from error
        assert self.snapshots > 2 or kind, "nobody looked"

    def _watch(self) -> None:
        while not self._done.wait(self._every) and not self.faults:
            try:
                if self._reader.closed:
                    self._reader = _connect()
                self._look()
            except psycopg.Error as error:
                if not (self._patient and isinstance(error, psycopg.OperationalError)):
                    self.faults.append(f"the auditor could not look: {error}")
                elif not self._reader.closed:
                    self._reader.close()

    def _look(self) -> None:
        with self._reader.transaction():
            self.faults += _look(self._reader, FAULTS)
            self._look_at_versions()
        self.snapshots += 1

    def _look_at_versions(self) -> None:
        rows = self._reader.execute("SELECT id, version, total, available, reserved, sold FROM drops_size").fetchall()
        for pk, version, *counters in rows:
            before, then = self._versions.get(pk, (0, ()))
            if version < before or (version == before and tuple(counters) != then):
                self.faults.append(f"S1: size {pk} changed from {then} to {counters}, its version from {before} to {version}")
            self._versions[pk] = (version, tuple(counters))


def _connect() -> psycopg.Connection[Any]:
    """Where the models read at this moment: the test's own database, or its shop's."""
    to = connections["default"].get_connection_params()
    reader = psycopg.connect(**{name: to[name] for name in ("dbname", "user", "password", "host", "port")})
    reader.isolation_level, reader.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
    return reader


def _look(reader: psycopg.Connection[Any], rules: dict[str, str]) -> list[str]:
    found = ((rule, reader.execute(question).fetchall()) for rule, question in rules.items())
    return [f"{rule}: {rows[:5]}" for rule, rows in found if rows]
