"""Acceptance 30: what beat starts may run twice, or three times, at once: one end, one capture, one message."""

import threading

import pytest
from django.db.models import F

from reservations.holds.lifecycle import expire_overdue
from reservations.holds.reserve import reserve
from reservations.models import Payment, Reservation, SweeperRun, TestCharge
from reservations.payments import due
from reservations.payments.gateways import GatewayTimeout
from reservations.payments.test_bank.gateway import TestGateway
from reservations.purchases import buy as purchases
from reservations.purchases import reconcile
from reservations.purchases.buy import buy
from reservations.tasks import expire_overdue as expire_task
from reservations.tasks import settle_payments
from tests.make import ADDRESS, lapse, make_drop, make_members, make_reservation
from tests.races.auditor import Auditor
from tests.races.crowd import Meeting, at_once
from tests.reservations.till import begin

pytestmark = pytest.mark.django_db(transaction=True)


def test_acceptance_30_four_sweepers_at_once_end_each_hold_once_and_tell_its_owner_once(heard):
    """Acceptance 30 (sweepers): two beats, triple delivery."""
    drops = [make_drop({"9": 4, "10": 4}) for _ in range(2)]
    holds = [make_reservation(member, drop, label) for drop in drops for label in ("9", "10") for member in make_members(3)]
    lapse(*holds)
    heard.events.clear()
    with Auditor():
        swept = at_once([expire_overdue] * 4)
    assert sum(swept) == 4, "each size once"
    assert set(Reservation.objects.values_list("status", flat=True)) == {"expired"}
    ended = [event["reservation"]["id"] for event in heard.of("reservation-ended")]
    assert sorted(ended) == sorted(str(hold.pk) for hold in holds)
    assert [drop.sizes.values_list("available", flat=True)[0] for drop in drops] == [4, 4]


def test_a_sweep_and_shoppers_who_reclaim_for_themselves_free_each_pair_once(heard):
    drop = make_drop(10)
    lapse(*[make_reservation(member, drop) for member in make_members(10)])
    acts = [lambda member=member: reserve(member=member, drop=drop) for member in make_members(12)]
    acts[3:3] = [expire_overdue] * 3
    with Auditor():
        at_once(acts)
    assert Reservation.objects.active().count() == 10


@pytest.fixture
def charged_and_silent(monkeypatch):
    """Five sales and five payments after the end of their holds, each authorised by a bank that then fell silent."""

    def silent(*asked):
        raise GatewayTimeout

    drop = make_drop(10)
    holds = [make_reservation(member, drop) for member in make_members(10)]
    with monkeypatch.context() as patch:
        patch.setattr(TestGateway, "capture", silent)
        for hold in holds[:5]:
            buy(hold.pk, member=hold.member, address=ADDRESS, payment_method="test_ok")
    for hold in holds[5:]:
        payment = begin(hold)
        purchases.authorise(payment)
        hold.refresh_from_db()
        lapse(hold)
        Reservation.objects.filter(pk=hold.pk).update(pinned_until=F("expires_at"))
    return holds


def test_acceptance_30_a_task_delivered_three_times_takes_and_gives_back_the_money_once(heard, charged_and_silent, settings):
    """Acceptance 30 (payments): one capture, one void, one word to the member."""
    settings.PAYMENT_TIMEOUT = -5  # nobody may still be at work on them
    heard.events.clear()
    with Auditor():
        at_once([settle_payments] * 3 + [expire_task] * 3)
    statuses = sorted(TestCharge.objects.values_list("status", "captured"))
    assert statuses == [("captured", 18000)] * 5 + [("voided", 0)] * 5
    assert len(heard.of("notification")) == 5
    assert len({event["to"] for event in heard.of("notification")}) == 5
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["captured"] * 5 + ["voided"] * 5
    assert not Payment.objects.filter(settled_at=None).exists()
    at_once([settle_payments] * 2)
    assert sorted(TestCharge.objects.values_list("status", "captured")) == statuses


def seen_by_two_sweeps(monkeypatch, settings, count=8):
    """The payments that two sweeps ask the bank about, which say nothing before both of them have asked."""
    settings.PAYMENT_TIMEOUT = -5
    drop = make_drop(count)
    for member in make_members(count):
        begin(make_reservation(member, drop))
    both, seen = Meeting(), []

    def looks(self, key):
        seen.append(key)
        both.meet()

    monkeypatch.setattr(TestGateway, "lookup", looks)
    assert sum(at_once([reconcile.reconcile_open] * 2)) == len(seen)
    return seen


def test_acceptance_57_no_payment_is_looked_at_twice_at_once(monkeypatch, settings):
    """Acceptance 57: two sweeps at once share what is due."""
    seen = seen_by_two_sweeps(monkeypatch, settings)
    assert len(seen) == len(set(seen)) == 8


def test_control_sweeps_that_claim_nothing_look_at_the_same_payments(monkeypatch, settings):
    looked_at = threading.local()

    def just_reads(moment, *, newest):
        mine = looked_at.__dict__.setdefault("payments", [])
        payment = Payment.objects.filter(settled_at=None).exclude(pk__in=mine).order_by("created_at").first()
        mine += [payment.pk] if payment else []
        return payment

    monkeypatch.setattr(due, "claim", just_reads)
    seen = seen_by_two_sweeps(monkeypatch, settings)
    assert len(seen) > len(set(seen))


def test_the_sweeper_says_when_it_last_ran_also_when_it_ran_twice_at_once(heard):
    at_once([expire_task] * 4)
    assert SweeperRun.objects.count() == 1
