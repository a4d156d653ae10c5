"""The soak's own reckoning: a promise that the database does not keep is found, whatever it was."""

import uuid
from datetime import timedelta

import pytest

from dropshop.core.clock import iso
from reservations.holds.lifecycle import cancel
from tests.make import lapse, make_drop, make_member, make_purchase, make_reservation
from tests.soak.ledger import Ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def told():
    """A drop with a hold, a sale and a hold that was given back, and the ledger of somebody who was told of all three."""
    drop, ledger, (holder, buyer, other) = make_drop(5), Ledger(), [make_member() for _ in range(3)]
    hold, sale, given_back = make_reservation(holder, drop), make_purchase(buyer, drop), make_reservation(other, drop)
    for one in (hold, given_back):
        ledger.promise_hold(str(one.member_id), {"id": str(one.pk), "expires_at": iso(one.expires_at)})
    cancel(given_back.pk, member=other)
    ledger.purchases[str(sale.pk)] = str(buyer.pk)
    ledger.cancelled.add(str(given_back.pk))
    return drop, ledger, hold


def test_what_was_kept_is_not_complained_of(told):
    drop, ledger, _ = told
    assert ledger.broken_promises(drop) + ledger.faults == []


def test_a_hold_that_is_gone_or_ends_earlier_or_is_somebody_elses_is_found(told):
    drop, ledger, hold = told
    lapse(hold)
    assert [said.split(" was")[0] for said in ledger.broken_promises(drop)] == [f"hold {hold.pk}"]
    drop.reservations.filter(pk=hold.pk).delete()
    assert [said.split(" was")[0] for said in ledger.broken_promises(drop)] == [f"hold {hold.pk}"]
    ledger.promise_hold("somebody else", {"id": str(hold.pk), "expires_at": iso(hold.expires_at + timedelta(hours=1))})
    assert len(ledger.faults) == 1


def test_a_sale_or_an_end_that_the_database_does_not_know_is_found(told):
    drop, ledger, hold = told
    ledger.purchases[unknown := str(uuid.uuid4())] = str(hold.member_id)
    ledger.cancelled.add(str(hold.pk))
    said = ledger.broken_promises(drop)
    assert [word.split(" was")[0] for word in said] == [f"hold {hold.pk}", f"purchase {unknown}"]


def test_the_longest_outage_is_the_longest_time_without_a_good_answer(monkeypatch):
    times = iter([0.0, 1.0, 5.0, 5.5])
    monkeypatch.setattr("tests.soak.ledger.time.monotonic", lambda: next(times))
    ledger = Ledger()
    ledger.note("reserve: 201", is_good=True)
    ledger.note("reserve: 503 busy", is_good=False)
    ledger.note("reserve: 201", is_good=True)
    ledger.note("reserve: 201", is_good=True)
    assert ledger.longest_outage == 4.0
