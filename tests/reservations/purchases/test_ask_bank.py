"""Buying without waiting for a bank: who is let in, what is told of failures, and what the threads of the banks do (M6, M7)."""

import asyncio
import threading
from concurrent.futures import Future
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection

from dropshop.core.errors import Busy, ConcurrentUpdate, DropshopError, RateLimited
from dropshop.core.limits import Counted
from dropshop.machine.processes import wait_until
from reservations.desk import patience, purchase_door
from reservations.desk.requests import Reply
from reservations.models import Payment, Purchase, TestCharge
from reservations.passes import tokens
from reservations.payments import provider
from reservations.payments.gateways import ConfirmationNeeded
from reservations.payments.test_bank.gateway import TestGateway
from reservations.purchases import ask_bank, reconcile
from reservations.purchases import buy as purchases
from reservations.purchases.ask_bank import BankThreads, buy
from reservations.purchases.buy import PurchaseAttempt, PurchaseResult
from tests.harness.patience import PATIENCE
from tests.make import ADDRESS, make_drop, make_member, make_members, make_reservation
from tests.reservations.till import begin, books, pay

FORM = {**ADDRESS, "payment_method": "test_ok"}


def ordered(hold, token="test_ok"):
    return ask_bank.order(hold.pk, hold.member_id, address=ADDRESS, method=token)


def answer_of(hold, token="test_ok", **options):
    """What a page's buyer is told at once; None while the bank is being asked."""
    return buy(ordered(hold, token), drop_id=hold.drop_id, **options).answer


def too_often():
    raise RateLimited(retry_after=9)


def begun_with(monkeypatch, what, hold):
    """What the member has done with their hold before."""
    match what:
        case "a payment under way":
            begin(hold)
        case "a confirmation":
            with pytest.raises(DropshopError):
                pay(hold, "test_confirm")
        case "a purchase":
            pay(hold)


RETURNING = {"a payment under way": "payment_unanswered", "a confirmation": "payment_unanswered", "a purchase": "bought"}


def word(answer):
    return "bought" if isinstance(answer, PurchaseResult) else answer.code


@pytest.mark.django_db
@pytest.mark.parametrize("what", RETURNING)
@pytest.mark.parametrize("why", ["too often", "no room"])
def test_whoever_has_begun_to_pay_is_never_refused_for_limits_or_room(monkeypatch, alice, what, why):
    """M6: they are told how it stands, and the next sweep looks; whoever has begun nothing is refused."""
    drop = make_drop(2)
    hold, new = make_reservation(alice, drop), make_reservation(make_member(), drop)
    begun_with(monkeypatch, what, hold)
    if why == "no room":
        monkeypatch.setattr(ask_bank, "answers_at_once", lambda method: False)
        monkeypatch.setattr(BankThreads, "take_place", lambda self, attempt: False)
    options = {"admit": too_often} if why == "too often" else {}
    assert word(answer_of(hold, **options)) == RETURNING[what]
    with pytest.raises(RateLimited if why == "too often" else Busy):
        answer_of(new, **options)
    assert not new.payments.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("what", RETURNING)
@pytest.mark.parametrize("why", ["limits", "a full line"])
def test_the_desk_lets_in_whoever_has_begun_to_pay_however_full_it_is(monkeypatch, alice, what, why):
    drop = make_drop(2)
    hold, new = make_reservation(alice, drop), make_reservation(make_member(), drop)
    begun_with(monkeypatch, what, hold)
    monkeypatch.setattr(tokens, "invalid_reasons", lambda tickets: [None] * len(tickets))
    limit = Counted(RateLimited(retry_after=9) if why == "limits" else None)
    monkeypatch.setattr(purchase_door, "limit_each", lambda name, askers: [limit] * len(askers))
    buyers = [
        purchase_door.Buyer(SimpleNamespace(member_id=one.member_id), SimpleNamespace(address=""), ordered(one))
        for one in (hold, new)
    ]
    for buyer in buyers:
        buyer.is_late = why == "a full line"
    purchase_door.look_up(drop.pk, buyers)
    said = ["bought" if isinstance(buyer.answer, Reply) else buyer.answer.code for buyer in buyers]
    assert said == [RETURNING[what], "rate_limited" if why == "limits" else "busy"]


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["page", "api"])
def test_a_member_who_has_bought_is_led_to_the_purchase_however_often_they_click(alice, sign_in, settings, way):
    settings.LIMITS = {**settings.LIMITS, "purchase": {"member": "1/60s"}}
    hold, client = make_reservation(alice, make_drop(1)), sign_in(alice)
    if way == "page":
        clicks = [client.post(f"{hold.get_absolute_url()}purchase/", FORM) for _ in range(4)]
        assert [click["Location"] for click in clicks] == [alice.purchases.get().get_absolute_url()] * 4
    else:
        body = {"address": ADDRESS, "payment_method": "test_ok"}
        path = f"/api/v1{hold.get_absolute_url()}purchase"
        clicks = [client.post(path, body, content_type="application/json") for _ in range(4)]
        assert [click.status_code for click in clicks] == [201, 200, 200, 200]


