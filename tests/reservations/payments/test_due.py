"""Which unsettled payment is looked at when: newest and oldest by turns, later and later, none before its turn at the bank."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from dropshop.core import sweeps
from dropshop.core.clock import database_time
from reservations.holds.errors import HoldExpired
from reservations.models import Payment, Purchase, Reservation, TestCharge
from reservations.payments import due, provider
from reservations.payments.gateways import CaptureRefused, GatewayTimeout
from reservations.payments.test_bank.gateway import TestGateway
from reservations.purchases import buy, reconcile
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent
from reservations.purchases.begin import begin_each
from tests.make import ADDRESS, lapse, make_drop, make_member, make_members, make_reservation
from tests.reservations.till import asked_again, begin, books, finish, pay

pytestmark = pytest.mark.django_db


def sweep_later(seconds=60):
    """`reconcile_open` as it runs so many seconds from now; how many payments it looked at."""
    back = timedelta(seconds=seconds)
    Payment.objects.update(created_at=F("created_at") - back, retry_at=F("retry_at") - back)
    return reconcile.reconcile_open()


def pause(payment):
    """Seconds until the next look."""
    payment.refresh_from_db()
    return round((payment.retry_at - database_time()).total_seconds())


@pytest.fixture
def refused_capture(monkeypatch, alice):
    """A sale whose bank will never give the money it had set aside."""

    def refuses(self, reference, money):
        raise CaptureRefused("it has lapsed")

    monkeypatch.setattr(TestGateway, "capture", refuses)
    return pay(make_reservation(alice, make_drop(1))).purchase.reservation.payments.get()


def test_a_look_that_settles_nothing_is_repeated_after_a_pause_that_doubles(refused_capture):
    found = []
    for _ in range(provider.CAPTURE_TRIES - 1):
        assert sweep_later(1000) == 1
        found.append(pause(refused_capture))
    assert found == [0, 10, 20, 40, 80, 160, 300]
    assert sweep_later(0) == 0, "it is not due"


def test_acceptance_57_a_capture_that_is_refused_for_good_ends_in_a_state_of_its_own(refused_capture):
    """Acceptance 57: it is asked for no more, and staff find it under its name."""
    looks = [sweep_later(1000) for _ in range(provider.CAPTURE_TRIES + 2)]
    assert looks == [1] * provider.CAPTURE_TRIES + [0, 0]
    refused_capture.refresh_from_db()
    assert refused_capture.get_status_display() == "Sold, but the bank refuses the money"
    assert refused_capture.note == "The bank refused the capture: it has lapsed"
    assert refused_capture.settled_at is not None
    assert Purchase.objects.get().status == "processing"


def test_acceptance_57_whoever_pays_now_is_looked_at_before_a_backlog(monkeypatch):
    """Acceptance 57: of many that are due, the newest and the oldest are taken by turns."""
    begun = [begin(make_reservation(member, make_drop(1))) for member in make_members(6)]
    for age, payment in enumerate(begun):
        Payment.objects.filter(pk=payment.pk).update(created_at=F("created_at") - timedelta(seconds=age))
    looked_at = []
    monkeypatch.setattr(TestGateway, "lookup", lambda self, key: looked_at.append(key))
    assert sweep_later() == 6
    assert looked_at == [str(begun[place].pk) for place in (0, 5, 1, 4, 2, 3)]


def test_a_sweep_ends_after_its_time_however_silent_the_bank_is(monkeypatch):
    for member in make_members(3):
        begin(make_reservation(member, make_drop(1)))

    def silent(self, key):
        passed.append(10)
        raise GatewayTimeout

    passed: list[int] = []
    monkeypatch.setattr(sweeps, "steady", lambda: sum(passed))
    monkeypatch.setattr(TestGateway, "lookup", silent)
    assert sweep_later() == 2


def wait_in_line(hold):
    """A payment whose turn at the bank's threads has not come."""
    attempt = PurchaseAttempt(PurchaseIntent(hold.pk, hold.member_id, ADDRESS, "test_ok", waits=True))
    begin_each([attempt])
    return attempt.payment


