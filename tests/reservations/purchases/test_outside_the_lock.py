"""What only costs time is done before the locks or behind the commit: while a size is locked, everybody waits."""

import pytest
from django.db import connection

from reservations.holds import lifecycle, new_hold
from reservations.holds.lifecycle import cancel
from reservations.holds.reserve import reserve
from reservations.purchases import begin, decide, receipts
from tests.make import make_drop, make_members
from tests.reservations.till import buy_all, order, said

SLOW = {
    "new": (new_hold, "new_hold_facts"),
    "ended": (lifecycle, "reservation_facts"),
    "order": (begin, "seal"),
    "rates": (begin, "tariff_for"),
    "sale": (decide, "seal"),
    "receipt": (receipts, "prepare"),
}


@pytest.fixture
def seen(monkeypatch):
    """For each piece of work of `SLOW`, whether it was done in a transaction."""
    found = {name: [] for name in SLOW}
    for name, (module, work) in SLOW.items():
        monkeypatch.setattr(module, work, watched(getattr(module, work), found[name]))
    return found


def watched(work, found):
    """The same work, which notes each time whether it is done in a transaction."""

    def noting(*args, **named):
        found.append(connection.in_atomic_block)
        return work(*args, **named)

    return noting


@pytest.mark.django_db(transaction=True)
def test_facts_are_told_rates_are_read_and_addresses_and_receipts_sealed_while_nobody_waits_for_the_lock(seen):
    drop, members = make_drop(3), make_members(3)
    holds = [reserve(member=member, drop=drop).reservation for member in members]
    assert said(buy_all(*map(order, holds[:2]))) == [True, True]
    cancel(holds[2].pk, member=members[2])
    facts = {"new": [False] * 3, "ended": [False] * 3}
    assert seen == facts | {"order": [False] * 2, "rates": [False], "sale": [False] * 2, "receipt": [False] * 2}