@pytest.mark.django_db
def test_a_shopper_back_from_the_bank_too_often_is_told_that_it_is_looked_at(alice, sign_in, settings):
    settings.LIMITS = {**settings.LIMITS, "purchase": {"member": "1/60s"}}
    hold, client = make_reservation(alice, make_drop(1)), sign_in(alice)
    client.post(f"{hold.get_absolute_url()}purchase/", {**FORM, "payment_method": "test_confirm"})
    TestGateway().confirm(TestCharge.objects.get().pk, agreed=True)
    page = client.get(hold.get_absolute_url())
    assert page.status_code == 200
    assert "We are asking your bank." in page.content.decode()
    assert reconcile.reconcile_open() == 1, "without waiting for the hold's end"
    assert client.get(hold.get_absolute_url())["Location"] == alice.purchases.get().get_absolute_url()


def fails(error, after=None, times=9):
    """A step that fails, so many times, before it does anything or after what it does."""
    left = [times]

    def step(*given, **named):
        if left[0] == 0:
            return after(*given, **named)
        left[0] -= 1
        if after is not None:
            after(*given, **named)
        raise error

    return step


@pytest.mark.django_db
@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), OperationalError("gone"), ConcurrentUpdate()], ids=["a bug", "no database", "a lock"]
)
def test_what_fails_before_the_bank_is_asked_says_nothing_of_money_and_after_it_we_do_not_know_yet(alice, monkeypatch, error):
    hold = make_reservation(alice, make_drop(1))
    monkeypatch.setattr(ask_bank.connection, "close", lambda: None)
    with monkeypatch.context() as patch:
        patch.setattr(purchases, "begin_each", fails(error))
        assert word(answer_of(hold)) in {"busy", "concurrent_update"}
    with monkeypatch.context() as patch:
        patch.setattr(purchases, "decide_each", fails(error))
        assert word(answer_of(hold)) == "payment_unanswered"
    assert books(hold) == [("started", "authorised", 0)]


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["begin_each", "decide_each"])
def test_a_commit_of_unknown_outcome_is_looked_up(alice, monkeypatch, step):
    hold = make_reservation(alice, make_drop(1))
    monkeypatch.setattr(ask_bank.connection, "close", lambda: None)
    monkeypatch.setattr(purchases, step, fails(OperationalError("gone"), getattr(purchases, step), times=1))
    assert answer_of(hold).created
    assert books(hold) == [("captured", "captured", 18000)]


@pytest.mark.django_db
def test_a_sale_whose_capture_fails_is_a_sale(alice, monkeypatch):
    """What comes after the COMMIT of a decision can neither undo it nor hide it."""
    hold = make_reservation(alice, make_drop(1))
    monkeypatch.setattr(purchases, "capture", fails(ZeroDivisionError()))
    sale = answer_of(hold)
    assert (sale.created, sale.purchase.status) == (True, "processing")
    assert Purchase.objects.count() == 1


# -- Banks that must be waited for, by threads with connections of their own ------------------------


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
    for module in ("payments.provider", "purchases.reconcile"):
        monkeypatch.setattr(f"reservations.{module}.gateway", lambda: bank)
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
