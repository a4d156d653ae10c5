"""The built-in test bank's own books."""

import pytest
from django.db import connection, transaction

from dropshop.core.connections import give_back
from dropshop.core.money import Money
from dropshop.core.sql import rows
from reservations.models import Payment, TestCharge
from reservations.payments import provider
from reservations.payments.gateways import AuthoriseRequest, RefundAboveCapture, RefundRefused
from reservations.payments.test_bank.gateway import TestGateway
from tests.make import make_drop, make_purchase
from tests.reservations.till import begin

pytestmark = pytest.mark.django_db


def test_the_test_bank_gives_back_no_more_than_it_took(alice):
    make_purchase(alice, make_drop(1))
    charge = TestCharge.objects.get()
    bank, money = TestGateway(), Payment.objects.get().money
    bank.refund(str(charge.pk), type(money)(8000, "USD"), key="1")
    with pytest.raises(RefundAboveCapture):
        bank.refund(str(charge.pk), type(money)(10001, "USD"), key="2")
    bank.refund(str(charge.pk), type(money)(10000, "USD"), key="3")
    charge.refresh_from_db()
    assert (charge.captured, charge.refunded) == (18000, 18000)


def test_the_test_bank_gives_back_once_for_each_key(alice):
    make_purchase(alice, make_drop(1))
    charge, bank = TestCharge.objects.get(), TestGateway()
    references = {bank.refund(str(charge.pk), Money(1000, "USD"), key="a") for _ in range(2)}
    with pytest.raises(RefundRefused, match="another refund"):
        bank.refund(str(charge.pk), Money(1100, "USD"), key="a")
    charge.refresh_from_db()
    assert (len(references), charge.refunded) == (1, 1000)


def test_the_test_bank_takes_and_gives_back_once_however_often_it_is_asked(alice):
    make_purchase(alice, make_drop(1))
    charge, payment = TestCharge.objects.get(), Payment.objects.get()
    for _ in range(2):
        TestGateway().capture(str(charge.pk), payment.money)
        TestGateway().void(str(charge.pk))
    charge.refresh_from_db()
    assert (charge.status, charge.captured) == ("captured", 18000)


@pytest.mark.django_db(transaction=True)
def test_the_test_banks_own_commits_are_on_disk_before_it_says_anything():
    """The shop's process may outlive a crash of the database: what it was told must still be true then."""
    bank, money = TestGateway(), Money(18000, "USD")
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")  # which the suite's own server has not
    with transaction.atomic():
        (outcome,) = bank.authorise_each([AuthoriseRequest("a", "test_ok", money, "/")])
        assert flushed() == "on"
    with transaction.atomic():
        assert bank.capture_each([(outcome.reference, money)]) == [None]
        assert flushed() == "on"
    connection.close()


def flushed():
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        return cursor.fetchone()[0]


def test_the_page_of_a_card_that_is_set_up_asks_for_no_money_and_leads_back(client):
    needed = TestGateway().set_up(key="entry:1", token="test_confirm", return_path="/orders/")
    page = client.get(needed.url).content.decode()
    assert ("Nothing is charged now." in page, "$0" in page, "Your hold is over" in page) == (True, False, False)
    assert client.post(needed.url, {"agreed": "yes"})["Location"] == "/orders/"
    assert TestGateway().set_up(key="entry:1", token="test_confirm", return_path="/").token == "test_confirmed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("token", ["test_ok", "test_declined"])
def test_a_bank_that_answers_at_once_costs_the_desk_none_of_its_plans(hold, token):
    """Where a connection goes back it is closed: each purchase would open another, and have its statements planned anew."""
    connection.prepare_statements()
    try:
        payment, mine = begin(hold, token), backend()
        provider.authorise(payment)
        assert backend() == mine
        give_back()  # the control: what a bank that makes wait would cost
        assert backend() != mine
    finally:
        connection.close()
        connection.prepares = False


def backend():
    ((pid,),) = rows("SELECT pg_backend_pid()")
    return pid
