"""Banks that must be waited for, by threads with connections of their own: who answers meanwhile, and with what (M7)."""

import asyncio
import threading
from concurrent.futures import CancelledError, Future, wait

import pytest
from django.db import connection

from dropshop.core.errors import Busy
from dropshop.machine.processes import wait_until
from reservations.desk import patience
from reservations.models import Payment, Purchase
from reservations.payments import provider
from reservations.payments.gateways import ConfirmationNeeded
from reservations.payments.test_bank.gateway import TestGateway
from reservations.purchases import ask_bank
from reservations.purchases.ask_bank import BankThreads, buy
from reservations.purchases.attempts import PurchaseAttempt
from tests.harness.patience import PATIENCE
from tests.make import ADDRESS, make_drop, make_members, make_reservation
from tests.reservations.purchases.ordering import FORM, ordered
from tests.reservations.till import begin


class SlowBank:
    """Answers when it is let; knows no batches."""

    def __init__(self):
        self.speaks, self.asked, self.bank = threading.Event(), [], TestGateway()

    def authorise(self, *, key, **asked):
        self.asked.append(key)
        assert self.speaks.wait(PATIENCE)
        return self.bank.authorise(key=key, **asked)

    def lookup(self, key):
        self.asked.append(key)
        assert self.speaks.wait(PATIENCE)
        return self.bank.lookup(key)

    def capture(self, *given):
        return self.bank.capture(*given)

    def void(self, *given):
        return self.bank.void(*given)


@pytest.fixture
def bank(transactional_db, monkeypatch):
    bank = SlowBank()
    monkeypatch.setattr(provider, "gateway", lambda: bank)
    yield bank
    bank.speaks.set()


def test_a_page_answers_while_the_bank_is_silent_and_the_order_is_finished_by_the_banks_threads(bank, alice, sign_in):
    """M7, in a process without a desk: the thread of the page is free before the bank has said a word."""
    hold, client = make_reservation(alice, make_drop(1)), sign_in(alice)
    posted = client.post(f"{hold.get_absolute_url()}purchase/", FORM)
    assert (posted.status_code, posted["Location"]) == (303, hold.get_absolute_url())
    assert "We are asking your bank." in client.get(hold.get_absolute_url()).content.decode()
    again = client.post(f"{hold.get_absolute_url()}purchase/", FORM, headers={"X-Fragment": "checkout"})
    assert (again.status_code, "data-asks" in again.content.decode()) == (202, True)
    assert wait_until(lambda: bank.asked, PATIENCE)
    bank.speaks.set()
    assert wait_until(Purchase.objects.filter(status="paid").exists, PATIENCE)
    assert len(bank.asked) == 1, "both clicks share one question"
    assert client.get(hold.get_absolute_url())["Location"] == alice.purchases.get().get_absolute_url()


def test_the_api_says_that_it_does_not_know_yet_where_nobody_can_wait(bank, alice, sign_in):
    hold, client = make_reservation(alice, make_drop(1)), sign_in(alice)
    body = {"address": ADDRESS, "payment_method": "test_ok"}
    ask = {"content_type": "application/json", "headers": {"Idempotency-Key": "k"}}
    first = client.post(f"/api/v1{hold.get_absolute_url()}purchase", body, **ask)
    assert (first.status_code, first.json()["code"]) == (402, "payment_unanswered")
    bank.speaks.set()
    assert wait_until(Purchase.objects.filter(status="paid").exists, PATIENCE)
    again = client.post(f"/api/v1{hold.get_absolute_url()}purchase", body, **ask)
    assert (again.status_code, again.json()["purchase"]["status"]) == (201, "paid"), "its key was kept with the sale"


def test_a_shopper_back_from_the_bank_waits_for_it_in_no_thread_of_pages_and_it_is_asked_once(bank, alice, sign_in):
    hold, client = make_reservation(alice, make_drop(1)), sign_in(alice)
    payment = begin(hold)
    charge = bank.bank.authorise(key=str(payment.pk), token="test_confirm", money=payment.money, return_path="/")
    assert isinstance(charge, ConfirmationNeeded)
    payment.move("confirming", authorisation=charge.reference)
    pages = [client.get(hold.get_absolute_url()) for _ in range(3)]
    assert ["We are asking your bank." in page.content.decode() for page in pages] == [True] * 3
    bank.bank.confirm(charge.reference, agreed=True)
    bank.speaks.set()
    assert wait_until(Purchase.objects.filter(status="paid").exists, PATIENCE)
    assert bank.asked == [str(payment.pk)]


@pytest.mark.parametrize("step", ["authorise", "capture", "void"])
def test_whoever_waits_for_a_bank_holds_no_connection_to_the_database(bank, alice, monkeypatch, step):
    payment = begin(make_reservation(alice, make_drop(1)))
    charge = bank.bank.authorise(key=str(payment.pk), token="test_ok", money=payment.money, return_path="/")
    payment.authorisation, held = charge.reference, []

    def says(*_, **__):
        held.append(connection.connection is not None)
        return charge

    for word in ("authorise", "capture", "void"):
        monkeypatch.setattr(bank, word, says)
    assert Payment.objects.exists()
    assert connection.connection is not None  # as it is left by whatever was asked before
    getattr(provider, step)(payment)
    assert held == [False]


def test_an_order_is_counted_from_before_it_is_begun_so_that_none_is_begun_that_cannot_be_asked(bank, monkeypatch):
    """The place is taken before the order is written down, and left when the bank has answered."""
    few = BankThreads(threads=1, most=2)
    monkeypatch.setattr(ask_bank, "bank_threads", lambda: few)
    drop = make_drop(3)
    holds = [make_reservation(member, drop) for member in make_members(3)]
    attempts = [buy(ordered(hold), drop_id=drop.pk) for hold in holds[:2]]
    with pytest.raises(Busy):
        buy(ordered(holds[2]), drop_id=drop.pk)
    assert not holds[2].payments.exists()
    assert wait_until(lambda: bank.asked, PATIENCE)
    asked = dict(Payment.objects.values_list("reservation", "asked"))
    assert sorted(asked.values()) == [False, True], "the second waits for its turn, and its row says so"
    bank.speaks.set()
    for attempt in attempts:
        attempt.done.result(PATIENCE)
        assert attempt.answer.created
    assert wait_until(lambda: few.take_place(PurchaseAttempt(ordered(holds[2]))), PATIENCE)
    few.stop()


def test_a_request_that_is_cancelled_while_its_bank_is_asked_ends_and_its_member_is_told_by_a_notice():
    attempt = PurchaseAttempt(payment=Payment())
    attempt.done = Future()

    async def hang_up():
        waits = asyncio.create_task(patience._over(attempt, PATIENCE))
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.wait([waits])
        return waits.cancelled()

    assert asyncio.run(hang_up())
    assert attempt.is_late
    assert not attempt.done.cancelled(), "the bank is asked on"


def test_whoever_waits_for_several_payments_hears_that_the_process_ends():
    banks = BankThreads()
    banks.stop()
    over = banks.finish(PurchaseAttempt())
    assert wait([over], timeout=0) == ({over}, set())
    with pytest.raises(CancelledError):
        over.result()
