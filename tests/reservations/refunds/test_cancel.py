"""Cancelling: with or without the money, with or without the pair, and never while the bank may still pay."""

import pytest

from dropshop.core.errors import Invalid
from reservations.models import Payment, Purchase, TestCharge
from reservations.orders.errors import MoveRefused
from reservations.payments import provider
from reservations.payments.gateways import GatewayTimeout
from reservations.payments.test_bank.gateway import TestGateway
from reservations.refunds import send
from reservations.refunds.cancel import cancel
from reservations.refunds.errors import CaptureOpen
from tests.make import make_drop, make_purchase, make_reservation
from tests.reservations.charges.rates import ship, tax
from tests.reservations.payments.ledger.bookkeeping import balances
from tests.reservations.refunds.giving_back import found, money_of, status_of, statuses
from tests.reservations.till import asked_again, counters, pay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_audit_finds_nothing():
    yield
    assert found() == []


@pytest.mark.parametrize("back", [False, True], ids=["the pair stays out", "the pair is put back"])
@pytest.mark.parametrize("money", [False, True], ids=["the money stays", "the money goes back"])
def test_the_pair_and_the_money_of_a_cancelled_order_are_choices_of_their_own(order, ada, back, money):
    for _ in range(2):
        cancel(order.pk, by=ada, reason="Sold by mistake.", put_back=back, refund=money)
    assert list(order.moves.values_list("was", "to", "by", "note")) == [("paid", "cancelled", ada.pk, "Sold by mistake.")]
    assert counters(order.drop) == ((1, 0, 0) if back else (0, 0, 1))
    send.sweep()
    assert (statuses(), status_of(order)) == (([("sent", 18000)], "refunded") if money else ([], "cancelled"))
    assert money_of(order) == ((18000, 0, 18000) if money else (0, 0, 0))


def test_above_the_limit_the_order_is_cancelled_and_its_refund_waits(order, ada, settings):
    settings.REFUND_APPROVAL_LIMIT = {}
    cancel(order.pk, by=ada, reason="Sold by mistake.", refund=True)
    assert (status_of(order), statuses(), send.sweep()) == ("cancelled", [("waiting", 18000)], 0)


def test_a_pair_on_its_way_and_an_order_without_a_reason_are_not_cancelled(order, ada):
    with pytest.raises(Invalid):
        cancel(order.pk, by=ada, reason=" ", put_back=True)
    Purchase.objects.update(status="shipped")
    with pytest.raises(MoveRefused):
        cancel(order.pk, by=ada, reason="Too late.", put_back=True, refund=True)
    assert (statuses(), counters(order.drop)) == ([], (0, 0, 1))


@pytest.fixture
def unpaid(alice, monkeypatch):
    """A sale whose capture the bank does not answer."""

    def silent(*asked):
        raise GatewayTimeout

    hold = make_reservation(alice, make_drop(1))
    with monkeypatch.context() as patch:
        patch.setattr(TestGateway, "capture", silent)
        return pay(hold).purchase


def test_while_the_bank_may_still_pay_nothing_is_cancelled_and_afterwards_it_is(unpaid, ada):
    with pytest.raises(CaptureOpen):
        cancel(unpaid.pk, by=ada, reason="Changed their mind.", put_back=True)
    assert (status_of(unpaid), counters(unpaid.drop)) == ("processing", (0, 0, 1))
    asked_again(unpaid.reservation.payments.get())
    cancel(unpaid.pk, by=ada, reason="Changed their mind.", put_back=True, refund=True)
    send.sweep()
    assert (status_of(unpaid), counters(unpaid.drop)) == ("refunded", (1, 0, 0))


def test_a_sale_that_the_bank_never_paid_is_cancelled_without_a_refund(unpaid, ada):
    TestCharge.objects.update(status="voided")
    Payment.objects.update(tries=provider.CAPTURE_TRIES)
    provider.capture(unpaid.reservation.payments.get())
    cancel(unpaid.pk, by=ada, reason="The bank did not pay.", put_back=True, refund=True)
    assert (status_of(unpaid), counters(unpaid.drop), statuses(), balances()) == ("cancelled", (1, 0, 0), [], {})


def test_all_that_was_paid_goes_back_shipping_and_tax_too(alice, ada):
    ship("US", 1200)
    tax("US", "10", name="Sales tax")
    order = make_purchase(alice, make_drop(1))
    cancel(order.pk, by=ada, reason="Sold by mistake.", refund=True)
    send.sweep()
    assert (statuses(), status_of(order), money_of(order)) == ([("sent", 21000)], "refunded", (21000, 0, 21000))