@pytest.mark.parametrize("extended", [False, True], ids=["as granted", "with more time"])
def test_a_payment_that_waits_for_its_turn_is_not_declined_while_its_hold_stands(alice, extended):
    """M2: however old it is; the row says that nobody has asked, and the bank is asked when its turn comes."""
    hold = make_reservation(alice, make_drop(1))
    payment = wait_in_line(hold)
    assert not Payment.objects.get().asked
    if extended:
        Payment.objects.update(retry_at=database_time())  # the first pin's end
        assert reconcile.reconcile_open() == 1
    else:
        Payment.objects.update(created_at=F("created_at") - timedelta(seconds=80))
        assert reconcile.reconcile_open() == 0
    assert Payment.objects.get().status == "started"
    assert finish(payment, provider.authorise(payment)).created
    assert (Payment.objects.get().asked, books(hold)) == (True, [("captured", "captured", 18000)])


def over(hold):
    hold.refresh_from_db()
    lapse(hold)
    Reservation.objects.filter(pk=hold.pk).update(pinned_until=F("expires_at"))


@pytest.mark.parametrize("swept", [True, False], ids=["after a sweep", "before any sweep"])
def test_a_payment_given_up_before_its_turn_is_never_asked_about(alice, swept):
    """The bank hears nothing, so there is no yes to be called off."""
    hold = make_reservation(alice, make_drop(1))
    payment = wait_in_line(hold)
    over(hold)
    if swept:
        assert sweep_later(100) == 1
        assert Payment.objects.get().status == "declined"
    with pytest.raises(HoldExpired):
        finish(payment, provider.authorise(payment))
    assert books(hold) == [("declined", None, None)]
    assert not TestCharge.objects.exists()
    assert sweep_later(100) == 0


def test_control_a_payment_that_does_not_say_it_waits_is_declined_in_its_line(alice):
    """What the row's word is worth: without it the bank's yes has to be called off."""
    hold = make_reservation(alice, make_drop(1))
    payment = begin(hold)
    assert sweep_later(20) == 1
    with pytest.raises(buy.DropshopError):
        finish(payment, provider.authorise(payment))
    assert books(hold) == [("voided", "voided", 0)]


def test_a_payment_whose_turn_comes_while_the_sweep_gives_it_up_is_one_or_the_other(alice, monkeypatch):
    hold = make_reservation(alice, make_drop(1))
    payment = wait_in_line(hold)
    seen_by_the_sweep = Payment.objects.get()
    assert due.take_turn(payment)
    over(hold)
    with pytest.raises(HoldExpired):
        asked_again(seen_by_the_sweep)
    assert Payment.objects.get().status == "started", "its bank is being asked"


def test_the_database_refuses_an_answer_from_a_bank_that_was_not_asked(alice):
    payment = wait_in_line(make_reservation(alice, make_drop(1)))
    with pytest.raises(IntegrityError, match="payment_answered_only_when_asked"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(status="authorised")


def test_a_shopper_who_comes_back_is_looked_at_by_the_next_sweep(alice):
    hold = make_reservation(alice, make_drop(1))
    with pytest.raises(buy.DropshopError):
        pay(hold, "test_confirm")
    payment = Payment.objects.get()
    due.look_soon(payment)
    assert (reconcile.reconcile_open(), reconcile.reconcile_open()) == (1, 0), "not confirmed: the shopper is waited for"
    TestGateway().confirm(TestCharge.objects.get().pk, agreed=True)
    due.look_soon(payment)
    assert reconcile.reconcile_open() == 1
    assert books(hold) == [("captured", "captured", 18000)]


def test_support_finds_refused_captures_by_their_state(refused_capture, staff, sign_in):
    refused_capture.move("uncaptured", settled_at=database_time())
    pay_too = make_reservation(make_member(), make_drop(1))
    begin(pay_too)
    found = sign_in(staff).get("/admin/reservations/payment/", {"status__exact": "uncaptured"})
    assert list(found.context["cl"].result_list) == [refused_capture]
    assert "Sold, but the bank refuses the money" in found.content.decode()
