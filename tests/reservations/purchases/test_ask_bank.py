"""Buying without waiting for a bank: who is let in, and what is told of failures (M6, M7)."""

from types import SimpleNamespace

import pytest
from django.db import OperationalError

from dropshop.core.errors import Busy, ConcurrentUpdate, DropshopError, RateLimited
from dropshop.core.limits import Counted
from reservations.desk import purchase_door
from reservations.desk.answers import Reply
from reservations.models import Purchase, TestCharge
from reservations.passes import tokens
from reservations.payments.test_bank.gateway import TestGateway
from reservations.purchases import ask_bank, reconcile
from reservations.purchases import buy as purchases
from reservations.purchases.ask_bank import BankThreads, buy
from reservations.purchases.attempts import PurchaseResult
from tests.make import ADDRESS, make_drop, make_member, make_reservation
from tests.reservations.purchases.ordering import FORM, ordered
from tests.reservations.till import begin, books, pay, unnoticed


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
            unnoticed(after)(*given)
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
