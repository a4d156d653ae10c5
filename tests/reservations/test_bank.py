"""The built-in test bank's own books."""

import pytest

from reservations.gateways.test import RefundAboveCapture, TestGateway
from reservations.models import Payment, TestCharge
from tests.make import make_drop, make_purchase

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


def test_the_test_bank_takes_and_gives_back_once_however_often_it_is_asked(alice):
    make_purchase(alice, make_drop(1))
    charge, payment = TestCharge.objects.get(), Payment.objects.get()
    for _ in range(2):
        TestGateway().capture(str(charge.pk), payment.money)
        TestGateway().void(str(charge.pk))
    charge.refresh_from_db()
    assert (charge.status, charge.captured) == ("captured", 18000)
