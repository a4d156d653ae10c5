"""Reads consistent snapshots while others are at work, and writes down every state that must never be.

Knows the rules, not the code: it asks the tables alone, on a connection of its own, at REPEATABLE READ.
"""

import threading
from typing import Any

import psycopg
from django.db import connection

from dropshop.operating.audit import BANK, KARMA, LEDGER, MONEY, MONEY_BACK, PAIRS, STOCK, TRADES, Rules, connect, findings
from tests.harness.patience import PATIENCE

# What sales keep at every moment. A limit that staff lower later does not unmake a sale: that one is for tests alone.
FAULTS = {
    **STOCK,
    **MONEY,
    **BANK,
    **LEDGER,
    **MONEY_BACK,
    "H6: more pairs than the limit": """
        SELECT d.id, h.member_id FROM drops_drop d JOIN reservations_reservation h ON h.drop_id = d.id
        LEFT JOIN reservations_purchase p ON p.reservation_id = h.id
        WHERE h.status IN ('active', 'completed') AND coalesce(p.status, '') NOT IN ('returned', 'refunded', 'cancelled')
        GROUP BY d.id, d.limit_per_member, h.member_id HAVING count(*) > d.limit_per_member""",
}
COMMUNITY = KARMA | PAIRS | TRADES
# True once everybody is at rest, not while a payment is on its way.
AT_REST = {
    "M1: paid without a capture": """
        SELECT p.id FROM reservations_purchase p WHERE p.status = 'paid' AND NOT EXISTS (
            SELECT FROM reservations_payment y JOIN reservations_testcharge c ON c.key = y.id::text
            WHERE y.reservation_id = p.reservation_id AND c.captured = y.amount)""",
    "M1: what the bank has given back is not what the shop has sent": """
        SELECT r.id, r.status, t.key FROM reservations_refund r JOIN reservations_purchase p ON p.id = r.purchase_id
        LEFT JOIN reservations_testrefund t ON t.key = 'refund:' || p.number || ':' || r.n
        WHERE r.source <> 'provider' AND (r.status = 'sent') <> (t.id IS NOT NULL)""",
    "M2: money set aside that no sale will take": """
        SELECT c.id, c.key FROM reservations_testcharge c WHERE c.status = 'authorised'""",
}


class NotTrue(AssertionError):
    """A rule was broken; the message says which, and by which rows."""


def audit() -> None:
    """Everybody is at rest: every rule must hold. Raises NotTrue."""
    with connect() as reader:
        faults = _look(reader, FAULTS | AT_REST | COMMUNITY)
    if faults:
        raise NotTrue("\n".join(faults))


def faults(rules: Rules = COMMUNITY) -> list[str]:
    """What is wrong, in the community or by other rules, as this very connection sees it, committed or not."""
    found = []
    with connection.cursor() as cursor:
        for rule, question in rules.items():
            cursor.execute(question)
            found += [f"{rule}: {row}" for row in cursor.fetchall()]
    return found


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
        self._reader = connect()
        self._look()
        self._thread.start()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._done.set()
        self._thread.join(PATIENCE)
        if kind is None:
            if self._reader.closed and self._patient:
                self._reader = connect()
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
                    self._reader = connect()
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


def _look(reader: psycopg.Connection[Any], rules: Rules) -> list[str]:
    return [f"{rule}: {rows}" for rule, rows in findings(reader, rules) if rows]
