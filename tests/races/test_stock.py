"""Acceptance 1, 3, 4, 5 in threads, and their control: with the locks off, the same two shoppers oversell the last pair."""

import pytest

from drops.models import Size
from drops.stock import counters
from reservations.holds.errors import AllHeld, SoldOut
from reservations.holds.lifecycle import cancel, expire_overdue
from reservations.holds.reserve import GrantedHold, HoldRequest, grant, reserve
from reservations.purchases.buy import buy
from tests.make import ADDRESS, make_drop, make_members
from tests.races.auditor import Auditor, NotTrue, audit
from tests.races.crowd import Meeting, at_once, codes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]


def race_for_the_last_pair(monkeypatch, *, locks):
    """Two shoppers, and a pause between reading the stock and writing it; with `locks` off the read takes none."""
    drop, (one, other), meeting = make_drop(1), make_members(2), Meeting()
    locked = counters.lock_run

    def lock_then_pause(drop_id):
        rows = locked(drop_id) if locks else {size.pk: size for size in Size.objects.filter(drop=drop_id).order_by("pk")}
        meeting.meet()
        return rows

    monkeypatch.setattr(counters, "lock_run", lock_then_pause)
    answers = at_once([lambda member=member: reserve(member=member, drop=drop) for member in (one, other)])
    audit()
    return codes(answers)


def test_two_race_for_the_last_pair_and_one_gets_it(monkeypatch):
    """The race whose control stands below."""
    assert race_for_the_last_pair(monkeypatch, locks=True) == ["all_held", "ok"]


def test_acceptance_1_control_with_the_locks_off_the_oversale_is_reported(monkeypatch, without_checks):
    """Acceptance 1: locks off, two race for the last pair: the suite must report an oversale."""
    with pytest.raises(NotTrue, match="oversold"):
        race_for_the_last_pair(monkeypatch, locks=False)


def test_acceptance_1_with_the_locks_off_the_database_still_refuses_the_oversale(monkeypatch):
    """The second line of defence: S1's CHECKs turn the bug into an error."""
    from django.db import IntegrityError

    with pytest.raises(IntegrityError):
        race_for_the_last_pair(monkeypatch, locks=False)
    audit()


def test_acceptance_3_one_pair_and_a_crowd_that_reserves_it_at_once():
    """Acceptance 3 (threads; 500 on real processes in test_processes): one hold, everybody else is definitely refused."""
    drop, members = make_drop(1), make_members(60)
    with Auditor():
        answers = at_once([lambda member=member: reserve(member=member, drop=drop) for member in members], threads=24)
    assert [isinstance(answer, GrantedHold | AllHeld) for answer in answers] == [True] * 60
    assert codes(answers).count("ok") == 1


def test_acceptance_4_and_5_demand_above_stock_sells_every_pair_and_every_snapshot_balances(chance):
    """Acceptance 4 and 5 (threads; on processes: faults/test_killed_and_frozen): some give back, some are declined."""
    run = {"8": 4, "9": 12, "10": 12, "11": 8, "12": 4}
    drop = make_drop(run, lapses_allowed=100)
    sizes = list(drop.sizes.all())
    plans = [
        (member, chance.choice(sizes), chance.choices(["buys", "gives back", "is declined"], [7, 2, 1])[0])
        for member in make_members(55)
    ]

    def visit(member, size, plan):
        hold = reserve(member=member, drop=drop, size=size).reservation
        if plan == "gives back":
            cancel(hold.pk, member=member)
        else:
            buy(hold.pk, member=member, address=ADDRESS, payment_method="test_ok" if plan == "buys" else "test_declined")

    with Auditor():
        acts = [lambda plan=plan: visit(*plan) for plan in plans]
        acts[20:20] = [expire_overdue] * 3
        at_once(acts, threads=8)
        # Whoever is still without a pair takes whatever there is, until nothing is left.
        drop.reservations.active().update(expires_at=_past(), created_at=_past(100))
        late = make_members(40)
        at_once([lambda member=member: _buy_anything(member, drop, sizes) for member in late], threads=8)
    assert drop.purchases.count() == 40
    assert list(drop.sizes.values_list("available", "reserved", "sold")) == [(0, 0, total) for total in run.values()]
    with pytest.raises(SoldOut):
        reserve(member=make_members(1)[0], drop=drop, size=sizes[0])


def _past(seconds=1):
    from datetime import timedelta

    from dropshop.core.clock import database_time

    return database_time() - timedelta(seconds=seconds)


def _buy_anything(member, drop, sizes):
    for size in sizes:
        while True:
            (answer,) = grant(drop.pk, [HoldRequest(member.pk, size.pk)])
            if isinstance(answer, GrantedHold):
                hold = answer.reservation
                buy(hold.pk, member=member, address=ADDRESS, payment_method="test_ok")
                return
            if isinstance(answer, SoldOut):
                break
            assert isinstance(answer, AllHeld), answer
