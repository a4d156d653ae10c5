"""Acceptance 9 and 11: what comes between the check and the sale; and the controls, in which it comes through."""

import threading
from datetime import timedelta

import pytest
from django.db import transaction

from drops.stock import counters
from dropshop.core.clock import database_time
from dropshop.core.sql import rows
from reservations.holds import lifecycle
from reservations.holds import reserve as holds
from reservations.holds.reserve import reserve
from reservations.models import Reservation
from reservations.purchases import buy, decide
from tests.harness.patience import PATIENCE
from tests.make import make_drop, make_member, make_reservation
from tests.races.auditor import NotTrue, audit
from tests.races.crowd import Meeting, at_once
from tests.reservations.till import begin, finish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]


def buyer_and_other(monkeypatch, caplog, other):
    """The buyer is found in time; before the sale is written the time runs out, and `other(drop, hold)` comes.

    Raises NotTrue for what the auditor finds, and where the two waited for each other.
    """
    caplog.set_level("INFO", logger="dropshop.core.transactions")
    drop, clock = make_drop(1), threading.local()
    hold = make_reservation(make_member(), drop)
    payment = begin(hold)
    judge, in_time, meeting = Reservation.refusal.fget, threading.Event(), Meeting()

    def judge_then_pause(hold):
        judgement = judge(hold)
        in_time.set()
        meeting.meet()
        return judgement

    def come():
        clock.ahead = timedelta(seconds=100)
        assert in_time.wait(PATIENCE)
        try:
            return other(drop, hold)
        finally:
            meeting.meet()

    def now():
        return database_time() + getattr(clock, "ahead", timedelta())

    read = holds.read_situation
    monkeypatch.setattr(holds, "read_situation", lambda drop_id, claims, at=None: read(drop_id, claims, at=at or now()))
    monkeypatch.setattr(lifecycle, "database_time", now)
    look = lifecycle.read_holds
    monkeypatch.setattr(lifecycle, "read_holds", lambda *given, **named: look(*given, at=now(), **named))
    monkeypatch.setattr(Reservation, "refusal", property(judge_then_pause))
    answers = at_once([lambda: finish(payment, buy.authorise(payment)), come])
    audit()
    if "40P01" in caplog.text:
        raise NotTrue("S2: two deeds waited for each other")
    return [getattr(answer, "code", "ok") for answer in answers]


def rival(drop, hold):
    return reserve(member=make_member(), drop=drop)


def sweeper(drop, hold):
    return lifecycle._expire_size(hold.size_id)


def trap_7_sweeper(drop, hold):
    """A sweeper as it must not be: it has read who is overdue before the lock, and ends them by id."""
    overdue = list(Reservation.objects.overdue(lifecycle.database_time()))
    with transaction.atomic():
        locked = counters.lock_sizes([hold.size_id])
        end_by_id(overdue, "expired", database_time())
        counters.release(locked[hold.size_id], len(overdue))


def end_by_id(ended, status, moment):
    """The end as it must not be: whatever the status is by now."""
    Reservation.objects.filter(pk__in=[hold.pk for hold in ended]).update(status=status, ended_at=moment, pinned_until=None)


def end_anyway(monkeypatch):
    """The same in the statement of the sale."""
    guarded = " AND status || '' = 'active'"
    assert guarded in decide.SALE["ended"]
    monkeypatch.setitem(decide.SALE, "ended", decide.SALE["ended"].replace(guarded, ""))


def lock_nothing(ids, **beside):
    """The purchase as it must not be: it only reads."""
    return judged_now(Reservation.objects.select_related("size", "drop").in_bulk(ids), **beside)


def lock_the_hold_only(ids, **beside):
    """Locked is the hold, but not the size."""
    holds = Reservation.objects.select_for_update(no_key=True, of=("self",)).select_related("size", "drop")
    return judged_now(holds.in_bulk(ids), **beside)


def judged_now(found, *, beside, **values):
    """These holds, judged at this moment; the moment; and the rows beside them."""
    moment = database_time()
    for hold in found.values():
        hold.locked_at = moment
    of_them = "SELECT beside.* FROM {reservation} AS hold, LATERAL (<beside>) AS beside WHERE hold.id = ANY(%(ids)s::uuid[])"
    return found, moment, rows(of_them.replace("<beside>", beside), ids=[*found], **values)


def test_whoever_comes_between_the_check_and_the_sale_waits_or_leaves_it_alone(monkeypatch, caplog):
    """The guarded run of the three controls below."""
    assert buyer_and_other(monkeypatch, caplog, rival) == ["ok", "sold_out"]
    monkeypatch.undo()
    assert buyer_and_other(monkeypatch, caplog, sweeper) == ["ok", "ok"]


def test_acceptance_9_control_a_purchase_that_locks_nothing_is_reported(monkeypatch, caplog):
    """The lapsed hold is bought while a rival gets its pair: the rival has reserved it, and it is sold all the same."""
    monkeypatch.setattr(decide, "lock_holds", lock_nothing)
    monkeypatch.setattr(lifecycle, "end_holds", end_by_id)
    end_anyway(monkeypatch)
    with pytest.raises(NotTrue, match="oversold"):
        buyer_and_other(monkeypatch, caplog, rival)


def test_acceptance_9_control_a_purchase_that_locks_only_the_hold_is_reported(monkeypatch, caplog):
    """Size before hold for the one, hold before size for the other; only the database's deadlock check ends it."""
    monkeypatch.setattr(decide, "lock_holds", lock_the_hold_only)
    with pytest.raises(NotTrue, match="waited for each other"):
        buyer_and_other(monkeypatch, caplog, rival)


def test_acceptance_11_control_a_sweeper_without_compare_and_set_is_reported(monkeypatch, caplog, without_checks):
    """A sweeper that updates by id without looking at the status turns a sale into an expiry."""
    with pytest.raises(NotTrue, match="ended in another way"):
        buyer_and_other(monkeypatch, caplog, trap_7_sweeper)
