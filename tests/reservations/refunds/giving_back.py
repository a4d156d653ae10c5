"""What the books say of the money of one sale."""

from dropshop.core.money import Money
from dropshop.operating.audit import BANK, LEDGER, MONEY_BACK, STOCK
from reservations.models import Payment, Purchase, Refund, TestCharge
from reservations.payments.test_bank.gateway import TestGateway
from tests.races.auditor import faults


def dollars(amount):
    return Money(amount * 100, "USD")


def statuses():
    """Of all refunds, by their number: state and minor units."""
    return list(Refund.objects.order_by("n").values_list("status", "amount"))


def money_of(order):
    """(promised or sent back, charged back, given back by the bank), in minor units."""
    payment = Payment.objects.get(reservation=order.reservation_id)
    return payment.refunded, payment.charged_back, TestCharge.objects.get(key=str(payment.pk)).refunded


def status_of(order):
    return Purchase.objects.get(pk=order.pk).status


def found():
    """What the audit finds."""
    return faults(LEDGER | MONEY_BACK | BANK | STOCK)


def answer_with(monkeypatch, error):
    """The bank answers requests for refunds with this error."""

    def refund(self, reference, money, *, key):
        raise error

    monkeypatch.setattr(TestGateway, "refund", refund)
